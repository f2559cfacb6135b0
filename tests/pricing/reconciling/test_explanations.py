from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from support.ledgers import DAY, MODEL

from rtnb.pricing.reconciling.differences import Key, Side
from rtnb.pricing.reconciling.explanations import explain
from rtnb.tokens import TokenUsage

USAGE = TokenUsage(input_text=1000, input_audio=500, cached_text=640, output_text=50, output_audio=200)
HERE = Side(requests=4, usage=USAGE, usd=Decimal("0.05"))
KEY: Key = (DAY, MODEL)


def why(recorded: Side | None, exported: Side | None, span: tuple[date, date] | None = (DAY, DAY)) -> str:
    sides = ({} if recorded is None else {KEY: recorded}, {} if exported is None else {KEY: exported})
    return " ".join(explain(KEY, *sides, span=span))


def test_nothing_to_explain() -> None:
    assert why(HERE, HERE) == ""


def test_more_requests_than_were_recorded() -> None:
    found = why(HERE, replace(HERE, requests=7, usage=USAGE + USAGE))
    assert "3 responses more: sessions that were not recorded" in found
    assert "+1,000 text input" in found and "+640 cached text" in found and "As many requests" not in found


def test_failed_responses_may_have_been_billed() -> None:
    found = why(replace(HERE, silent=2), replace(HERE, requests=6))
    assert "2 responses recorded without usage" in found and "as many as" in found
    assert "not recorded, or" not in found
    found = why(replace(HERE, silent=1), replace(HERE, requests=6))
    assert "1 response recorded without usage" in found and "as many as" not in found and "2 responses more" in found


def test_more_recorded_than_exported() -> None:
    assert "key or project" in why(HERE, replace(HERE, requests=3))
    found = why(replace(HERE, local=2), replace(HERE, requests=3))
    assert "bills nobody" in found and "key or project" not in found


def test_only_cached_tokens_differ() -> None:
    assert "Only the cached part" in why(HERE, replace(HERE, usage=replace(USAGE, cached_text=0, cached_audio=448)))
    moved = replace(USAGE, input_text=900, input_audio=600)
    assert "by modality in another way" in why(HERE, replace(HERE, usage=moved))
    assert "As many requests" in why(HERE, replace(HERE, usage=replace(USAGE, output_text=51)))


def test_the_same_tokens_at_another_price() -> None:
    found = why(HERE, replace(HERE, usd=Decimal("0.04")))
    assert "contract price" in found and "$0.0400" in found and "$0.0500" in found
    assert "cannot be priced" in why(replace(HERE, usd=None), HERE)


def test_tiers() -> None:
    assert "'batch'" in why(HERE, replace(HERE, tiers=("batch",), requests=5))


def test_only_one_side() -> None:
    assert "no recording is of this day" in why(None, HERE) and "4 responses" in why(None, HERE)
    assert "another key" in why(HERE, None)
    assert (
        why(replace(HERE, local=4), None)
        == "A server on this machine answered, such as the embedded one: it bills nobody."
    )
    assert "covers 2026-02-01 to 2026-02-02 only" in why(HERE, None, (date(2026, 2, 1), date(2026, 2, 2)))
    assert "nothing was billed" in why(Side(requests=0, usage=TokenUsage(), silent=3), None)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_difference_that_the_next_day_has_the_other_way_round(days: int) -> None:
    other: Key = (DAY + timedelta(days=days), MODEL)
    more = replace(HERE, requests=6, usage=USAGE + TokenUsage(input_text=10), usd=None)
    fewer = replace(HERE, usd=None)
    found = explain(KEY, {KEY: fewer, other: more}, {KEY: more, other: fewer}, span=None)
    assert "another hour than UTC" in found[0] and str(other[0]) in found[0]
    assert not any(
        "another hour" in text
        for text in explain(KEY, {KEY: fewer, other: fewer}, {KEY: more, other: fewer}, span=None)
    )
    assert "another hour" in explain(KEY, {KEY: fewer}, {other: fewer}, span=None)[0]


def test_what_the_export_has_in_another_currency_is_not_missing_there() -> None:
    assert "EUR" in " ".join(explain(KEY, {KEY: HERE}, {}, span=(DAY, DAY), foreign={KEY: "EUR"}))
    assert "another key" not in " ".join(explain(KEY, {KEY: HERE}, {}, span=(DAY, DAY), foreign={KEY: "EUR"}))


def test_how_much_a_difference_comes_to_is_said_beside_the_counts() -> None:
    there = replace(HERE, requests=6, usd=None)
    (first, *_) = explain(KEY, {KEY: HERE}, {KEY: there}, span=None, usd=Decimal("0.02"))
    assert first == "6 exported against 4 responses recorded: about $0.0200 more in the export."
    (first, *_) = explain(KEY, {KEY: HERE}, {KEY: there}, span=None, usd=Decimal("-0.02"))
    assert "$0.0200 less in the export" in first
    assert not any("about" in text for text in explain(KEY, {KEY: HERE}, {KEY: there}, span=None))
    # What the export states itself is said once.
    stated = replace(HERE, usd=Decimal("0.04"))
    assert not any(
        "about" in text for text in explain(KEY, {KEY: HERE}, {KEY: stated}, span=None, usd=Decimal("-0.01"))
    )
