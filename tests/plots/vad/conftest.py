"""Real recordings with labels, and everything that the lab makes of them."""

from __future__ import annotations

import numpy as np
import pytest

import rtnb
from rtnb.vad import Corpus, DetectorTuning, Setting, detect, mistakes, score
from rtnb.vad.calibration.result import Calibration, Residual
from rtnb.vad.corpus import Item
from rtnb.vad.scores.frames import FrameMetrics, frame_metrics
from rtnb.vad.scores.mistakes import Mistakes
from rtnb.vad.scores.score import Score
from rtnb.vad.sweeps.result import Sweep
from rtnb.vad.sweeps.running import sweep
from rtnb.vad.track import Track
from rtnb.vad.turns import DetectedTurn
from rtnb.vad.whatif import WhatIf, what_if

SETTING = Setting(0.5, 300, 350)


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return Corpus.load(rtnb.sample("labelled"))


@pytest.fixture(scope="session")
def swept(corpus: Corpus) -> Sweep:
    return sweep(
        corpus, threshold=[0.2, 0.35, 0.5, 0.7], prefix_padding_ms=[100, 300, 500],
        silence_duration_ms=[200, 350, 500, 800, 1100], turn_gap_s=0.7, progress=False,
    )  # fmt: skip


@pytest.fixture(scope="session")
def item(corpus: Corpus) -> Item:
    return corpus["ami_trn07"]


@pytest.fixture(scope="session")
def track(corpus: Corpus, swept: Sweep, item: Item) -> Track:
    return swept.tracks[[each.name for each in corpus].index(item.name)]


@pytest.fixture(scope="session")
def turns(track: Track) -> tuple[DetectedTurn, ...]:
    return detect(track, SETTING)


@pytest.fixture(scope="session")
def scored(corpus: Corpus, swept: Sweep) -> Score:
    return score(corpus, SETTING, turn_gap_s=0.7, tracks=swept.tracks)


@pytest.fixture(scope="session")
def found(corpus: Corpus, swept: Sweep) -> Mistakes:
    return mistakes(corpus, SETTING, turn_gap_s=0.7, tracks=swept.tracks)


@pytest.fixture(scope="session")
def metrics(corpus: Corpus, swept: Sweep) -> FrameMetrics:
    return frame_metrics(swept.tracks, corpus)


@pytest.fixture(scope="session")
def what(corpus: Corpus) -> WhatIf:
    return what_if(
        Corpus(corpus.items[3:5]), [SETTING, Setting(0.3, 300, 800)], {"quiet": lambda clip: clip.gain(-20)},
        turn_gap_s=0.7, progress=False,
    )  # fmt: skip


@pytest.fixture(scope="session")
def calibration() -> Calibration:
    noise = np.random.default_rng(7)
    events = [
        Residual("a", kind, 0.5, 1000.0 * i + float(noise.normal(middle, 8)), 1000.0 * i)
        for i in range(1, 40)
        for kind, middle in (("start", 3.0), ("stop", -9.0))
    ]
    tuning = DetectorTuning(
        hysteresis=0.22, lag_ms=60, end_lag_ms=118, threshold_map=[(0.5, 0.62)], name="altered, 2026-11-21"
    )
    ranges = {
        "threshold 0.5": (0.6, 0.64), "hysteresis": (0.2, 0.24), "min_speech_ms": (0.0, 32.0), "lag_ms": (52.0, 68.0),
        "end_lag_ms": (110.0, 126.0),
    }  # fmt: skip
    open_points = ("The minimum speech is not decided: no burst is that short.",)
    extra = Residual("a", "start", 0.5, None, 200.0)
    return Calibration(tuning, "silero", "embedded server", 3, ranges, open_points, (*events, extra))
