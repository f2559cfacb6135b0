"""Live views for notebooks. Importing this room loads neither ipywidgets nor anywidget; making a view does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtnb._lazy import lazy_names

if TYPE_CHECKING:
    import rtnb.widgets.approval as approval
    from rtnb.widgets.console.console import Console
    from rtnb.widgets.meter.view import UsageMeter
    from rtnb.widgets.microphone import Microphone
    from rtnb.widgets.recorder.mic import Mic
    from rtnb.widgets.timeline.view import TimelineView
    from rtnb.widgets.vad.lab import VadLab
    from rtnb.widgets.waveform.view import Waveform

__all__ = ["Console", "Mic", "Microphone", "TimelineView", "UsageMeter", "VadLab", "Waveform", "approval"]

__getattr__, _dir = lazy_names(
    __name__,
    {
        "Console": "console.console",
        "Mic": "recorder.mic",
        "Microphone": "microphone",
        "TimelineView": "timeline.view",
        "UsageMeter": "meter.view",
        "VadLab": "vad.lab",
        "Waveform": "waveform.view",
        "approval": "approval",
    },
)


def __dir__() -> list[str]:
    return _dir()
