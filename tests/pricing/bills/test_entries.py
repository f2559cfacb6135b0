from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from support.ledgers import exchange, heard

from rtnb.pricing.bills.cost import Cost
from rtnb.pricing.bills.entries import COLUMNS, Pricing, TurnCost, entries_of, record_of
from rtnb.pricing.bills.ledger import Ledger
from rtnb.pricing.prices.rates import rate_book
from rtnb.tokens import TokenUsage

USAGE = TokenUsage(input_text=100, cached_text=64, output_text=10)
UNCACHED = TokenUsage(input_text=100, output_text=10)
PRICING = Pricing(rate_book(), None, None)


def test_entries_stand_in_the_order_in_which_responses_were_over() -> None:
    late, early = exchange(1, USAGE, at_s=9.0), exchange(2, USAGE, at_s=5.0, in_conversation=False, turn=-1)
    found = entries_of(Ledger(exchanges=(late, early)), PRICING)
    assert [entry.exchange.response_id for entry in found] == ["resp_2", "resp_1"]
    assert found[0].cumulative_usd < found[1].cumulative_usd
    assert found[1].misses[0].reason == "first use"  # the other one is of another conversation


def test_a_record_has_every_column_and_says_what_is_not_known() -> None:
    priced, unpriced, unknown = entries_of(
        Ledger(exchanges=(exchange(1, USAGE), exchange(2, UNCACHED, model="mine"), exchange(3, None))), PRICING
    )
    for entry in (priced, unpriced, unknown):
        assert tuple(record_of(entry)) == COLUMNS
    assert record_of(priced)["usd"] == float((Decimal(36) * 4 + 64 * Decimal("0.4") + 160) / 1_000_000)
    assert record_of(priced)["unpriced"] == "" and record_of(priced)["cached_share"] == 0.64
    assert record_of(unpriced)["usd"] is None and "mine" in record_of(unpriced)["unpriced"]
    assert record_of(unpriced)["miss_reason"] == "model changed" and record_of(unpriced)["miss_usd"] is None
    assert record_of(unknown)["usd"] is None and record_of(unknown)["input_text"] is None


def test_a_turn_costs_what_its_responses_and_transcriptions_cost() -> None:
    found = entries_of(Ledger(exchanges=(exchange(1, USAGE),), transcriptions=(heard(1),)), PRICING)
    turn = TurnCost("talk", 0, tuple(found))
    assert (
        turn.cost.exact_usd
        == found[0].total.exact_usd
        == found[0].transcription.exact_usd + (found[0].cost or Cost()).exact_usd
    )
    assert TurnCost("talk", 1, ()).cost == Cost()


def test_a_model_that_is_billed_by_time_has_no_price_for_what_was_missed() -> None:
    by_time = exchange(1, USAGE, model="gpt-realtime-translate", on=date(2026, 9, 1))
    _, entry = entries_of(Ledger(exchanges=(by_time, replace(by_time, usage=UNCACHED))), PRICING)
    assert entry.cost is not None and entry.cost.unpriced
    assert "not priced by the token" in entry.misses[0].extra.unpriced[0]


def test_first_use_costs_nothing_more() -> None:
    (entry,) = entries_of(Ledger(exchanges=(exchange(1, UNCACHED),)), PRICING)
    assert entry.misses[0].reason == "first use" and entry.misses[0].tokens.text == 100
    assert entry.misses[0].extra == Cost()
    assert record_of(entry)["miss_usd"] == 0.0 and record_of(entry)["miss_tokens"] == 100


def test_turns_are_counted_from_one_and_what_is_outside_has_no_number() -> None:
    found = entries_of(Ledger(exchanges=(exchange(1, USAGE), exchange(2, USAGE, turn=-1))), PRICING)
    assert [record_of(entry)["turn"] for entry in found] == [1, None]


def test_what_has_no_price_adds_up_to_nothing_known() -> None:
    mine = {"model": "mine"}
    found = entries_of(
        Ledger(
            exchanges=(exchange(1, USAGE, **mine), exchange(2, None), exchange(3, USAGE), exchange(4, USAGE, **mine))
        ),
        PRICING,
    )
    so_far = [record_of(entry)["cumulative_usd"] for entry in found]
    assert so_far[:2] == [None, None]
    assert so_far[2] == so_far[3] == record_of(found[2])["usd"]
    assert str(found[0].cumulative) == "unpriced"
    assert str(found[3].cumulative).endswith("+ unpriced")
    assert found[3].cumulative.total_usd == found[3].cumulative_usd


def test_one_record_of_several_responses_has_the_same_columns() -> None:
    one, other = entries_of(
        Ledger(
            exchanges=(
                exchange(1, USAGE, answer_audio_s=5.0, heard_s=2.0),
                exchange(2, UNCACHED, turn=0, status="cancelled", model="gpt-realtime-2.1"),
            ),
            transcriptions=(heard(1),),
        ),
        PRICING,
    )
    row = record_of(one, other)
    first, second = record_of(one), record_of(other)
    assert tuple(row) == COLUMNS and record_of(one) == first
    assert (row["turn"], row["session"], row["response_id"]) == (1, first["session"], None)
    assert row["at_s"] == first["at_s"] and row["model"] == "gpt-realtime + gpt-realtime-2.1"
    assert row["status"] == "completed + cancelled" and row["in_conversation"] is True
    assert row["input_text"] == 200 and row["cached_share"] == 64 / 200
    assert row["usd"] == float(sum((e.cost for e in (one, other) if e.cost), Cost()).exact_usd)
    assert row["transcription_usd"] == first["transcription_usd"]
    assert row["cumulative_usd"] == second["cumulative_usd"]
    assert row["miss_reason"] == "first use; model changed"
    assert row["miss_tokens"] == first["miss_tokens"] + second["miss_tokens"]
    assert row["unheard_s"] == 3.0 and row["user_audio_s"] == 0.0
    (third,) = entries_of(Ledger(exchanges=(exchange(9, None, turn=-1, in_conversation=False),)), PRICING)
    mixed = record_of(one, third)
    assert mixed["turn"] is None and mixed["in_conversation"] is None and mixed["input_text"] == 100
