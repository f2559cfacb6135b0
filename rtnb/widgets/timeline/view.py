"""Lanes over time in a cell."""

from __future__ import annotations

from typing import Any

from rtnb.widgets.assets import TIMELINE
from rtnb.widgets.frame.live import LiveView
from rtnb.widgets.frame.options import checked_options

__all__ = ["TimelineView"]


class TimelineView(LiveView):
    """Lanes over time in a cell."""

    def __init__(self, of: object, other: object = None, **options: Any) -> None:
        checked_options("TimelineView", options, ())
        super().__init__(TIMELINE, {})

    def __repr__(self) -> str:
        return "TimelineView()"
