from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.plots.layout import text_width
from rtnb.plots.scales import Scale, count_ticks, date_ticks, log_ticks, spread, usd_ticks

places = st.lists(st.floats(-500, 500), max_size=12)


def test_scales_meet_their_ends() -> None:
    for log in (False, True):
        scale = Scale(0.5, 200, 30, 430, log=log)
        assert scale(0.5) == pytest.approx(30)
        assert scale(200) == pytest.approx(430)
    assert Scale(1, 100, 0, 100, log=True)(10) == pytest.approx(50)


@given(high=st.floats(1e-7, 1e6))
def test_ticks_of_money_are_few_even_and_below_the_top(high: float) -> None:
    ticks = usd_ticks(high)
    values = [value for value, _ in ticks]
    assert values[0] == 0
    assert 2 <= len(values) <= 5
    assert values[-1] <= high * (1 + 1e-9)
    assert len({label for _, label in ticks}) == len(ticks)
    for value, label in ticks:
        assert float(label.removeprefix("$").replace(",", "").replace("k", "e3")) == pytest.approx(value, rel=1e-9)


def test_ticks_of_nothing() -> None:
    assert usd_ticks(0) == [(0.0, "$0")]
    assert count_ticks(0) == [(0.0, "0")]
    assert usd_ticks(12)[-1] == (10.0, "$10")
    assert usd_ticks(1.5)[1] == (0.5, "$0.50")


@given(high=st.integers(1, 10_000_000))
def test_ticks_of_counts_are_whole(high: int) -> None:
    ticks = count_ticks(high)
    assert len(ticks) <= 4
    assert all(float(label.replace(",", "")) == value for value, label in ticks)


def test_powers_of_ten() -> None:
    assert [label for _, label in log_ticks(0.004, 150)] == ["$0.01", "$0.10", "$1", "$10", "$100"]
    assert log_ticks(0.3, 0.9) == []


@given(first=st.dates(date(2020, 1, 1), date(2030, 1, 1)), days=st.integers(1, 6000), width=st.floats(100, 900))
def test_dates_are_within_and_have_room(first: date, days: int, width: float) -> None:
    last = first + timedelta(days=days)
    ticks = date_ticks(first, last, width, size=12)
    assert all(first <= day <= last for day, _ in ticks)
    for (day, label), (after, _) in pairwise(ticks):
        assert (after - day).days / days * width > text_width(label, 12)


@given(wanted=places, gap=st.floats(1, 40))
def test_spread_keeps_the_distance_and_the_order(wanted: list[float], gap: float) -> None:
    found = spread(wanted, gap)
    ordered = [found[i] for i in sorted(range(len(wanted)), key=lambda i: wanted[i])]
    assert all(after - before >= gap - 1e-6 for before, after in pairwise(ordered))
    if wanted:
        # Least squares: the mean stays.
        assert sum(found) / len(found) == pytest.approx(sum(wanted) / len(wanted), abs=1e-6)


@given(wanted=places, gap=st.floats(1, 40))
def test_spread_stays_within(wanted: list[float], gap: float) -> None:
    assert all(-100 - 1e-6 <= place <= 100 + 1e-6 for place in spread(wanted, gap, -100, 100))


def test_what_is_far_apart_stays_where_it_is() -> None:
    assert spread([50.0, 10.0, 90.0], 10) == [50.0, 10.0, 90.0]
