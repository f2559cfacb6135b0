"""What is measured with rtnb's Silero is what would be measured with the stock export."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import rtnb
from rtnb.vad.computing import probabilities
from rtnb.vad.corpus import Corpus
from rtnb.vad.scores.frames import FrameMetrics, frame_metrics
from rtnb.vad.track import Track

pytest.importorskip("onnxruntime")

GOLDEN = json.loads((Path(__file__).parents[2] / "data" / "silero_stock.json").read_text("utf-8"))
"""Probabilities of silero_vad.onnx of the silero-vad 6.2.3 wheel, frame by frame."""


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus.load(rtnb.sample("labelled"))


@pytest.fixture(scope="module")
def stock(corpus: Corpus) -> FrameMetrics:
    tracks = [Track(np.array(GOLDEN["samples"][name], dtype=np.float32), 0.032, "stock") for name in corpus.names]
    return frame_metrics(tracks, corpus)


def test_rtnb_and_stock_silero_are_equal_on_the_labelled_recordings(corpus: Corpus, stock: FrameMetrics) -> None:
    ours = frame_metrics([probabilities(item.clip(), engine="silero") for item in corpus], corpus)
    assert ours.frames == stock.frames
    assert abs(ours.roc_auc - stock.roc_auc) < 1e-4
    assert abs(ours.pr_auc - stock.pr_auc) < 1e-4
    for name in ("accuracy", "f1", "recall", "false_positive_rate"):
        assert getattr(ours, name) == pytest.approx(getattr(stock, name), abs=2 / stock.frames), name
    assert ours.best_shift == stock.best_shift


def test_the_figures_of_the_labelled_recordings(stock: FrameMetrics) -> None:
    """So that labels, masks and alignment cannot drift without a word."""
    assert (stock.frames, stock.best_shift) == (7504, 2)
    assert (stock.roc_auc, stock.pr_auc) == pytest.approx((0.9710, 0.9807), abs=1e-4)
    assert (stock.accuracy, stock.recall, stock.false_positive_rate) == pytest.approx((0.863, 0.756, 0.006), abs=1e-3)
    assert stock.best_shift_roc_auc == pytest.approx(0.9737, abs=1e-4)
