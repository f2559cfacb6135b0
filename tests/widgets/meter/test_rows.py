"""What the page is told agrees with the bill, to the token and to the cent."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.plots.stills.context import Context
from rtnb.pricing.bills.ledger import Exchange, Ledger
from rtnb.pricing.bills.meter import meter
from rtnb.session.views.budget import BudgetView, LimitView
from rtnb.session.views.usage import UsageReport
from rtnb.tokens import TokenUsage
from rtnb.widgets.meter.given import Look
from rtnb.widgets.meter.rows import (
    PARTS,
    changed_from,
    head_of,
    models_of,
    points_of,
    turns_of,
    what_if_of,
    with_limits,
)

DAY = date(2026, 1, 31)
USED = TokenUsage(input_text=119, input_audio=13, cached_text=64, output_text=30, output_audio=91)


def one(
    number: int, usage: TokenUsage | None = USED, *, model: str = "gpt-realtime", turn: int | None = None
) -> Exchange:
    place = number if turn is None else turn
    status = "completed" if usage is not None else "failed"
    return Exchange(
        response_id=f"r{number}", turn=place, at_s=3.0 + number, on=DAY, model=model, usage=usage, status=status
    )


def ledger_of(*exchanges: Exchange) -> Ledger:
    return Ledger(name="talk", endpoint="embedded server", model=exchanges[0].model, on=DAY, exchanges=exchanges)


def report_of(*exchanges: Exchange) -> UsageReport:
    ledger = ledger_of(*exchanges)
    found = meter(ledger)
    return UsageReport((), found.usage, found.cost, ledger.model, ledger.endpoint, ledger)


def test_a_turn_is_told_by_modality_and_cache() -> None:
    report = report_of(one(0), one(1), one(2, turn=1))
    first, second = turns_of(report.meter)
    told = dict(zip(PARTS, first["counts"], strict=True))
    assert told["cached text"] == 64 and told["text in"] == 55 and told["audio in"] == 13
    assert (told["text out"], told["audio out"]) == (30, 91)
    assert sum(second["counts"]) == 2 * USED.total_tokens
    assert first["share"] == pytest.approx(64 / 132) and first["cost"] == str(report.meter.entries[0].total)
    assert second["so_far"] == str(report.meter.cost) == "$0.0209"
    assert [point[2] for point in points_of(report.meter)] == [0, 1, 1]
    assert points_of(report.meter)[-1][1] == pytest.approx(report.meter.total_usd)


def test_what_is_not_known_is_said() -> None:
    failed, other = turns_of(report_of(one(0, None), one(1, model="my-own")).meter)
    assert failed["cost"] == "unknown" and failed["unsure"] and failed["status"] == "failed"
    assert other["cost"] == "unpriced" and other["unsure"] and other["usd"] == 0.0


@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 3)))
def test_a_page_that_takes_the_news_knows_all(before: list[int], now: list[int]) -> None:
    since = changed_from(before, now)
    assert before[:since] + now[since:] == now


def test_the_head_has_gauges_and_words() -> None:
    report = report_of(one(0))
    budget = BudgetView((LimitView("budget_usd", 0.45, 0.01, 0.5), LimitView("budget_tokens", 700, 1, 600)), True)
    head = with_limits(head_of(report, report.meter, Context(253, 32_000)), Look(report, budget, True))
    assert [(gauge["name"], gauge["tone"]) for gauge in head["gauges"]] == [
        ("context", "fine"), ("cache", "cache"), ("money", "near"), ("tokens", "over"),
    ]  # fmt: skip
    assert head["total"] == "$0.0070" and head["live"] and head["notes"][0].startswith("Turn detection answers no more")
    assert "gpt-realtime would charge" in head["bill"][0]
    without = with_limits(head_of(report, report.meter, Context(253, None)), Look(report))
    assert without["gauges"][0]["text"] == "253 tokens of context; the window is not known"
    json.dumps([head, without, turns_of(report.meter), points_of(report.meter)], allow_nan=False)


def test_before_the_first_response_nothing_is_made_up() -> None:
    report = UsageReport((), None, None, "gpt-realtime", "embedded server")
    head = head_of(report, report.meter, None)
    assert head["total"] == "" and head["gauges"] == [] and head["bill"] == [] and head["facts"] == []
    assert turns_of(report.meter) == [] and points_of(report.meter) == []


def test_another_model_in_words() -> None:
    report = report_of(one(0))
    assert {"gpt-realtime", "gpt-realtime-mini"} <= set(models_of(Look(report)))
    cheap = what_if_of("gpt-realtime-mini", report.reprice("gpt-realtime-mini"))
    assert cheap["priced"] and cheap["cost"].startswith("$") and cheap["change"].startswith("−")
    assert cheap["text"] == "instead of $0.0070"
    unknown = what_if_of("nonsense", report.reprice("nonsense"))
    assert not unknown["priced"] and unknown["cost"] == "unpriced" and "No price is known" in unknown["notes"][0]
    assert what_if_of("x", None, "Nothing yet.")["text"] == "Nothing yet."
