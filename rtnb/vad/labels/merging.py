"""Segments into stretches of speech, and stretches into turns."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import ConfigError

__all__ = ["checked_gap", "covered", "merged"]

TICK_S = 1e-9
"""Times closer than this are the same: label files are written in decimals, which binary numbers only approximate."""


def checked_gap(gap_s: object) -> float:
    """A turn gap in seconds that can be used.

    Raises
    ------
    ConfigError
        None, not a number, negative or not finite.
    """
    if gap_s is None:
        raise ConfigError(
            "Turns need turn_gap_s: labelled speech with pauses shorter than that many seconds is one turn. It decides "
            "every count of cut-offs and merges, so there is no default; turn_gap_s=0.7 is usual for conversations."
        )
    if isinstance(gap_s, bool) or not isinstance(gap_s, (int, float, np.integer, np.floating)):
        raise ConfigError(f"turn_gap_s is a number of seconds such as 0.7, not {gap_s!r:.80}.")
    if not math.isfinite(gap_s) or gap_s < 0:
        raise ConfigError(f"turn_gap_s is {gap_s!r}: it is a number of seconds from 0 on; 0.7 is usual.")
    return float(gap_s)


def merged(spans: Iterable[tuple[float, float]], gap_s: float = 0.0) -> list[tuple[float, float]]:
    """Spans in order, with those that overlap, touch, or leave a pause of less than `gap_s` seconds taken as one.

    Examples
    --------
    >>> merged([(2.0, 3.0), (0.0, 1.0), (1.4, 1.9)], 0.5)
    [(0.0, 3.0)]
    >>> merged([(0.0, 1.0), (1.5, 2.0)], 0.5)
    [(0.0, 1.0), (1.5, 2.0)]
    """
    joined: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        pause = start - joined[-1][1] if joined else math.inf
        if pause <= TICK_S or pause < gap_s - TICK_S:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def covered(spans: list[tuple[float, float]], edges_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds of each stretch between neighbouring edges that disjoint spans in order cover, one fewer than edges.

    Examples
    --------
    >>> covered([(0.5, 1.25)], np.array([0.0, 1.0, 2.0])).tolist()
    [0.5, 0.25]
    """
    if not spans:
        return np.zeros(max(0, edges_s.size - 1))
    corners = np.array(spans, dtype=np.float64)
    spoken = np.zeros(corners.size)
    spoken[1::2] = np.cumsum(corners[:, 1] - corners[:, 0])
    spoken[2::2] = spoken[1:-1:2]
    return np.diff(np.interp(edges_s, corners.ravel(), spoken))
