"""The turns of several silences at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtnb.vad.batch import Runs, spans_of, stops_of

__all__ = ["Several", "several"]

_Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Several:
    """Turns in frames, those of one silence after those of the other.

    Attributes
    ----------
    copy : ndarray of int64, shape (D,)
        Which silence.
    onset, silence, stopped_at : ndarray of int64, shape (D,)
        As of :class:`rtnb.vad.batch.Spans`.
    """

    copy: _Index
    onset: _Index
    silence: _Index
    stopped_at: _Index


def several(runs: Runs, silences: _Index, least_frames: int) -> Several:
    """What :func:`rtnb.vad.batch.spans_of` says for each of several silences.

    Parameters
    ----------
    runs : Runs
    silences : ndarray of int64
        Frames of silence that end a turn.
    least_frames : int
        Frames of speech after which a turn is announced.

    Notes
    -----
    In an hour of speech there are a thousand bursts: calling numpy for each silence would take longer than computing.
    What is not as usual goes through :func:`spans_of` one by one.
    """
    if runs.both is not None or least_frames > 1 or not runs.low.size:
        return _one_by_one(runs, silences, least_frames)
    ends = runs.depth >= silences[:, np.newaxis]
    sizes = np.count_nonzero(ends, axis=1)
    copy = np.repeat(np.arange(silences.size), sizes)
    last = np.flatnonzero(ends) - copy * runs.depth.size
    first = np.zeros(last.size, dtype=np.int64)
    first[1:] = last[:-1] + 1
    # The last burst of all ends a turn under every silence: each has a first turn, which begins with the first burst.
    first[np.cumsum(sizes) - sizes] = 0
    silence = runs.silence[last]
    stop = stops_of(runs, runs.place[last], silence + silences[copy])
    return Several(copy, runs.onset[first], silence, stop + 1)


def _one_by_one(runs: Runs, silences: _Index, least_frames: int) -> Several:
    spans = [spans_of(runs, frames, least_frames=least_frames) for frames in silences.tolist()]
    return Several(
        np.repeat(np.arange(silences.size), [each.onset.size for each in spans]),
        *(np.concatenate([getattr(each, name) for each in spans]) for name in ("onset", "silence", "stopped_at")),
    )
