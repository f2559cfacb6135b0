"""When what happens before the end of a connection, and after it dropped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.session.verbs.schedule import Backoff, Schedule


def test_a_schedule_whose_last_moment_comes_first_is_an_error() -> None:
    with pytest.raises(ConfigError, match="latest_s"):
        Schedule(handover_s=10, latest_s=20)


@given(st.floats(1, 100_000), st.booleans())
def test_everything_that_is_planned_happens_before_the_end_and_in_order(life_s: float, handover: bool) -> None:
    plan = Schedule().plan(life_s, handover=handover)
    times = [left_s for left_s, _ in plan]
    assert times == sorted(times, reverse=True) and all(0 < left_s < life_s for left_s in times)
    assert [step for _, step in plan].count("handover") == handover


def test_waits_are_spread() -> None:
    early, late = list(Backoff().delays(lambda: 1.0)), list(Backoff().delays(lambda: 0.0))
    assert all(0 < a < b for a, b in zip(early, late, strict=True))


@given(st.floats(0, 1))
def test_all_tries_fit_into_a_minute(chance: float) -> None:
    assert sum(Backoff().delays(lambda: chance)) <= Backoff().within_s


@given(st.integers(0, 8))
def test_a_run_of_drops_has_but_so_many_tries(spent: int) -> None:
    every = list(Backoff().delays(lambda: 0.0))
    assert list(Backoff().delays(lambda: 0.0, spent=spent)) == every[spent:]
