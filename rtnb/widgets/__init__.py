"""Live views for notebooks. Importing this room loads neither ipywidgets nor anywidget; making a view does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtnb._lazy import lazy_names

if TYPE_CHECKING:
    import rtnb.widgets.approval as approval
    from rtnb.widgets.microphone import Microphone

__all__ = ["Microphone", "approval"]

__getattr__, _dir = lazy_names(__name__, {"Microphone": "microphone", "approval": "approval"})


def __dir__() -> list[str]:
    return _dir()
