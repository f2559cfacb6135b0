from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rtnb.vad import Score, Setting
from rtnb.vad.scores.score import COLUMNS

SCORE = Score(
    setting=Setting(0.5, 300, 200),
    turns=10,
    detected=14,
    false_starts=1,
    missed=2,
    clipped=3,
    clipped_ms=120.0,
    cut_offs=4,
    fragments=1.5,
    merged=1,
    late=1,
    wrong=7,
    latencies_ms=np.array([400.0, 500.0, 900.0]),
    prediction="local emulation",
)


def test_numbers_that_follow_from_the_counts() -> None:
    assert (SCORE.errors, SCORE.cut_off_rate, SCORE.latency_p50_ms) == (8, 0.4, 500.0)
    assert SCORE.latency_p90_ms == pytest.approx(820)


def test_nothing_to_count_is_no_number() -> None:
    nothing = replace(SCORE, turns=0, latencies_ms=np.zeros(0))
    assert np.isnan([nothing.cut_off_rate, nothing.latency_p50_ms, nothing.latency_p90_ms]).all()


def test_the_row_of_a_table() -> None:
    assert tuple(SCORE.to_dict()) == COLUMNS
    assert SCORE.to_dict()["errors"] == 8 and SCORE.to_dict()["clipped_ms"] == 120.0


def test_in_short() -> None:
    assert repr(SCORE) == (
        "Score(0.50 / 300 / 200: 10 turns, 1 false start, 2 missed, 3 clipped, 4 cut off, 1 merged, 1 late, "
        "latency 500 ms; local emulation)"
    )
    nothing = replace(
        SCORE, false_starts=0, missed=0, clipped=0, cut_offs=0, merged=0, late=0, wrong=0, problems=("a: broken",)
    )
    assert repr(nothing) == "Score(0.50 / 300 / 200: 10 turns, no mistakes, latency 500 ms, 1 problem; local emulation)"
