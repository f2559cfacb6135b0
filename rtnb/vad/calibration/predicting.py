"""What a detector with given constants would have said of a stretch, and how far that is from what was said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rtnb.vad.batch import Runs, frames_of, spans_of
from rtnb.vad.calibration.views import GRACE_MS, View

__all__ = ["FAR_MS", "Compared", "Predicted", "compared", "cost_of", "paired", "predicted"]

FAR_MS: Final = 250.0
"""Events further apart are not the same one, and no residual counts for more. Own choice: eight frames of 32 ms."""

_Ms = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """Turns that a detector would find; shape ``(n,)`` each.

    Attributes
    ----------
    onset_ms, silence_ms : ndarray
        Where speech begins and where the silence behind it begins, without lags, in the listening's own time.
    start_ms, stop_ms : ndarray
        What the events would say; a stop is NaN where none was due before the stretch ended.
    clamped : ndarray of bool
        Whether the start is where the turn before ends, or at the beginning of the audio.
    started_at_ms, stopped_at_ms : ndarray
        How much of the session's audio had been heard when it was known.
    """

    onset_ms: _Ms
    silence_ms: _Ms
    start_ms: _Ms
    stop_ms: _Ms
    clamped: NDArray[np.bool_]
    started_at_ms: _Ms
    stopped_at_ms: _Ms


def predicted(view: View, runs: Runs, least_frames: int, lag_ms: float, end_lag_ms: float) -> Predicted:
    """The turns of a stretch.

    It does what :class:`rtnb.vad.Detector` does, and what a server does with its events: no start lies in audio that
    the turn before, a commit or an idle timeout has taken.
    """
    config, hop = view.setting, view.hop_ms
    spans = spans_of(runs, frames_of(config.silence_duration_ms, hop), least_frames=least_frames)
    onset: _Ms = np.multiply(view.first + spans.onset, hop, dtype=np.float64)
    silence: _Ms = np.multiply(view.first + spans.silence, hop, dtype=np.float64)
    base = round(view.origin_ms)
    started_at: _Ms = view.origin_ms + np.multiply(view.first + spans.started_at, hop, dtype=np.float64)
    free = np.rint(np.maximum(0.0, onset + lag_ms) - config.prefix_padding_ms)
    start = np.maximum(0.0, free) + base
    end = np.rint(np.maximum(0.0, silence + end_lag_ms) + config.silence_duration_ms) + base
    if view.taken_ms.size:
        place = np.searchsorted(view.taken_ms, started_at, side="right") - 1
        start = np.where(place >= 0, np.maximum(start, view.taken_ms[np.maximum(place, 0)]), start)
    end = np.maximum.accumulate(np.maximum(start, end))
    start[1:] = np.maximum(start[1:], end[:-1])
    closed = spans.stopped_at <= runs.frames
    return Predicted(
        onset_ms=onset,
        silence_ms=silence,
        start_ms=start,
        stop_ms=np.where(closed, end, np.nan),
        clamped=start > free + base,
        started_at_ms=started_at,
        stopped_at_ms=view.origin_ms + np.multiply(view.first + spans.stopped_at, hop, dtype=np.float64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Events that were told beside those that were predicted; pairs are ``(told, predicted)``, -1 where one is missing.

    Attributes
    ----------
    starts, stops : ndarray of int64, shape (n, 2)
    cost : float
        Milliseconds of residuals, none above 250, and 250 for each event without a partner. What was told beyond the
        end of the audio and has none is left out.
    """

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    cost: float


def cost_of(view: View, guess: Predicted) -> float:
    """The cost of :func:`compared` alone, which is what a search needs thousands of times."""
    return sum(side.cost for side in _sides(view, guess))


def compared(view: View, guess: Predicted) -> Compared:
    """Which event is which: those that are next to each other both ways and not far apart."""
    starts, stops = _sides(view, guess)
    return Compared(starts.pairs(), stops.pairs(), starts.cost + stops.cost)


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """The starts, or the stops: indices of what was told and of what was due, and of those which are pairs."""

    told: _Ms
    said: _Ms
    real: NDArray[np.int64]
    due: NDArray[np.int64]
    one: NDArray[np.int64]
    other: NDArray[np.int64]

    @property
    def cost(self) -> float:
        alone = self.real.size + self.due.size - 2 * self.one.size
        return float(np.abs(self.told[self.one] - self.said[self.other]).sum()) + FAR_MS * alone

    def pairs(self) -> NDArray[np.int64]:
        missing, extra = np.setdiff1d(self.real, self.one), np.setdiff1d(self.due, self.other)
        left = np.concatenate([self.one, missing, np.full(extra.size, -1)])
        right = np.concatenate([self.other, np.full(missing.size, -1), extra])
        return np.stack([left, right], axis=1).astype(np.int64)


def _sides(view: View, guess: Predicted) -> tuple[_Side, _Side]:
    return (
        _side(view, view.start_ms, guess.start_ms, guess.started_at_ms),
        _side(view, view.stop_ms, guess.stop_ms, guess.stopped_at_ms),
    )


def _side(view: View, told: _Ms, said: _Ms, known_at: _Ms) -> _Side:
    real, due = (told == told).nonzero()[0], (said == said).nonzero()[0]
    near, far = paired(told[real], said[due], FAR_MS)
    if view.last and due.size > near.size:
        # What was about to be said when the session ended is no mistake.
        kept = known_at[due] < view.end_ms - GRACE_MS
        kept[far] = True
        far = kept.cumsum()[far] - 1
        due = due[kept]
    if view.last and real.size > near.size:
        # Of what lies beyond the audio nobody can say anything, other than that a lag brought it there.
        kept = told[real] <= view.end_ms
        kept[near] = True
        near = kept.cumsum()[near] - 1
        real = real[kept]
    return _Side(told, said, real, due, real[near], due[far])


def paired(one: _Ms, other: _Ms, most: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices of those that are each other's nearest and at most `most` apart; both in rising order.

    Examples
    --------
    >>> import numpy as np
    >>> paired(np.array([0.0, 100.0]), np.array([90.0, 115.0, 500.0]), 50.0)
    (array([1]), array([0]))
    """
    if not one.size or not other.size:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing
    there, back = _nearest(one, other), _nearest(other, one)
    index = np.arange(one.size)
    mutual = np.flatnonzero((back[there] == index) & (np.abs(one - other[there]) <= most))
    return mutual, there[mutual]


def _nearest(one: _Ms, other: _Ms) -> NDArray[np.int64]:
    # By methods and without np.clip: on a handful of turns, calls are what takes time.
    if other.size == 1:
        return np.zeros(one.size, dtype=np.int64)
    place = other.searchsorted(one)
    np.maximum(place, 1, out=place)
    np.minimum(place, other.size - 1, out=place)
    left = place - 1
    nearer: NDArray[np.int64] = np.where(one - other[left] <= other[place] - one, left, place)
    return nearer
