"""The whole conversation in a cell: see :class:`Console`."""

from __future__ import annotations

from typing import Any

from rtnb.session.aio import AsyncSession
from rtnb.session.facade import Session
from rtnb.widgets.assets import CONSOLE
from rtnb.widgets.frame.live import LiveView
from rtnb.widgets.frame.options import checked_options

__all__ = ["Console"]


class Console(LiveView):
    """The whole conversation in a cell: see :class:`Console`."""

    def __init__(self, session: Session | AsyncSession, **options: Any) -> None:
        checked_options("Console", options, ())
        super().__init__(CONSOLE, {})

    def __repr__(self) -> str:
        return "Console()"
