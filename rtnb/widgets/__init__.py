"""Live views for notebooks. Importing this room loads neither ipywidgets nor anywidget; making a view does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtnb._lazy import lazy_names

if TYPE_CHECKING:
    import rtnb.widgets.approval as approval
    from rtnb.widgets.microphone import Microphone
    from rtnb.widgets.vad.lab import VadLab

__all__ = ["Microphone", "VadLab", "approval"]

__getattr__, _dir = lazy_names(__name__, {"Microphone": "microphone", "VadLab": "vad.lab", "approval": "approval"})


def __dir__() -> list[str]:
    return _dir()
