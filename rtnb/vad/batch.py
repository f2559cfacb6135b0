"""Whole tracks at once: the streaming detector's rules on arrays, to the last bit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtnb.vad.detector import TurnSettings
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning
from rtnb.vad.turns import TurnTable

__all__ = ["Runs", "Spans", "detect_table", "runs_of", "spans_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """What one pair of thresholds makes of a track; no silence duration has a say in it yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Turns in frames, shape ``(n,)`` of int64 each.

    Attributes
    ----------
    onset : ndarray
        The first frame of speech.
    silence : ndarray
        The first frame of the silence that ended the turn.
    started_at, stopped_at : ndarray
        Frames heard when the start and the stop were known.
    """

    onset: NDArray[np.int64]
    silence: NDArray[np.int64]
    started_at: NDArray[np.int64]
    stopped_at: NDArray[np.int64]


def runs_of(p: NDArray[np.float32], threshold: float, exit_threshold: float) -> Runs:
    """Everything about `p` that the thresholds alone decide: one pass over the frames.

    Frames below zero are silence under every threshold: that is how recordings are kept apart in one array.
    """
    raise NotImplementedError


def spans_of(runs: Runs, silence_frames: int, *, least_frames: int = 1) -> Spans:
    """The turns that a silence of `silence_frames` closes; time is proportional to the runs, not to the frames."""
    raise NotImplementedError


def detect_table(track: Track, config: TurnSettings, *, tuning: DetectorTuning | None = None) -> TurnTable:
    """As :func:`rtnb.vad.detect`, as columns."""
    raise NotImplementedError
