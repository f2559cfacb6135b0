from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.vad.scores import bootstrap
from rtnb.vad.scores.bootstrap import (
    FEW,
    count_intervals,
    draws,
    intervals,
    note,
    percentile_intervals,
    rate_intervals,
)


def by_hand(values: list[np.ndarray], of: list[float] | None, statistic: str, **options: int) -> np.ndarray:
    """One resample after another, with the recordings that are drawn written out."""
    found = []
    for row in draws(len(values), **options):
        drawn = np.repeat(np.arange(len(values)), row)
        if statistic == "rate":
            whole = sum(of[n] for n in drawn)  # type: ignore[index]
            found.append(sum(values[n] for n in drawn) / whole if whole else np.nan)
        else:
            pooled = np.concatenate([values[n] for n in drawn])
            found.append(np.percentile(pooled, float(statistic)) if pooled.size else np.nan)
    return np.array(found)


def test_draws_are_seeded_and_as_many_as_there_are_recordings() -> None:
    assert np.array_equal(draws(8, seed=3), draws(8, seed=3))
    assert not np.array_equal(draws(8, seed=3), draws(8, seed=4))
    assert (draws(8).sum(axis=1) == 8).all()
    with pytest.raises(ConfigError, match="needs recordings"):
        draws(0)


def test_rates_of_many_settings_are_those_of_each_resample() -> None:
    rng = np.random.default_rng(1)
    of = np.array([5.0, 0.0, 7.0, 3.0, 4.0, 6.0])
    counts = rng.binomial(of.astype(int), [[0.2], [0.5], [0.9]])
    low, high = rate_intervals(counts, of, resamples=300, seed=5)
    for row, (a, b) in zip(counts, zip(low, high, strict=True), strict=True):
        expected = by_hand(list(row), list(of), "rate", resamples=300, seed=5)
        assert (a, b) == pytest.approx(np.nanpercentile(expected, [2.5, 97.5]))
        assert 0 <= a <= row.sum() / of.sum() <= b <= 1


@given(
    st.lists(st.lists(st.integers(0, 30).map(float), max_size=6), min_size=2, max_size=6),
    st.sampled_from([0, 25, 50, 90, 100]),
)
def test_percentiles_are_those_of_each_resample(values: list[list[float]], q: int) -> None:
    arrays = [np.array(each) for each in values]
    expected = by_hand(arrays, None, str(q), resamples=40, seed=2)
    found = percentile_intervals(values, q, resamples=40, seed=2)
    if np.isnan(expected).all():
        assert all(math.isnan(each) for each in found)
    else:
        assert found == pytest.approx(tuple(np.nanpercentile(expected, [2.5, 97.5])))


@pytest.mark.parametrize("block", [7, 1000, 500_000])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    rng = np.random.default_rng(4)
    values = [rng.exponential(400, size) for size in (30, 0, 7, 250, 1, 90)]
    expected = [by_hand(values, None, str(q), resamples=200, seed=9) for q in (50, 90)]
    monkeypatch.setattr(bootstrap, "_BLOCK", block)
    for q, drawn in zip((50, 90), expected, strict=True):
        found = percentile_intervals(values, q, resamples=200, seed=9)
        assert found == pytest.approx(tuple(np.nanpercentile(drawn, [2.5, 97.5])))
    low, high = count_intervals([[30, 0, 7, 250, 1, 90]], resamples=200, seed=9)
    sums = draws(6, resamples=200, seed=9) @ [30, 0, 7, 250, 1, 90]
    assert (low[0], high[0]) == pytest.approx(tuple(np.percentile(sums, [2.5, 97.5])))


def test_all_intervals_at_once_are_those_one_by_one() -> None:
    rng = np.random.default_rng(6)
    latencies = [rng.exponential(400, 9) for _ in range(7)]
    cut_offs, turns = rng.integers(0, 4, 7), rng.integers(4, 9, 7)
    found = intervals({"cut_offs": cut_offs, "late": cut_offs + 1}, turns, latencies, resamples=300, seed=3)
    rate = rate_intervals([cut_offs], turns, resamples=300, seed=3)
    count = count_intervals([cut_offs + 1], resamples=300, seed=3)
    assert found["cut_off_rate"] == (rate[0][0], rate[1][0])
    assert found["late"] == (count[0][0], count[1][0])
    for q in (50, 90):
        assert found[f"latency_p{q}_ms"] == percentile_intervals(latencies, q, resamples=300, seed=3)


def test_an_independent_bootstrap_agrees() -> None:
    rng = np.random.default_rng(12)
    latencies = [rng.exponential(300 + 40 * n, rng.integers(5, 40)) for n in range(30)]
    other = []
    for _ in range(4000):
        drawn = np.concatenate([latencies[n] for n in rng.integers(0, 30, 30)])
        other.append((np.percentile(drawn, 50), np.percentile(drawn, 90)))
    for q, values in zip((50, 90), np.array(other).T, strict=True):
        low, high = np.percentile(values, [2.5, 97.5])
        assert percentile_intervals(latencies, q) == pytest.approx((low, high), abs=0.1 * (high - low))


def test_a_large_corpus_takes_little_memory() -> None:
    values = [np.arange(1000.0)] * 40
    tracemalloc.start()
    try:
        percentile_intervals(values)
        assert tracemalloc.get_traced_memory()[1] < 60e6
    finally:
        tracemalloc.stop()


def test_latencies_that_are_not_there_do_not_count() -> None:
    assert percentile_intervals([[400.0, np.nan], [400.0]]) == (400.0, 400.0)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(11)
    of = np.full(40, 20)
    covered = 0
    for trial in range(200):
        low, high = rate_intervals([rng.binomial(20, 0.3, size=40)], of, resamples=400, seed=trial)
        covered += bool(low[0] <= 0.3 <= high[0])
    assert 0.88 <= covered / 200 <= 0.99


def test_counts_are_sums() -> None:
    low, high = count_intervals([[1, 1, 1, 1], [0, 4, 0, 0]], resamples=1000)
    assert (low[0], high[0]) == (4.0, 4.0)
    assert low[1] == 0.0
    assert high[1] >= 12.0


def test_one_recording_has_no_interval_and_says_so() -> None:
    assert np.isnan(rate_intervals([[1]], [5])[0]).all()
    assert np.isnan(count_intervals([[1]])[1]).all()
    assert all(math.isnan(each) for each in percentile_intervals([[1.0, 2.0]]))
    assert intervals({"cut_offs": [1]}, [5], [[400.0]]) == {}
    assert note(1) == "one recording: no intervals, which need several"
    assert note(FEW - 1) == "4 recordings: intervals are rough"
    assert note(FEW) == ""
    assert note(0)


def test_intervals_of_a_score() -> None:
    found = intervals(
        {"cut_offs": [1, 0, 2, 0, 1], "missed": [0, 0, 0, 0, 0]}, [5, 4, 5, 2, 5], [[500.0], [], [600.0], [], [700.0]]
    )
    assert set(found) == {"cut_offs", "missed", "cut_off_rate", "latency_p50_ms", "latency_p90_ms"}
    assert found["missed"] == (0.0, 0.0)
    assert found["cut_off_rate"][0] <= 4 / 21 <= found["cut_off_rate"][1]
    assert intervals({}, [1, 1], [[], []]) == {}


@pytest.mark.parametrize("level", [0, 1, 95])
def test_an_impossible_level_is_refused(level: float) -> None:
    with pytest.raises(ConfigError, match=r"such as 0\.95"):
        count_intervals([[1, 2]], level=level)


def test_counts_have_two_dimensions() -> None:
    with pytest.raises(ConfigError, match="a row a setting and a column a recording"):
        count_intervals([1, 2, 3])
