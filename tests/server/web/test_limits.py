"""Events a second, sessions at once."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rtnb.server
from rtnb.errors import ConfigError
from rtnb.server.options import Limits
from rtnb.server.web.limits import BURST_BYTES, BURST_S, Bucket, SessionCount, byte_rate, event_rate, sessions_at_once


@given(st.floats(0.2, 500), st.lists(st.floats(0, 3), max_size=300))
def test_never_more_than_the_burst_and_the_rate(a_second: float, waits_s: list[float]) -> None:
    rate = event_rate(Limits(events_a_second=a_second), now_s=50.0)
    now_s, taken = 50.0, 0
    for wait_s in waits_s:
        now_s += wait_s
        taken += rate.take(now_s)
        assert taken <= a_second * (BURST_S + now_s - 50.0) + 1e-6


@given(st.floats(0.2, 500), st.integers(1, 500))
def test_who_keeps_to_the_rate_is_never_refused(a_second: float, count: int) -> None:
    rate = event_rate(Limits(events_a_second=a_second), now_s=0.0)
    assert all(rate.take(number / a_second) for number in range(1, count))


def test_nought_is_no_limit() -> None:
    rate = Bucket(0, burst=0, now_s=0.0)
    assert all(rate.take(0.0, 1000) for _ in range(100_000))


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(0, 32 * 2**20)), max_size=100))
def test_never_more_bytes_than_the_burst_and_the_rate(sent: list[tuple[float, int]]) -> None:
    rate, now_s, taken = byte_rate(Limits(), now_s=50.0), 50.0, 0
    for wait_s, size in sent:
        now_s += wait_s
        taken += size * rate.take(now_s, size)
        assert taken <= BURST_BYTES + (now_s - 50.0) * Limits().bytes_a_second + 1


def test_two_of_the_largest_frames_may_come_at_once_and_no_third() -> None:
    rate = byte_rate(Limits(), now_s=0.0)
    assert [rate.take(0.0, 32 * 2**20) for _ in range(3)] == [True, True, False]
    # What was refused was not counted.
    assert rate.take(1.0, 15 * 2**20)


@pytest.mark.parametrize("limits", [Limits(events_a_second=0), Limits(bytes_a_second=0)])
def test_bytes_are_not_bounded_where_that_is_wanted(limits: Limits) -> None:
    rate = byte_rate(limits, now_s=0.0)
    assert all(rate.take(0.0, 2**30) for _ in range(100))


def test_sessions_are_counted() -> None:
    count = SessionCount(2)
    assert [count.enter() for _ in range(3)] == [True, True, False]
    count.leave()
    assert count.enter() and not count.enter()
    assert all(SessionCount(None).enter() for _ in range(5))


def test_a_number_comes_before_a_tier_and_neither_is_no_limit() -> None:
    assert sessions_at_once(Limits()) is None
    assert sessions_at_once(Limits(tier="launch-tier-5")) == 100
    assert sessions_at_once(Limits(tier="launch-tier-5", sessions=3)) == 3


def test_an_unpublished_tier_lists_the_published_ones() -> None:
    with pytest.raises(ConfigError, match=r"'tier-3' is no tier .* launch-tier-5"):
        sessions_at_once(Limits(tier="tier-3"))


def test_each_tier_has_a_source_and_its_days() -> None:
    data = json.loads((Path(rtnb.server.__file__).parent / "tiers.json").read_text())
    date.fromisoformat(data["written"])
    for name, tier in data["tiers"].items():
        assert sessions_at_once(Limits(tier=name)) == tier["sessions"]
        assert tier["source"] and tier["url"].startswith("https://") and date.fromisoformat(tier["valid_from"])
