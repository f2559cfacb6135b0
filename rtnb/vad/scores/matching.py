"""Detected turns against labelled ones, on arrays: the core that single scores and sweeps share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Outcome", "match"]

_Ms = NDArray[np.float64]


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
    """
    raise NotImplementedError
