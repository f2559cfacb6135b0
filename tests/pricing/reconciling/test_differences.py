from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from support.ledgers import DAY, MODEL, exchange

from rtnb.pricing.bills.billing import cost
from rtnb.pricing.bills.ledger import Ledger
from rtnb.pricing.prices.rates import rate_book
from rtnb.pricing.reconciling.differences import Key, Side, agree, difference, difference_usd, exported_sides, is_local
from rtnb.pricing.reconciling.export import Export, ExportRow
from rtnb.tokens import TokenUsage

USAGE = TokenUsage(input_text=1000, input_audio=500, cached_text=640, output_text=50, output_audio=200)
HERE = Side(requests=4, usage=USAGE, usd=Decimal("0.05"))
KEY: Key = (DAY, MODEL)


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        ("embedded server", True), ("127.0.0.1:8765", True), ("localhost:80", True), ("[::1]:9", True),
        ("api.openai.com", False), ("localhost.example.com", False), ("127.0.0.1.example.com", False), ("", False),
    ],
)  # fmt: skip
def test_who_bills_nobody(endpoint: str, local: bool) -> None:
    assert is_local(Ledger(endpoint=endpoint, exchanges=(exchange(1),))) is local


@pytest.mark.parametrize(
    ("exported", "same"),
    [
        (HERE, True),
        (replace(HERE, usd=None), True),
        (Side(requests=4), True),
        (Side(usd=Decimal("0.05004")), True),
        (Side(usd=Decimal("0.051")), False),
        (Side(requests=5), False),
        (replace(HERE, usage=replace(USAGE, cached_text=0)), False),
        (replace(HERE, usd=Decimal("0.06")), False),
        (Side(), False),
    ],
)
def test_agreement_is_exact_in_counts_and_near_in_amounts(exported: Side, same: bool) -> None:
    assert agree(HERE, exported) is same


def test_a_large_bill_may_be_a_thousandth_off() -> None:
    assert agree(Side(usd=Decimal(1000)), Side(usd=Decimal("1000.9")))
    assert not agree(Side(usd=Decimal(1000)), Side(usd=Decimal("1001.1")))


def test_difference_is_exported_less_recorded() -> None:
    there = replace(HERE, requests=5, usage=replace(USAGE, input_audio=700))
    assert difference(HERE, there) == {"requests": 1, "input_audio": 200}
    assert difference(HERE, HERE) == {}
    assert difference(None, Side(requests=2)) == {"requests": 2}
    assert difference(HERE, Side(usd=Decimal(1)))["input_text"] == -1000


def test_a_difference_is_priced_at_the_table() -> None:
    there = replace(HERE, requests=5, usage=replace(USAGE, output_audio=1200), usd=None)
    book = rate_book()
    assert difference_usd(KEY, HERE, replace(there, usd=Decimal("0.07")), book) == Decimal("0.02")
    priced = replace(HERE, usd=cost(USAGE, MODEL, DAY).exact_usd)
    assert difference_usd(KEY, priced, there, book) == 1000 * Decimal(64) / 1_000_000
    assert difference_usd(KEY, None, Side(usd=Decimal(3)), book) == 3
    assert difference_usd(KEY, HERE, None, book) == -Decimal("0.05")
    assert difference_usd(KEY, replace(HERE, usd=None), there, book) is None
    assert difference_usd(KEY, HERE, replace(there, tiers=("priority",)), book) is None
    assert difference_usd((DAY, "mine"), HERE, there, book) is None
    assert difference_usd(KEY, HERE, Side(requests=9), book) is None


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("gpt-realtime-2025-08-28 audio, output", "gpt-realtime-2025-08-28"),
        ("gpt-realtime-mini text", "gpt-realtime-mini-2025-12-15"),
        ("gpt-realtime: audio", "gpt-realtime-2025-08-28"),
        ("gpt-realtime-99 audio", "gpt-realtime-99 audio"),
        ("web search tool calls", "web search tool calls"),
        ("", ""),
    ],
)
def test_a_line_item_is_counted_to_the_model_that_it_begins_with(item: str, expected: str) -> None:
    day = date(2026, 3, 1)
    sides = exported_sides([Export((ExportRow(day, item, usd=Decimal(1)),))], rate_book())
    assert list(sides) == [(day, expected)]
