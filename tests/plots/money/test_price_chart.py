"""Prices over the years."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from support.bills import (
    DAY,
    rates_of,
    words_of,
)

from rtnb.plots.money.price_chart import history_figure, history_picture
from rtnb.pricing import Price
from rtnb.pricing.prices.table import PriceHistory, history


def test_a_price_of_the_past_is_said_at_its_line_and_one_of_today_at_the_right() -> None:
    words = words_of(history_figure(history(until=DAY)))
    assert {"$200", "$100", "$20", "$80", "$40", "$2.50"} <= set(words)
    assert not {"$64", "$32", "$0.40"} & set(words)
    assert {"audio out $64", "audio in $32", "cached audio $0.40"} <= set(words)
    assert "shut down 2025-10-10" in words
    assert "ends 2027-01-20" in words


def test_a_price_that_goes_on_in_a_new_row_is_one_line() -> None:
    alt = history_picture(history("gpt-4o-realtime-preview-2024-10-01")).alt
    assert alt.count("audio in $100") == 1
    assert "cached audio $20 from 2024-10-30" in alt


def test_prices_without_a_first_day_begin_with_the_others() -> None:
    own = replace(rates_of(), valid_from=date.min, shutdown=None)
    assert "from 2025-11-21" in words_of(history_figure(PriceHistory("Own", (own,), DAY)))
    both = PriceHistory("Own", (own, rates_of("gpt-realtime-2.1")), DAY)
    assert words_of(history_figure(both)).count("from 2026-07-06") == 2


def test_a_history_of_nothing_says_so() -> None:
    later = replace(rates_of(), valid_from=DAY + timedelta(days=1))
    assert history_picture(PriceHistory("Later", (later,), DAY)).alt == "no prices to show"
    text = replace(rates_of(), prices=(Price("text", Decimal(4)),))
    assert history_picture(PriceHistory("Text", (text,), DAY)).empty
