from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

import rtnb
from rtnb.errors import ConfigError
from rtnb.vad.computing import probabilities
from rtnb.vad.corpus import Corpus
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.detection import detection, spans_above
from rtnb.vad.scores.frames import average_precision, curve, frame_metrics, roc_auc
from rtnb.vad.track import Track

FOLDER = Path(rtnb.sample("labelled"))


def track(values: list[float], hop_s: float = 0.1, engine: str = "mine") -> Track:
    return Track(np.array(values, dtype=np.float32), hop_s, engine)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus.load(FOLDER)


@pytest.fixture(scope="module")
def tracks(corpus: Corpus) -> list[Track]:
    return [probabilities(item.clip(), engine="energy") for item in corpus]


def test_samples_measure_as_in_scikit_learn(corpus: Corpus, tracks: list[Track]) -> None:
    found = frame_metrics(tracks, corpus, threshold=0.4)
    p = np.concatenate([each.p for each in tracks])
    truth = np.concatenate(
        [item.labels.mask(each.hop_s, each.p.size) for item, each in zip(corpus, tracks, strict=True) if item.labels]
    )
    guess = p >= 0.4
    assert found.roc_auc == pytest.approx(metrics.roc_auc_score(truth, p), abs=1e-12)
    assert found.pr_auc == pytest.approx(metrics.average_precision_score(truth, p), abs=1e-12)
    assert found.accuracy == pytest.approx(metrics.accuracy_score(truth, guess), abs=1e-12)
    assert found.f1 == pytest.approx(metrics.f1_score(truth, guess), abs=1e-12)
    assert found.recall == pytest.approx(metrics.recall_score(truth, guess), abs=1e-12)
    assert found.precision == pytest.approx(metrics.precision_score(truth, guess), abs=1e-12)
    assert found.false_positive_rate == pytest.approx(metrics.recall_score(~truth, guess, pos_label=True), abs=1e-12)
    assert (found.frames, found.engine, found.threshold) == (p.size, "energy", 0.4)
    assert found.speech_share == pytest.approx(truth.mean())
    best = max(metrics.accuracy_score(truth, p >= at) for at in np.unique(p)[::7])
    assert found.best_accuracy >= best - 1e-12
    assert found.best_accuracy == pytest.approx(metrics.accuracy_score(truth, p >= np.float32(found.best_threshold)))


def test_curves_are_those_of_scikit_learn(corpus: Corpus, tracks: list[Track]) -> None:
    found = frame_metrics(tracks[:2], corpus.items and [item.labels for item in corpus.items[:2]])
    p = np.concatenate([each.p for each in tracks[:2]])
    truth = np.concatenate([corpus[n].labels.mask(0.032, tracks[n].p.size) for n in (0, 1)])  # type: ignore[union-attr]
    for ours, theirs in zip(found.roc, metrics.roc_curve(truth, p, drop_intermediate=False), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
    precision, recall, thresholds = metrics.precision_recall_curve(truth, p)
    for ours, theirs in zip(found.precision_recall, (precision[:-1], recall[:-1], thresholds), strict=True):
        np.testing.assert_allclose(ours[::-1], theirs, atol=1e-12)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=40))
def test_areas_with_ties_are_those_of_scikit_learn(frames: list[tuple[int, bool]]) -> None:
    p = np.array([value / 5 for value, _ in frames], dtype=np.float32)
    truth = np.array([speech for _, speech in frames])
    if truth.any():
        assert average_precision(p, truth) == pytest.approx(metrics.average_precision_score(truth, p), abs=1e-12)
    else:
        assert math.isnan(average_precision(p, truth))
    if truth.any() and not truth.all():
        assert roc_auc(p, truth) == pytest.approx(metrics.roc_auc_score(truth, p), abs=1e-12)
    else:
        assert math.isnan(roc_auc(p, truth))


def test_an_empty_curve() -> None:
    hits, false, thresholds = curve(np.zeros(0, np.float32), np.zeros(0, bool))
    assert hits.size == false.size == thresholds.size == 0


@pytest.mark.parametrize("late", [-2, 0, 1, 3])
def test_the_best_shift_is_how_late_the_track_is(late: int) -> None:
    rng = np.random.default_rng(7)
    labels = Labels.of([(1.0, 2.5), (4.0, 4.7), (6.2, 9.0)])
    truth = labels.mask(0.05, 240)
    p = np.roll(np.where(truth, 0.9, 0.1), late) + rng.uniform(-0.05, 0.05, truth.size)
    found = frame_metrics(Track(p.astype(np.float32), 0.05, "mine"), labels)
    assert found.best_shift == late
    assert found.best_shift_roc_auc == 1.0
    assert (found.roc_auc == 1.0) == (late == 0)


def test_durations_are_summed_over_recordings(corpus: Corpus, tracks: list[Track]) -> None:
    found = frame_metrics(tracks, corpus, threshold=0.6, collar_s=0.2)
    parts = [
        detection(item.labels, spans_above(each, 0.6), duration_s=each.duration_s, collar_s=0.2)
        for item, each in zip(corpus, tracks, strict=True)
        if item.labels is not None
    ]
    assert found.detection.miss_s == pytest.approx(sum(part.miss_s for part in parts))
    assert found.detection_error == pytest.approx(
        sum(part.miss_s + part.false_alarm_s for part in parts) / sum(part.speech_s for part in parts)
    )


def test_one_track_takes_whatever_holds_labels() -> None:
    one = track([0.1, 0.9, 0.9, 0.1])
    pairs = [(0.1, 0.3)]
    corpus = Corpus.of(rtnb.Clip.silence(0.4), pairs)
    for labels in (pairs, Labels.of(pairs), corpus):
        assert frame_metrics(one, labels).roc_auc == 1.0


def test_without_speech_or_without_silence_areas_are_unknown() -> None:
    silent = frame_metrics(track([0.1, 0.7]), [])
    assert math.isnan(silent.roc_auc)
    assert math.isnan(silent.recall)
    assert silent.false_positive_rate == 0.5
    assert silent.best_shift == 0
    loud = frame_metrics(track([0.1, 0.7]), [(0.0, 1.0)])
    assert math.isnan(loud.roc_auc)
    assert loud.pr_auc == 1.0
    assert math.isnan(loud.false_positive_rate)


@pytest.mark.parametrize(
    ("tracks_", "labels", "said"),
    [
        ([track([0.1]), track([0.1])], [[(0.0, 1.0)]], "2 tracks, but 1 labels"),
        ([track([0.1])], [[(0.0, 1.0)], []], "1 tracks, but 2 labels"),
        ([track([0.1]), track([0.1], engine="theirs")], [[], []], "of one engine"),
        ([track([0.1]), track([0.1], hop_s=0.2)], [[], []], "of one engine"),
        ([track([0.1])], [None], "no labels of: 0"),
        ([track([0.1])], Labels(()), "a sequence of Labels or a Corpus"),
        ([track([])], [[]], "no frames"),
        ([], [], "0 tracks"),
    ],
)
def test_what_does_not_match_is_refused(tracks_: list[Track], labels: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        frame_metrics(tracks_, labels)
