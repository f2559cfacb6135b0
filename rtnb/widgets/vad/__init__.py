"""The VAD lab in a cell: a recording, its turns, and every parameter under a finger.

Importing this room loads neither ipywidgets nor anywidget; making a lab does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtnb._lazy import lazy_names

if TYPE_CHECKING:
    from rtnb.widgets.vad.lab import VadLab as VadLab

__all__ = ["VadLab"]

__getattr__, __dir__ = lazy_names(__name__, {"VadLab": "lab"})
