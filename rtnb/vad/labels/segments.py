"""Labelled speech: who speaks when in a recording."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtnb._display import Drawable

__all__ = ["Labels", "Segment", "Span"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time.

    Attributes
    ----------
    start_s, end_s : float
        Seconds from the beginning of the recording.
    """

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """A stretch of labelled speech, of one speaker where that is known."""

    start_s: float
    end_s: float
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Labels(Drawable):
    """The labelled speech of one recording.

    Attributes
    ----------
    segments : tuple of Segment
        In order of their start.
    name : str
        The recording that they belong to.
    """

    segments: tuple[Segment, ...]
    name: str = ""

    @property
    def speech(self) -> tuple[Span, ...]:
        """Where anybody speaks: segments that overlap or touch are one."""
        raise NotImplementedError

    def turns(self, gap_s: float) -> tuple[Span, ...]:
        """Speech, with pauses of less than `gap_s` seconds taken as parts of a turn."""
        raise NotImplementedError

    def mask(self, hop_s: float, frames: int) -> NDArray[np.bool_]:
        """Whether most of each frame is speech, shape ``(frames,)``."""
        raise NotImplementedError
