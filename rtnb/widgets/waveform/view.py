"""Sound in a cell, from hours to samples."""

from __future__ import annotations

from typing import Any

from rtnb.widgets.assets import WAVEFORM
from rtnb.widgets.frame.live import LiveView
from rtnb.widgets.frame.options import checked_options

__all__ = ["Waveform"]


class Waveform(LiveView):
    """Sound in a cell, from hours to samples."""

    def __init__(self, of: object, **options: Any) -> None:
        checked_options("Waveform", options, ())
        super().__init__(WAVEFORM, {})

    def __repr__(self) -> str:
        return "Waveform()"
