from __future__ import annotations

from decimal import Decimal

import pytest

from rtnb.pricing.bills.timed import is_timed, session_line, why_timed
from rtnb.pricing.prices.rates import rate_book
from rtnb.pricing.prices.rows import Rates

DAY = "2026-11-21"


def rates_of(model: str) -> Rates:
    found = rate_book().at(model, DAY)
    assert found is not None
    return found


def test_which_models_are_charged_by_the_session() -> None:
    assert is_timed(rates_of("gpt-live-1"))
    assert not is_timed(rates_of("gpt-realtime"))
    assert not is_timed(rates_of("whisper-1"))
    assert not is_timed(None)


def test_the_session_is_one_line() -> None:
    line = session_line(rates_of("gpt-live-1"), 600)
    assert (line.seconds, line.exact_usd, line.model) == (600, Decimal("0.50"), "gpt-live-1")
    assert "gpt-live-1" in why_timed("gpt-live-1")


@pytest.mark.parametrize("seconds", [0, -1, None])
def test_a_length_that_is_not_known_is_unpriced(seconds: float | None) -> None:
    line = session_line(rates_of("gpt-live-1"), seconds)
    assert line.exact_usd is None
    assert line.quantity == 0
    assert "how long" in line.why
