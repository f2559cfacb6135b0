"""Detected speech against labelled speech by duration, defined as in pyannote.metrics.

(H. Bredin, "pyannote.metrics: a toolkit for reproducible evaluation, diagnostic, and error analysis of speaker
diarization systems", Interspeech 2017.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rtnb.vad.labels.merging import merged
from rtnb.vad.labels.segments import Labels
from rtnb.vad.track import Track

__all__ = ["Detection", "detection", "spans_above"]

_FALSE_ALARM_WEIGHT, _MISS_WEIGHT = 0.25, 0.75
"""Of ``DetectionCostFunction`` in pyannote.metrics (NIST OpenSAT)."""


@dataclass(frozen=True, slots=True)
class Detection:
    """Seconds of each outcome; sums pool recordings.

    Attributes
    ----------
    hit_s, miss_s : float
        Labelled speech that was detected, and that was not.
    false_alarm_s, rejected_s : float
        Silence that was detected as speech, and that was not.

    Examples
    --------
    >>> found = Detection(8.0, 2.0, 1.0, 9.0)
    >>> found.error_rate, found.accuracy, found.recall
    (0.3, 0.85, 0.8)
    """

    hit_s: float = 0.0
    miss_s: float = 0.0
    false_alarm_s: float = 0.0
    rejected_s: float = 0.0

    def __add__(self, other: Detection) -> Detection:
        return Detection(
            self.hit_s + other.hit_s,
            self.miss_s + other.miss_s,
            self.false_alarm_s + other.false_alarm_s,
            self.rejected_s + other.rejected_s,
        )

    @property
    def speech_s(self) -> float:
        """Labelled speech."""
        return self.hit_s + self.miss_s

    @property
    def error_rate(self) -> float:
        """Misses and false alarms, divided by the labelled speech; without any, 1, or 0 where nothing is wrong."""
        wrong = self.miss_s + self.false_alarm_s
        return wrong / self.speech_s if self.speech_s else float(wrong > 0)

    @property
    def accuracy(self) -> float:
        """The share of time that is right; 1 of no time."""
        total = self.speech_s + self.false_alarm_s + self.rejected_s
        return (self.hit_s + self.rejected_s) / total if total else 1.0

    @property
    def precision(self) -> float:
        """The share of detected speech that is speech; 1 where none is detected."""
        detected = self.hit_s + self.false_alarm_s
        return self.hit_s / detected if detected else 1.0

    @property
    def recall(self) -> float:
        """The share of speech that is detected; 1 of none."""
        return self.hit_s / self.speech_s if self.speech_s else 1.0

    @property
    def cost(self) -> float:
        """A quarter of the false alarm rate and three quarters of the miss rate."""
        silence = self.false_alarm_s + self.rejected_s
        false_alarm = self.false_alarm_s / silence if silence else float(self.false_alarm_s > 0)
        miss = self.miss_s / self.speech_s if self.speech_s else float(self.miss_s > 0)
        return _FALSE_ALARM_WEIGHT * false_alarm + _MISS_WEIGHT * miss


def spans_above(track: Track, threshold: float) -> list[tuple[float, float]]:
    """Where a track is at or above a threshold, in seconds.

    Examples
    --------
    >>> spans_above(Track(np.array([0.1, 0.9, 0.7, 0.2], dtype=np.float32), 0.5, "mine"), 0.5)
    [(0.5, 1.5)]
    """
    above = np.concatenate(([False], track.p >= threshold, [False]))
    edges = np.flatnonzero(above[1:] != above[:-1]) * track.hop_s
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def detection(
    labels: Labels, detected: Iterable[tuple[float, float]], *, duration_s: float, collar_s: float = 0.0
) -> Detection:
    """Durations of what was detected and what was labelled.

    Parameters
    ----------
    labels : Labels
    detected : iterable of (start_s, end_s)
    duration_s : float
        Of the recording; what lies beyond does not count.
    collar_s : float
        Around each start and end of a label, of every speaker, so much does not count: half of it before, half after.

    Examples
    --------
    >>> detection(Labels.of([(1.0, 3.0)]), [(1.5, 3.5)], duration_s=5.0)
    Detection(hit_s=1.5, miss_s=0.5, false_alarm_s=0.5, rejected_s=2.5)
    """
    marks = [(each.start_s, each.end_s) for each in labels.segments]
    half = collar_s / 2
    collars = merged((at - half, at + half) for span in marks for at in span) if half else []
    speech, found = merged(marks), merged(detected)
    edges = np.unique(np.clip(np.array([0.0, duration_s, *_ends(collars, speech, found)]), 0.0, duration_s))
    middles, lengths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    lengths = np.where(_within(collars, middles), 0.0, lengths)
    is_speech, is_found = _within(speech, middles), _within(found, middles)

    def seconds(where: NDArray[np.bool_]) -> float:
        return float(lengths[where].sum())

    return Detection(
        seconds(is_speech & is_found),
        seconds(is_speech & ~is_found),
        seconds(~is_speech & is_found),
        seconds(~is_speech & ~is_found),
    )


def _ends(*several: list[tuple[float, float]]) -> list[float]:
    return [at for spans in several for span in spans for at in span]


def _within(spans: list[tuple[float, float]], at: NDArray[np.float64]) -> NDArray[np.bool_]:
    corners = np.array(spans, dtype=np.float64).ravel()
    return np.asarray(np.searchsorted(corners, at, side="right") % 2 == 1)
