from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.label_strategies import near_segments

from rtnb.errors import ConfigError
from rtnb.vad.labels.merging import checked_gap, covered, merged


@pytest.mark.parametrize("gap", [None, "0.7", -0.1, float("nan"), float("inf"), True, [0.7]])
def test_a_gap_that_cannot_be_used_is_refused(gap: object) -> None:
    with pytest.raises(ConfigError, match=r"turn_gap_s.*0\.7"):
        checked_gap(gap)


def test_a_missing_gap_says_why_there_is_no_default() -> None:
    with pytest.raises(ConfigError, match="no default"):
        checked_gap(None)


def test_a_gap_may_be_a_number_of_numpy() -> None:
    assert checked_gap(np.float32(0.5)) == 0.5


def test_a_pause_of_exactly_the_gap_parts_turns_though_binary_numbers_miss_it() -> None:
    # 4.6 + 0.7 is a little less than 5.3 in binary numbers, and 0.1 + 0.7 a little less than 0.8.
    for start in (4.6, 0.1, 2.3, 7.7):
        assert len(merged([(0.0, start), (round(start + 0.7, 3), 10.0)], 0.7)) == 2


@given(st.lists(near_segments(), max_size=12), st.integers(0, 100))
def test_merging_agrees_with_hundredths_of_a_second_painted_one_by_one(marks: list, gap: int) -> None:
    painted = np.zeros(1300, bool)
    for mark in marks:
        painted[round(100 * mark.start_s) : round(100 * mark.end_s)] = True
    edges = np.flatnonzero(np.diff(np.concatenate(([False], painted, [False]))))
    runs: list[list[int]] = []
    for start, end in edges.reshape(-1, 2).tolist():
        if runs and start - runs[-1][1] < gap:
            runs[-1][1] = end
        else:
            runs.append([start, end])
    found = merged(((mark.start_s, mark.end_s) for mark in marks), gap / 100)
    assert [[round(100 * start), round(100 * end)] for start, end in found] == runs


@given(st.lists(near_segments(), max_size=12))
def test_covered_agrees_with_each_overlap_taken_one_by_one(marks: list) -> None:
    spans = merged((mark.start_s, mark.end_s) for mark in marks)
    edges = np.arange(0, 13, 0.37)
    expected = [
        sum(max(0.0, min(end, stop) - max(start, begin)) for start, end in spans)
        for begin, stop in itertools.pairwise(edges)
    ]
    np.testing.assert_allclose(covered(spans, edges), expected, atol=1e-9)
