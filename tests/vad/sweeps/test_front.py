"""The front of cut-offs against latency."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.vad.sweeps.front import holds, least, left_out, pareto, within

ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([np.nan, 100.0, 200.0, 300.0, 400.0]), st.integers(0, 3)),
    min_size=1,
    max_size=12,
)


def columns_of(rows):
    cuts, delays, merged = (np.array(each) for each in zip(*rows, strict=True))
    turns = np.full(cuts.size, 20)
    return {
        "turns": turns,
        "cut_offs": cuts,
        "cut_off_rate": cuts / turns,
        "merged": merged,
        "missed": np.zeros(cuts.size),
        "errors": cuts + merged,
        "latency_p50_ms": delays.astype(np.float64),
        "latency_p90_ms": 2 * delays.astype(np.float64),
    }


@given(ROWS, st.integers(0, 3))
def test_no_other_beats_them_and_they_beat_all_others(rows, most):
    columns = columns_of(rows)
    found = pareto(columns, "latency_p50_ms", {"merged": most}, None)
    points = list(zip(columns["latency_p50_ms"], columns["cut_offs"], strict=True))
    there = [at for at in range(len(rows)) if columns["merged"][at] <= most and not np.isnan(points[at][0])]

    def beats(one, other):
        (fast, few), (slow, many) = points[one], points[other]
        return fast <= slow and few <= many and (fast, few) != (slow, many)

    best = {points[at] for at in there if not any(beats(other, at) for other in there)}
    assert {points[at] for at in found} == best
    assert len(found) == len(best)
    assert sorted(points[at] for at in found) == [points[at] for at in found]
    for at in found:
        twins = [other for other in there if points[other] == points[at]]
        assert columns["errors"][at] == min(columns["errors"][twins])


@given(ROWS)
def test_least_is_least(rows):
    columns = columns_of(rows)
    at = least(columns, "errors")
    assert columns["errors"][at] == columns["errors"].min()


def test_the_sweep_says_it_in_rows_of_its_table(speech_sweep):
    frame = speech_sweep.frame
    front = speech_sweep.pareto(latency="latency_p90_ms", merged_rate=0.05, false_starts=2)
    assert list(front.columns) == list(frame.columns)
    assert (frame.loc[front.index].to_numpy() == front.to_numpy())[~front.isna().to_numpy()].all()
    assert (front.merged <= 1).all()
    assert front.latency_p90_ms.is_monotonic_increasing
    assert front.cut_off_rate.is_monotonic_decreasing
    assert speech_sweep.pareto(missed=0).empty


def test_nothing_clipped_is_nothing_missing(speech_sweep):
    kept = within(speech_sweep.columns, {"clipped_ms": 100})
    frame = speech_sweep.frame
    assert kept[frame.clipped == 0].all()
    assert not kept[(frame.clipped_ms > 100).to_numpy()].any()


def test_a_rate_is_not_missed_by_a_rounding():
    columns = columns_of([(1, 100.0, 0), (2, 100.0, 0)])
    assert within(columns, {"cut_off_rate": 0.05}).tolist() == [True, False]


def test_what_there_is_no_front_of(speech_sweep):
    with pytest.raises(ConfigError, match="against latency_p50_ms or latency_p90_ms, not 'latency'"):
        speech_sweep.pareto(latency="latency")
    with pytest.raises(ConfigError, match="no 'merges' that could be constrained"):
        speech_sweep.pareto(merges=0)


@given(ROWS, st.sampled_from([0.0, 0.05, 0.1, 0.25]))
def test_what_loses_too_many_turns_is_left_out_unless_all_do(rows, share):
    columns = columns_of(rows)
    known = ~np.isnan(columns["latency_p50_ms"])
    sound = known & (columns["merged"] <= share * 20)
    found = pareto(columns, "latency_p50_ms", {}, share)
    whole = pareto(columns, "latency_p50_ms", {}, None)
    if sound.any():
        assert sound[found].all() and len(found) > 0
        assert left_out(columns, share) == known.sum() - sound.sum()
    else:
        assert found.tolist() == whole.tolist()
        assert left_out(columns, share) == 0


def test_the_front_of_real_speech_does_not_lead_with_what_loses_turns(speech_sweep):
    front = speech_sweep.pareto()
    assert (front.missed + front.merged <= 0.25 * 21).all()
    assert (front.false_starts <= 0.25 * 21).all() and (front.late <= 0.25 * 21).all()
    every = speech_sweep.pareto(max_lost=None)
    assert (every.missed + every.merged).max() > 0.25 * 21
    assert len(speech_sweep.pareto(max_lost=0.0)) == len(every)
    with pytest.raises(ConfigError, match="max_lost is a share of the labelled turns"):
        speech_sweep.pareto(max_lost="few")


def test_of_equal_errors_the_fewest_missed_then_merged_then_the_fastest():
    columns = columns_of([(0, 100.0, 2), (0, 300.0, 1), (0, 200.0, 1), (0, 50.0, 0)])
    columns["errors"] = np.array([3, 3, 3, 3])
    columns["missed"] = np.array([1, 1, 1, 2])
    assert least(columns, "errors") == 2


def test_one_predicate_of_what_is_within():
    assert holds("merged_rate", 3 / 30, 0.1) and not holds("merged_rate", 4 / 30, 0.1)
    assert holds("clipped_ms", float("nan"), 0.0) and not holds("latency_p90_ms", float("nan"), 1e9)
