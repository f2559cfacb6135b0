"""A microphone without a session."""

from __future__ import annotations

from typing import Any

from rtnb.widgets.assets import RECORDER
from rtnb.widgets.frame.live import LiveView
from rtnb.widgets.frame.options import checked_options

__all__ = ["Mic"]


class Mic(LiveView):
    """A microphone without a session."""

    def __init__(self, **options: Any) -> None:
        checked_options("Mic", options, ())
        super().__init__(RECORDER, {})

    def __repr__(self) -> str:
        return "Mic()"
