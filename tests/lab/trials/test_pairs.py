"""Heard and predicted turns beside each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtnb.lab.trials.heard import HeardTurn
from rtnb.lab.trials.pairs import paired
from rtnb.vad import DetectedTurn


def heard(start: int, end: int | None) -> HeardTurn:
    end_s = (start + 5000 if end is None else end) / 1000
    return HeardTurn(start, end, start / 1000, end_s, start / 1000, end_s, end is not None)


def predicted(start: int, end: int) -> DetectedTurn:
    return DetectedTurn(start / 1000, end / 1000, start, end)


def test_each_goes_with_the_one_it_shares_most_time_with() -> None:
    pairs = paired([heard(0, 1000), heard(1000, 4000)], [predicted(100, 3900), predicted(5000, 6000)])
    assert [(p.heard and p.heard.audio_start_ms, p.predicted and p.predicted.audio_start_ms) for p in pairs] == [
        (0, None),
        (1000, 100),
        (None, 5000),
    ]
    assert (pairs[1].start_residual_ms, pairs[1].end_residual_ms) == (900.0, 100.0)
    assert pairs[0].start_residual_ms is pairs[2].end_residual_ms is None


def test_a_turn_without_a_stop_has_no_residual_there() -> None:
    (pair,) = paired([heard(200, None)], [predicted(180, 900)])
    assert (pair.start_residual_ms, pair.end_residual_ms) == (20.0, None)


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=8)


@given(SPANS, SPANS)
def test_nothing_is_lost_and_nothing_is_twice(ones: list[tuple[int, int]], others: list[tuple[int, int]]) -> None:
    left = [heard(100 * start, 100 * (start + length)) for start, length in ones]
    right = [predicted(100 * start, 100 * (start + length)) for start, length in others]
    pairs = paired(left, right)
    assert sorted(id(p.heard) for p in pairs if p.heard) == sorted(map(id, left))
    assert sorted(id(p.predicted) for p in pairs if p.predicted) == sorted(map(id, right))
    assert [p.number for p in pairs] == list(range(1, len(pairs) + 1))


@given(SPANS)
def test_what_is_equal_is_paired_without_residuals(spans: list[tuple[int, int]]) -> None:
    apart, at = [], 0
    for gap, length in spans:
        apart.append((at + gap, at + gap + length))
        at += gap + length
    pairs = paired([heard(*span) for span in apart], [predicted(*span) for span in apart])
    assert all(p.start_residual_ms == p.end_residual_ms == 0.0 for p in pairs) and len(pairs) == len(spans)
