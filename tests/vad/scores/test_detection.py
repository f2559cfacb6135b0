from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.detection import (
    DetectionAccuracy,
    DetectionCostFunction,
    DetectionErrorRate,
    DetectionPrecision,
    DetectionRecall,
)
from support.label_strategies import near_segments

import rtnb
from rtnb.audio.clip import Clip
from rtnb.vad.computing import probabilities
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.detection import Detection, detection, spans_above
from rtnb.vad.track import Track

SAMPLES = sorted(Path(rtnb.sample("labelled")).glob("*.flac"))
METRICS = {
    "error_rate": DetectionErrorRate,
    "accuracy": DetectionAccuracy,
    "precision": DetectionPrecision,
    "recall": DetectionRecall,
    "cost": DetectionCostFunction,
}


def annotation(spans: list[tuple[float, float, str]]) -> Annotation:
    found = Annotation()
    for number, (start, end, who) in enumerate(spans):
        found[Segment(start, end), number] = who
    return found


def theirs(recordings: list[tuple[Labels, list[tuple[float, float]], float]], collar_s: float) -> dict[str, float]:
    """What pyannote.metrics finds over all recordings."""
    values = {}
    for name, kind in METRICS.items():
        metric = kind(collar=collar_s)
        for labels, detected, duration_s in recordings:
            reference = annotation([(each.start_s, each.end_s, each.speaker) for each in labels.segments])
            hypothesis = annotation([(start, end, "speech") for start, end in detected])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                metric(reference, hypothesis, uem=Timeline([Segment(0, duration_s)]))
        values[name] = abs(metric)
    return values


@pytest.mark.parametrize("collar_s", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.9])
def test_samples_score_as_in_pyannote_metrics(collar_s: float, threshold: float) -> None:
    recordings = []
    total = Detection()
    for path in SAMPLES:
        clip = Clip.load(path)
        track = probabilities(clip, engine="energy")
        labels = Labels.load(path.with_suffix(".rttm"))
        detected = spans_above(track, threshold)
        recordings.append((labels, detected, clip.duration_s))
        total += detection(labels, detected, duration_s=clip.duration_s, collar_s=collar_s)
    expected = theirs(recordings, collar_s)
    assert {name: getattr(total, name) for name in METRICS} == pytest.approx(expected, abs=1e-9)
    assert 0 < expected["error_rate"] < 2


@given(st.lists(near_segments(), max_size=8), st.lists(near_segments(), max_size=8), st.sampled_from([0.0, 0.25]))
def test_anything_scores_as_in_pyannote_metrics(marks: list, found: list, collar_s: float) -> None:
    labels = Labels(tuple(marks))
    detected = sorted((each.start_s, each.end_s) for each in found)
    ours = detection(labels, detected, duration_s=10.0, collar_s=collar_s)
    expected = theirs([(labels, detected, 10.0)], collar_s)
    assert {name: getattr(ours, name) for name in METRICS} == pytest.approx(expected, abs=1e-9)


def test_durations_add_up_to_the_recording() -> None:
    found = detection(Labels.of([(1.0, 3.0), (2.5, 4.0, "Bob")]), [(0.0, 1.5), (3.5, 99.0)], duration_s=6.0)
    assert found == Detection(hit_s=1.0, miss_s=2.0, false_alarm_s=3.0, rejected_s=0.0)


def test_nothing_at_all() -> None:
    nothing = detection(Labels(()), [], duration_s=0.0)
    assert (nothing.error_rate, nothing.accuracy, nothing.precision, nothing.recall, nothing.cost) == (0, 1, 1, 1, 0)
    assert detection(Labels(()), [(0.0, 1.0)], duration_s=2.0).error_rate == 1.0


def test_spans_are_where_the_track_is_at_or_above_the_threshold() -> None:
    track = Track(np.array([0.5, 0.49, 0.5, 0.9], dtype=np.float32), 0.032, "mine")
    assert spans_above(track, 0.5) == [(0.0, 0.032), (0.064, 0.128)]
    assert spans_above(track, 0.95) == []
