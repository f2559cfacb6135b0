"""Detected turns against labelled ones, on arrays: the core that single scores and sweeps share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Outcome", "match", "on_grid"]

_Ms = NDArray[np.float64]
_Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What became of each labelled turn (R of them) and each detected one (D of them).

    Attributes
    ----------
    first, last : ndarray of int64, shape (R,)
        The first and last detected turn that belongs to it; -1 where it was missed.
    missed, cut_off, merged, late : ndarray of bool, shape (R,)
    fragments : ndarray of int64, shape (R,)
    latency_ms : ndarray of float64, shape (R,)
        NaN where there is none.
    false_start : ndarray of bool, shape (D,)
    clip_ms : ndarray of float64, shape (P, R)
        What is missing of the beginning, for each prefix padding; 0 where nothing is, or where it was missed.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    missed: NDArray[np.bool_]
    cut_off: NDArray[np.bool_]
    merged: NDArray[np.bool_]
    late: NDArray[np.bool_]
    fragments: NDArray[np.int64]
    latency_ms: _Ms
    false_start: NDArray[np.bool_]
    clip_ms: _Ms

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Turns with at least one mistake that no prefix padding decides: all but clipped onsets, shape (R,)."""
        return self.missed | self.cut_off | self.merged | self.late


def on_grid(ms: NDArray[np.floating[Any]] | float) -> _Ms:
    """Milliseconds rounded to 1/1024: sums of them are exact.

    What :func:`match` says must not depend on where on a clock a recording lies, to the last bit, and decimal fractions
    would make it. Rounded on the recording's own clock, times can be moved by whole milliseconds.
    """
    return np.rint(np.multiply(ms, 1024.0)) / 1024.0


def match(
    *,
    start_ms: _Ms,
    end_ms: _Ms,
    limit_ms: _Ms,
    onset_ms: _Ms,
    speech_end_ms: _Ms,
    audio_start_ms: _Ms,
    stopped_at_ms: _Ms,
    closed: NDArray[np.bool_],
    collar_ms: float,
    late_ms: float,
) -> Outcome:
    """Both sides in order and on one clock; recordings are kept apart by distance on that clock.

    Parameters
    ----------
    start_ms, end_ms : ndarray of float64, shape (R,)
        Labelled turns.
    limit_ms : ndarray of float64, shape (R,)
        Where the audio of each one's recording ends.
    onset_ms, speech_end_ms, stopped_at_ms, closed : ndarray, shape (D,)
        Detected turns.
    audio_start_ms : ndarray of float64, shape (P, D)
        Their starts, for each prefix padding.
    collar_ms, late_ms : float
        Of :class:`rtnb.vad.scores.definitions.Scoring`.

    Examples
    --------
    >>> import numpy as np
    >>> found = match(
    ...     start_ms=np.array([1000.0]), end_ms=np.array([3000.0]), limit_ms=np.array([9000.0]),
    ...     onset_ms=np.array([1064.0, 6016.0]), speech_end_ms=np.array([3072.0, 6048.0]),
    ...     audio_start_ms=np.array([[1064.0, 6016.0], [764.0, 5716.0]]), stopped_at_ms=np.array([3584.0, 6560.0]),
    ...     closed=np.array([True, True]), collar_ms=50.0, late_ms=2000.0,
    ... )
    >>> found.latency_ms.tolist(), found.clip_ms.tolist(), found.false_start.tolist()
    ([584.0], [[64.0], [0.0]], [False, True])
    """
    # Both sides are in order, so what belongs to a labelled turn is one stretch of the detected ones.
    first = np.searchsorted(speech_end_ms, start_ms - collar_ms, side="right")
    past = np.searchsorted(onset_ms, end_ms + collar_ms)
    fragments = past - first
    missed = fragments <= 0
    if missed.all():
        return _all_missed(start_ms.size, onset_ms.size, audio_start_ms.shape[0])
    last = past - 1
    # Missed ones show the way to some other turn from here on, and are taken out of every result.
    some = np.minimum(first, onset_ms.size - 1)
    bound_ms = end_ms - collar_ms
    cut_off = closed[some] & (stopped_at_ms[some] < bound_ms) & ~missed
    merged = np.zeros(start_ms.size, dtype=np.bool_)
    np.less_equal(first[1:], last[:-1], out=merged[:-1])
    stopped = stopped_at_ms[last]
    due = ~(missed | merged)
    known = due & closed[last] & (stopped >= bound_ms)
    latency_ms = np.where(known, stopped - end_ms, np.nan)
    late = (latency_ms > late_ms) | (due & ~closed[last] & (limit_ms - end_ms > late_ms))
    clip_ms = audio_start_ms[:, some] - start_ms
    clip_ms = np.where((clip_ms > collar_ms) & ~missed, clip_ms, 0.0)
    return Outcome(
        first=np.where(missed, -1, first),
        last=np.where(missed, -1, last),
        missed=missed,
        cut_off=cut_off,
        merged=merged,
        late=late,
        fragments=np.maximum(fragments, 0),
        latency_ms=latency_ms,
        false_start=_outside(first, past, onset_ms.size),
        clip_ms=clip_ms,
    )


def _outside(first: _Index, past: _Index, size: int) -> NDArray[np.bool_]:
    """Which of `size` places lie in none of the stretches."""
    # A stretch that is turned around, of a missed turn, must not count.
    past = np.maximum(first, past)
    opened = np.bincount(first, minlength=size + 1) - np.bincount(past, minlength=size + 1)
    inside: NDArray[np.bool_] = np.cumsum(opened)[:size] > 0
    return ~inside


def _all_missed(turns: int, detected: int, prefixes: int) -> Outcome:
    none, never = np.full(turns, -1), np.zeros(turns, dtype=np.bool_)
    return Outcome(
        first=none,
        last=none,
        missed=~never,
        cut_off=never,
        merged=never,
        late=never,
        fragments=np.zeros(turns, dtype=np.int64),
        latency_ms=np.full(turns, np.nan),
        false_start=np.ones(detected, dtype=np.bool_),
        clip_ms=np.zeros((prefixes, turns)),
    )
