from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.session.views.budget import BudgetView, LimitView

AMOUNTS = st.floats(0, 1000)


@given(AMOUNTS, AMOUNTS, st.floats(0.001, 1000))
def test_a_limit_is_exceeded_when_one_more_response_does_not_fit(spent: float, least: float, allowed: float) -> None:
    limit = LimitView("budget_usd", spent, least, allowed)
    assert limit.exceeded is (spent + least > allowed or spent >= allowed)
    assert limit.near is (spent >= 0.8 * allowed)
    assert limit.text and limit.share == spent / allowed


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (LimitView("budget_usd", 0.0312, 0.0, 1.5), "$0.0312 of $1.50"),
        (LimitView("budget_tokens", 12_400, 0.0, 50_000), "12,400 of 50,000 tokens"),
        (LimitView("max_minutes", 4 + 10 / 60, 0.0, 10), "4:10 of 10:00 min"),
    ],
)
def test_how_much_of_how_much(limit: LimitView, text: str) -> None:
    assert limit.text == text


def test_the_first_limit_that_is_reached_is_named() -> None:
    fits, not_any_more = LimitView("budget_usd", 0.1, 0.1, 1.0), LimitView("max_minutes", 5.0, 0.0, 5.0)
    view = BudgetView((fits, not_any_more))
    assert view.exceeded is not_any_more
    assert BudgetView((fits,)).exceeded is None
    assert view.text == "$0.1000 of $1.00 · 5:00 of 5:00 min" and BudgetView().text == ""
    assert repr(view) == "BudgetView($0.1000 of $1.00 · 5:00 of 5:00 min)"


def test_less_than_a_minute_is_told_in_seconds() -> None:
    assert LimitView("max_minutes", 0.04, 0.0, 0.02).text == "2.4 s of 1.2 s"
