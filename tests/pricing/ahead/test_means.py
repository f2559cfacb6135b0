from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.pricing.ahead.means import mean_climb, mean_cost, mean_projection
from rtnb.pricing.ahead.projection import project

DAY = "2026-01-31"


@given(st.lists(st.floats(0.1, 30), min_size=1, max_size=4))
def test_the_mean_curve_ends_at_the_mean_cost(lengths: list[float]) -> None:
    each = [project(minutes, "gpt-realtime", on=DAY) for minutes in lengths]
    mean = mean_projection(each)
    assert mean.minutes == pytest.approx(sum(lengths) / len(lengths))
    assert mean.total_usd == pytest.approx(sum(one.total_usd for one in each) / len(each))
    assert len(mean.curve) == mean.turns
    last = mean.curve[-1]
    assert last.minutes == pytest.approx(mean.minutes)
    for name in ("usd", "low_usd", "high_usd"):
        amounts = [getattr(point, name) for point in mean.curve]
        assert amounts[-1] == pytest.approx(sum(getattr(one.curve[-1], name) for one in each) / len(each))
        assert amounts == sorted(amounts)


def test_the_mean_of_equals_is_each() -> None:
    one = project(5, "gpt-realtime", on=DAY)
    mean = mean_projection([one, one])
    assert mean.cost.exact_usd == pytest.approx(one.cost.exact_usd)
    assert [point.usd for point in mean.curve] == pytest.approx([point.usd for point in one.curve])
    assert [point.context_tokens for point in mean.curve] == [point.context_tokens for point in one.curve]


def test_notes_say_of_which_talk_they_are() -> None:
    mean = mean_projection([project(minutes, "gpt-realtime", on=DAY) for minutes in (10, 60)])
    [note] = mean.notes
    assert note.startswith("60.0 min: The oldest turns are dropped")


def test_models_are_all_named() -> None:
    mean = mean_projection([project(5, name, on=DAY) for name in ("gpt-realtime", "gpt-realtime-mini")])
    assert mean.model == "gpt-realtime + gpt-realtime-mini"


def test_the_mean_climb_by_hand() -> None:
    climbs = [[(1.0, 0.2), (2.0, 0.6)], [(2.0, 0.1), (4.0, 0.4)]]
    assert mean_climb(climbs, [2.0, 4.0]) == ((1.5, pytest.approx(0.15)), (3.0, pytest.approx(0.5)))
    assert mean_climb(climbs[:1], [2.0]) == ((1.0, 0.2), (2.0, 0.6))
    # One talk had nothing billed, and one was billed after it had closed.
    assert mean_climb([[], [(9.0, 0.4)]], [2.0, 4.0]) == ((3.0, pytest.approx(0.2)),)
    assert mean_climb([[], []], [1.0, 1.0]) == ()


def test_the_mean_cost_of_one_is_it() -> None:
    cost = project(5, "gpt-realtime", on=DAY).cost
    assert mean_cost([cost]) == cost
