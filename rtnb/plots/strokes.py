"""Sound as upright strokes on the pixel grid of a picture. Pure numpy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.envelope import envelope
from rtnb.plots.layout import Frame
from rtnb.plots.palette import Speaker
from rtnb.plots.scene import Scene, Voice

__all__ = ["PITCH", "Strokes", "strokes_of"]

PITCH = 2.0
"""One stroke every so many pixels."""
QUIET_PEAK = 0.02
"""The loudest sound of a speaker fills the lane, but nothing softer than this is blown up to fill it."""
LEAST = 1.0
"""Shorter strokes are left to the line that shows how long a sound lasts."""


@dataclass(frozen=True, slots=True)
class Strokes:
    """All strokes of one speaker that look the same.

    Parameters
    ----------
    who : Speaker
    heard : bool
        Whether this was heard.
    at_s : ndarray of float64, shape (n,)
        Where they stand.
    low, high : ndarray of float, shape (n,)
        Where they begin and end, in pixels from the axis.
    """

    who: Speaker
    heard: bool
    at_s: NDArray[np.float64]
    low: NDArray[np.floating[Any]]
    high: NDArray[np.floating[Any]]


def strokes_of(scene: Scene, frame: Frame) -> Iterator[Strokes]:
    """The strokes of each speaker, what was not heard first, so that what was heard is drawn over it."""
    speakers: tuple[Speaker, Speaker] = ("user", "assistant")
    for who in speakers:
        voices = [voice for voice in scene.of(who) if not voice.silent]
        scale = max([QUIET_PEAK, *(voice.clip.peak for voice in voices)])
        lane = (frame.above if who == "user" else frame.below) - 4
        bars = [_bars(voice, frame, lane / scale, alone=scene.alone) for voice in voices]
        for heard in (False, True):
            chosen = [bar[:, is_heard == heard] for bar, is_heard in bars]
            at_s, low, high = np.concatenate(chosen, axis=1) if chosen else np.empty((3, 0))
            if at_s.size:
                yield Strokes(who, heard, at_s, low, high)


def _bars(voice: Voice, frame: Frame, gain: float, *, alone: bool) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Place, low and high of each stroke, shape (3, n), and whether it was heard."""
    step_s, rate_hz = PITCH / frame.px_per_s, voice.clip.rate_hz
    # Every voice is cut at the same columns, so that strokes never fall between those of another.
    first = int((voice.start_s - frame.start_s) / step_s)
    columns = max(1, int(np.ceil((voice.end_s - frame.start_s) / step_s)) - first)
    start = (frame.start_s + first * step_s - voice.start_s) * rate_hz
    bounds = envelope(voice.clip.samples, columns, start=start, stop=start + columns * step_s * rate_hz) * gain
    at_s = frame.start_s + (first + np.arange(columns) + 0.5) * step_s
    if alone:
        low, high = bounds[:, 0], bounds[:, 1]
    else:
        reach = np.abs(bounds).max(axis=1)
        low, high = np.zeros_like(reach), reach if voice.who == "user" else -reach
    seen = np.abs(high - low) > LEAST
    bars = np.stack([at_s, low, high])[:, seen]
    if voice.heard_s is None:
        return bars, np.ones(bars.shape[1], dtype=np.bool_)
    return bars, bars[0] <= voice.start_s + voice.heard_duration_s
