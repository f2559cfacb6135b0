"""Where sound can be heard: the first and the last window of a signal that is loud enough."""

from __future__ import annotations

import numpy as np

from rtnb.audio import Clip

__all__ = ["audible_end_s", "audible_start_s"]

WINDOW_MS = 50
AUDIBLE_DBFS = -30.0
"""Windows of 50 ms at -30 dBFS, as aiewf-eval (docs/audio-timing-deep-dive.md, 2026-01-09) finds voices in recordings.

RMS; a full-scale constant is 0 dBFS."""

BLOCK_WINDOWS = 40
"""Looked at in one go: an answer is audible within its first two seconds, as a rule."""


def _loud(clip: Clip, first: int, last: int) -> list[int]:
    """The windows from `first` to `last` that can be heard."""
    size = max(1, clip.rate_hz * WINDOW_MS // 1000)
    part = clip.samples[first * size : last * size]
    if not len(part):
        return []
    padded = np.zeros(-(-len(part) // size) * size, dtype=np.float64)
    padded[: len(part)] = part
    power = np.square(padded).reshape(-1, size).mean(axis=1)
    found: list[int] = (first + np.flatnonzero(power >= 10 ** (AUDIBLE_DBFS / 10))).tolist()
    return found


def _windows(clip: Clip) -> int:
    return -(-len(clip) // max(1, clip.rate_hz * WINDOW_MS // 1000))


def audible_start_s(clip: Clip) -> float | None:
    """Seconds into `clip` at which something can be heard first; None where nothing can.

    Examples
    --------
    >>> import numpy as np
    >>> audible_start_s(Clip.concat([Clip.silence(0.2), Clip(np.full(2400, 0.5), 24000)]))
    0.2
    """
    count = _windows(clip)
    for first in range(0, count, BLOCK_WINDOWS):
        if found := _loud(clip, first, min(count, first + BLOCK_WINDOWS)):
            return found[0] * WINDOW_MS / 1000
    return None


def audible_end_s(clip: Clip) -> float | None:
    """Seconds into `clip` at which nothing more can be heard; None where nothing can be heard at all.

    Examples
    --------
    >>> import numpy as np
    >>> audible_end_s(Clip.concat([Clip(np.full(2400, 0.5), 24000), Clip.silence(0.2)]))
    0.1
    """
    last = _windows(clip)
    while last > 0:
        if found := _loud(clip, max(0, last - BLOCK_WINDOWS), last):
            return min((found[-1] + 1) * WINDOW_MS / 1000, clip.duration_s)
        last -= BLOCK_WINDOWS
    return None
