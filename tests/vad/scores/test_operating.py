from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.label_strategies import near_segments

import rtnb
from rtnb.errors import ConfigError
from rtnb.vad.corpus import Corpus
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.operating import Tradeoff, operating_points, silence_baseline

FOLDER = Path(rtnb.sample("labelled"))
# Three turns at a gap of 0.7 s: one with pauses of 400 and 600 ms, one with a pause of 250 ms, one without.
LABELS = Labels.of([(0.0, 1.0), (1.4, 2.0), (2.6, 3.0), (5.0, 6.0), (6.25, 7.0), (9.0, 9.5)])


def frame(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame(columns, index=[f"row {n}" for n in range(len(next(iter(columns.values()))))])


def test_silence_alone_cuts_turns_with_a_longer_pause() -> None:
    line = silence_baseline(LABELS, 0.7)
    assert line.latency_ms.tolist() == [0.0, 250.0, 600.0]
    assert line.cut_off_rate.tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    assert line.latency_at == {0.05: 600.0, 0.10: 600.0}
    assert line.cut_offs_at == {300: pytest.approx(1 / 3), 600: 0.0}


def test_silence_alone_counted_as_eot_bench_counts() -> None:
    line = silence_baseline(LABELS, 0.7, per="pause")
    assert line.latency_ms.tolist() == [0.0, 250.0, 400.0, 600.0]
    assert line.cut_off_rate.tolist() == pytest.approx([1, 2 / 3, 1 / 3, 0])
    with pytest.raises(ConfigError, match="'turn' or 'pause'"):
        silence_baseline(LABELS, 0.7, per="file")


def test_pauses_at_the_end_are_as_long_as_they_cut_something_off() -> None:
    # The last word is shorter than the collar: a stop in the pause before it cuts nothing off that counts.
    labels = Labels.of([(0.0, 1.0), (1.5, 1.53)])
    assert silence_baseline(labels, 0.7).latency_ms.tolist() == [0.0, 480.0]
    assert silence_baseline(labels, 0.7, collar_s=0.0).latency_ms.tolist() == [0.0, 500.0]


@given(st.lists(near_segments(), min_size=1, max_size=12), st.integers(1, 150), st.integers(0, 1500))
def test_silence_alone_agrees_with_a_perfect_detector_walked_through(marks: list, gap: int, wait_ms: int) -> None:
    labels = Labels(tuple(marks))
    gap_s, wait_s = gap / 100, wait_ms / 1000
    cut = 0
    for turn in labels.turns(gap_s):
        inside = [span for span in labels.speech if turn.start_s <= span.start_s < turn.end_s]
        stops = [
            before.end_s + wait_s
            for before, after in itertools.pairwise(inside)
            if before.end_s + wait_s < after.start_s - 1e-6
        ]
        cut += any(stop < turn.end_s - 0.05 - 1e-6 for stop in stops)
    line = silence_baseline(labels, gap_s)
    assert line.cut_offs_within(wait_ms) == pytest.approx(cut / len(labels.turns(gap_s)))


def test_over_several_recordings_turns_are_pooled() -> None:
    corpus = Corpus.load(FOLDER)
    line = silence_baseline(corpus, 0.7)
    turns = sum(len(item.labels.turns(0.7)) for item in corpus if item.labels is not None)
    assert line.cut_off_rate[-1] == 0
    assert line.latency_ms[-1] < 700
    np.testing.assert_allclose(line.cut_off_rate * turns, np.round(line.cut_off_rate * turns), atol=1e-9)
    assert (np.diff(line.cut_off_rate) < 0).all()


def test_without_turns_nothing_is_reached() -> None:
    line = silence_baseline(Labels(()), 0.7)
    assert math.isnan(line.latency_within(0.05))
    assert math.isnan(line.cut_offs_within(300))
    assert "not reached" in repr(line)


def test_a_gap_is_needed() -> None:
    with pytest.raises(ConfigError, match="no default"):
        silence_baseline(LABELS, None)  # type: ignore[arg-type]


def test_the_best_setting_within_each_budget() -> None:
    table = frame(
        cut_off_rate=[0.40, 0.10, 0.10, 0.04, 0.02, 0.20],
        latency_p50_ms=[290.0, 500.0, 450.0, 700.0, 900.0, 600.0],
        threshold=[0.5] * 6,
    )
    points = operating_points(table, LABELS, 0.7)
    assert points.latency_at == {0.05: 700.0, 0.10: 450.0}
    assert points.cut_offs_at == {300: 0.40, 600: 0.10}
    assert points.settings.rows == ("row 0", "row 2", "row 3", "row 4")
    assert points.baseline.latency_at[0.05] == 600.0
    assert points.turns == 3
    assert list(points.frame.index) == ["settings", "silence alone"]
    assert points.frame.loc["settings", "latency_ms at 5% cut-offs"] == 700.0


def test_budgets_that_nothing_reaches_are_unknown() -> None:
    points = operating_points(frame(cut_off_rate=[0.3], latency_p50_ms=[900.0]), LABELS, 0.7)
    assert math.isnan(points.latency_at[0.05])
    assert math.isnan(points.cut_offs_at[600])
    assert "5%: not reached" in repr(points)


def test_settings_that_lose_the_ends_of_turns_do_not_look_fast() -> None:
    table = frame(
        cut_off_rate=[0.0, 0.0],
        latency_p50_ms=[200.0, 600.0],
        turns=[8, 8],
        missed=[1, 1],
        merged=[5, 1],
    )
    points = operating_points(table, LABELS, 0.7)
    assert points.latency_at[0.05] == 600.0
    assert points.notes == (
        "1 setting of 2 left out: more than 25% of the turns missed or merged, false starts or late ends for as many",
    )
    assert operating_points(table, LABELS, 0.7, max_lost=1.0).latency_at[0.05] == 200.0


def test_unknown_latencies_and_other_columns() -> None:
    table = frame(cut_off_rate=[0.0, 0.0], latency_p50_ms=[np.nan, 600.0], latency_p90_ms=[800.0, 900.0])
    assert operating_points(table, LABELS, 0.7).latency_at[0.05] == 600.0
    assert operating_points(table, LABELS, 0.7, latency="latency_p90_ms").latency_at[0.05] == 800.0
    with pytest.raises(ConfigError, match="no column 'mean_ms'; it has: cut_off_rate"):
        operating_points(table, LABELS, 0.7, latency="mean_ms")


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=1, max_size=30))
def test_no_setting_beats_a_point_in_both(rows: list[tuple[int, int]]) -> None:
    table = frame(cut_off_rate=[rate / 10 for rate, _ in rows], latency_p50_ms=[100.0 * ms for _, ms in rows])
    line = operating_points(table, LABELS, 0.7).settings
    assert isinstance(line, Tradeoff)
    for rate, ms in zip(table["cut_off_rate"], table["latency_p50_ms"], strict=True):
        assert line.cut_offs_within(ms) <= rate
        assert line.latency_within(rate) <= ms


@pytest.mark.parametrize("kind", ["false_starts", "late", "missed", "merged"])
def test_settings_that_start_at_everything_or_never_end_do_not_look_fast(kind: str) -> None:
    table = frame(cut_off_rate=[0.0, 0.0], latency_p50_ms=[200.0, 600.0], turns=[8, 8])
    table[["missed", "merged", "false_starts", "late"]] = 0
    table[kind] = [3, 2]
    points = operating_points(table, LABELS, 0.7)
    assert points.latency_at[0.05] == 600.0
    assert operating_points(table, LABELS, 0.7, max_lost=None).latency_at[0.05] == 200.0
    # What the chosen row gets wrong is told, in the card as well.
    assert [each.budget for each in points.chosen] == ["5% cut-offs", "10% cut-offs", "600 ms"]
    assert {each.row for each in points.chosen} == {"row 1"}
    assert all(each.counts[kind] == 2 for each in points.chosen)
    assert str(points.chosen[0]) in repr(points)


def test_of_equal_points_the_one_with_the_fewest_errors() -> None:
    table = frame(cut_off_rate=[0.0, 0.0, 0.0], latency_p50_ms=[600.0, 600.0, 600.0], errors=[4, 2, 3])
    assert operating_points(table, LABELS, 0.7).settings.rows == ("row 1",)
