"""Tokens and cost in a cell, as they grow."""

from __future__ import annotations

from typing import Any

from rtnb.widgets.assets import USAGE_METER
from rtnb.widgets.frame.live import LiveView
from rtnb.widgets.frame.options import checked_options

__all__ = ["UsageMeter"]


class UsageMeter(LiveView):
    """Tokens and cost in a cell, as they grow."""

    def __init__(self, of: object, **options: Any) -> None:
        checked_options("UsageMeter", options, ())
        super().__init__(USAGE_METER, {})

    def __repr__(self) -> str:
        return "UsageMeter()"
