from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ledgers import DAY, MODEL, exchange, heard, ledgers, talk

from rtnb.errors import ConfigError
from rtnb.pricing.bills.billing import cost, transcription_cost
from rtnb.pricing.bills.entries import COLUMNS
from rtnb.pricing.bills.ledger import Ledger
from rtnb.pricing.bills.meter import meter
from rtnb.pricing.prices.book import book
from rtnb.tokens import ModalityCount, TokenUsage

GOLDEN = TokenUsage(input_text=119, input_audio=13, cached_text=64, output_text=30, output_audio=91)
TURN = (ModalityCount(20, 70), ModalityCount(15, 90))


def of(*exchanges: Any, **members: Any) -> Ledger:
    return Ledger(**{"name": "talk", "endpoint": "here", "model": MODEL, "on": DAY, "exchanges": exchanges, **members})


def test_the_documented_example_to_the_last_digit() -> None:
    bill = meter(of(exchange(1, GOLDEN)))
    assert bill.cost.exact_usd == Decimal("0.0069656") and bill.total_usd == 0.0069656
    assert bill.usage == GOLDEN and bill.endpoint == "here" and bill.sessions == ("talk",)
    assert bill.notes == ()


def test_nothing_to_meter() -> None:
    bill = meter([])
    assert (bill.entries, bill.sessions, bill.endpoint, bill.total_usd) == ((), (), "", 0.0)
    assert (bill.cached_share, bill.hit_rate, bill.misses, bill.by_turn(), bill.by_session()) == (
        None,
        None,
        (),
        (),
        {},
    )
    assert meter(of()).by_session()["talk"].lines == ()


def test_the_first_use_is_listed_and_does_not_spoil_the_hit_rate() -> None:
    bill = meter(talk(TURN, TURN, TURN))
    assert bill.hit_rate == 1.0
    assert [miss.reason for miss in bill.misses] == ["first use"]
    assert bill.cached_share is not None and 0 < bill.cached_share < 1


def test_luck_in_one_response_does_not_make_up_for_a_miss_in_another() -> None:
    first = TokenUsage(input_text=128, output_text=1)
    lucky = TokenUsage(input_text=640, cached_text=640, output_text=1)
    unlucky = TokenUsage(input_text=700, output_text=1)
    bill = meter(of(exchange(1, first), exchange(2, lucky), exchange(3, unlucky)))
    assert bill.hit_rate == 128 / (128 + 640)


def test_misses_add_up_by_reason_dearest_first() -> None:
    def spoken(number: int, text: int, audio: int, **members: Any) -> Any:
        return exchange(number, TokenUsage(input_text=text, input_audio=audio, output_text=1), **members)

    bill = meter(
        of(
            spoken(1, 100, 0),
            spoken(2, 300, 640),
            spoken(3, 400, 700, edits=("item deleted",)),
            spoken(4, 500, 800, edits=("instructions changed",)),
            spoken(5, 600, 900, edits=("item deleted",)),
        )
    )
    assert [miss.reason for miss in bill.misses] == [
        "item deleted", "instructions changed", "not cached by the server", "first use"
    ]  # fmt: skip
    deleted = bill.misses[0]
    assert deleted.tokens == ModalityCount(256 + 448, 640 + 768)
    assert deleted.extra.exact_usd == (Decimal("3.6") * 704 + Decimal("31.6") * 1408) / 1_000_000
    assert bill.hit_rate == 0.0
    assert all(len(entry.misses) == 1 for entry in bill.entries)


def test_no_usage_is_unknown_and_never_zero() -> None:
    bill = meter(of(exchange(1, GOLDEN), exchange(2, None, status="failed"), exchange(3, None, status="in_progress")))
    assert bill.entries[1].cost is None and bill.entries[1].cached_share is None
    assert bill.total_usd == 0.0069656
    assert any("1 response is without usage" in note for note in bill.notes)
    assert any("1 response is still in progress" in note for note in bill.notes)
    assert [record["usd"] for record in bill.records()] == [0.0069656, None, None]


def test_without_a_model_unpriced_until_one_is_named() -> None:
    nameless = of(exchange(1, GOLDEN, model=""), model="")
    bill = meter(nameless)
    assert bill.total_usd == 0 and bill.cost.unpriced
    assert any("model='gpt-realtime'" in note for note in bill.notes)
    named = meter(nameless, model="gpt-realtime")
    assert named.total_usd == 0.0069656 and named.notes == ()


def test_another_model_another_day() -> None:
    ledger = of(exchange(1, GOLDEN))
    mini = meter(ledger, model="gpt-realtime-mini")
    assert mini.cost.exact_usd == cost(GOLDEN, "gpt-realtime-mini", DAY).exact_usd
    early = meter(ledger, on="2024-01-31")
    assert early.cost.unpriced and early.total_usd == 0
    with pytest.raises(ConfigError, match="not a day"):
        meter(ledger, on="soon")


def test_own_prices_hold_for_everything() -> None:
    ledger = of(exchange(1, GOLDEN, heard_s=1.55), transcriptions=(heard(1),))
    usual, half = meter(ledger), meter(ledger, prices=book(discount=0.5))
    assert half.cost.exact_usd == usual.cost.exact_usd / 2
    again = of(exchange(1, GOLDEN), exchange(2, replace(GOLDEN, cached_text=0)))
    missed, cheaper = (meter(again, prices=prices).misses[0] for prices in (None, book(discount=0.5)))
    assert missed.reason != "first use" and missed.extra.exact_usd > 0
    assert cheaper.extra.exact_usd == missed.extra.exact_usd / 2
    assert half.unheard.exact_usd == usual.unheard.exact_usd / 2
    rows = {"model": "my-model", "prices": {"text": {"input": 1, "output": 2}, "audio": {"input": 3, "output": 4}}}
    mine = meter(of(exchange(1, GOLDEN, model="my-model")), prices=rows)
    assert mine.cost.exact_usd == Decimal(55 + 13 * 3 + 30 * 2 + 91 * 4) / 1_000_000
    assert len(mine.cost.unpriced) == 1 and "cached" in mine.cost.unpriced[0]
    mine = meter(replace(again, exchanges=tuple(replace(x, model="my-model") for x in again.exchanges)), prices=rows)
    missed = next(miss for miss in mine.misses if miss.reason != "first use")
    assert "cached" in missed.extra.unpriced[0]


def test_an_interrupted_answer_is_billed_and_not_heard() -> None:
    bill = meter(of(exchange(1, GOLDEN, heard_s=1.55)))
    (entry,) = bill.entries
    assert entry.unheard_s == pytest.approx(91 * 0.05 - 1.55)
    assert entry.unheard.lines[0].tokens == 60
    assert bill.unheard.exact_usd == Decimal("0.00384")


def test_unheard_is_never_more_than_billed_and_never_negative() -> None:
    long = meter(of(exchange(1, GOLDEN, answer_audio_s=60.0, heard_s=0.0)))
    assert long.unheard.lines[0].tokens == 91
    over = meter(of(exchange(1, GOLDEN, answer_audio_s=1.0, heard_s=2.0)))
    assert over.entries[0].unheard_s == 0 and over.unheard.lines == ()
    unbilled = meter(of(exchange(1, None, answer_audio_s=3.0, heard_s=1.0)))
    assert unbilled.entries[0].unheard_s == 2.0 and unbilled.unheard.lines == ()


def test_transcriptions_stand_with_the_first_response_of_their_turn() -> None:
    ledger = of(exchange(1, GOLDEN), exchange(2, GOLDEN, turn=0), transcriptions=(heard(1), heard(1, item_id="item_b")))
    bill = meter(ledger)
    one = transcription_cost({"type": "duration", "seconds": 30}, "whisper-1", DAY).exact_usd
    assert [entry.transcription.exact_usd for entry in bill.entries] == [2 * one, 0]
    assert bill.cost.exact_usd == 2 * Decimal("0.0069656") + 2 * one


def test_a_transcription_that_drew_no_response_is_billed_too() -> None:
    lonely = heard(2, turn=1, at_s=15.0)
    unplaced = heard(3, turn=-1, at_s=1.0)
    bill = meter(of(exchange(1, GOLDEN), transcriptions=(lonely, unplaced)))
    assert [(e.exchange.status, e.exchange.turn) for e in bill.entries] == [
        ("no_response", -1), ("completed", 0), ("no_response", 1)
    ]  # fmt: skip
    assert bill.cost.exact_usd == Decimal("0.0069656") + Decimal("0.006")
    assert not any("without usage" in note for note in bill.notes)
    assert [(turn.turn, len(turn.entries)) for turn in bill.by_turn()] == [(0, 1), (1, 1), (-1, 1)]


def test_a_response_outside_of_the_conversation_is_billed_in_no_turn() -> None:
    outside = exchange(9, GOLDEN, turn=-1, in_conversation=False)
    bill = meter(of(exchange(1, GOLDEN), outside))
    assert bill.total_usd == pytest.approx(2 * 0.0069656)
    assert [turn.turn for turn in bill.by_turn()] == [0, -1]
    assert bill.entries[1].misses == ()


def test_many_sessions() -> None:
    monday, tuesday = talk(TURN, TURN, name="monday"), talk(TURN, name="tuesday", endpoint="here")
    other = replace(tuesday, name="monday", exchanges=(exchange(7, GOLDEN),))
    bill = meter([monday, tuesday], other)
    assert bill.sessions == ("monday", "tuesday", "monday (2)") and bill.endpoint == ""
    assert sum((each.exact_usd for each in bill.by_session().values()), Decimal(0)) == bill.cost.exact_usd
    assert [entry.session for entry in bill.entries] == ["monday", "monday", "monday (2)"]
    assert [turn.session for turn in bill.by_turn()] == ["monday", "monday", "monday (2)"]


def test_what_two_recordings_hold_is_counted_once() -> None:
    """Two saves of one session: the first three turns, and all of it."""
    whole = talk(TURN, TURN, TURN, TURN, transcriptions=(heard(1),))
    part = replace(whole, exchanges=whole.exchanges[:3], name="earlier")
    bill = meter(part, whole)
    assert bill.cost.exact_usd == meter(whole).cost.exact_usd
    assert any("counted once" in note for note in bill.notes)


def test_problems_of_the_counts_are_told() -> None:
    strange = TokenUsage(input_text=5, cached_text=9)
    bill = meter(of(*(exchange(n, strange) for n in range(1, 10))))
    assert any("cached_text (9) is more than input_text (5)" in note for note in bill.notes)
    assert any("4 more" in note for note in bill.notes) and len(bill.notes) == 6
    assert bill.cost.unpriced


def test_the_name_of_a_file_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"rtnb\.replay"):
        meter("talk.rtnb")  # type: ignore[arg-type]


def test_as_a_frame() -> None:
    pytest.importorskip("pandas")
    frame: Any = meter(talk(TURN, TURN, TURN)).to_frame()
    assert list(frame.columns) == list(COLUMNS) and len(frame) == 3
    assert frame["usd"].sum() == pytest.approx(frame["cumulative_usd"].iloc[-1])
    assert frame["miss_reason"].tolist() == ["first use", "", ""]
    empty: Any = meter([]).to_frame()
    assert list(empty.columns) == list(COLUMNS)


@given(st.lists(ledgers(), max_size=3))
def test_all_ways_to_add_up_agree(sources: list[Ledger]) -> None:
    bill = meter(sources)
    exact = sum(
        (cost(x.usage, x.model, x.on).exact_usd for each in sources for x in each.exchanges if x.usage), Decimal(0)
    )
    assert bill.cost.exact_usd == exact
    assert sum((turn.cost.exact_usd for turn in bill.by_turn()), Decimal(0)) == exact
    assert sum((each.exact_usd for each in bill.by_session().values()), Decimal(0)) == exact
    for _, entries in groupby(bill.entries, key=lambda entry: entry.session):
        amounts = [entry.cumulative_usd for entry in entries]
        assert all(before <= after for before, after in pairwise(amounts))
    assert bill.hit_rate is None or 0 <= bill.hit_rate <= 1
    assert bill.unheard.exact_usd <= exact
    assert all(miss.extra.exact_usd >= 0 for miss in bill.misses)


@given(ledgers(min_turns=2))
def test_a_missed_token_costs_as_much_as_caching_it_would_have_saved(ledger: Ledger) -> None:
    """Filling every cache that was missed makes the bill cheaper by exactly what the misses say."""
    bill = meter(ledger)
    filled = []
    for entry in bill.entries:
        usage = entry.exchange.usage
        assert usage is not None
        for miss in entry.misses:
            if miss.reason != "first use":
                usage = replace(
                    usage,
                    cached_text=usage.cached_text + miss.tokens.text,
                    cached_audio=usage.cached_audio + miss.tokens.audio,
                )
        filled.append(replace(entry.exchange, usage=usage))
    full = meter(replace(ledger, exchanges=tuple(filled)))
    extra = sum((miss.extra.exact_usd for miss in bill.misses if miss.reason != "first use"), Decimal(0))
    assert bill.cost.exact_usd - full.cost.exact_usd == extra
    assert full.hit_rate in (None, 1.0)


def test_the_day_is_that_of_each_response() -> None:
    old = "gpt-4o-realtime-preview-2024-10-01"
    before, after = date(2024, 10, 29), date(2024, 10, 30)
    usage = TokenUsage(input_text=64, cached_text=64)
    bill = meter(of(exchange(1, usage, model=old, on=before), exchange(2, usage, model=old, on=after)))
    assert bill.entries[0].cost is not None and bill.entries[0].cost.unpriced  # there was no cached price yet
    assert bill.entries[1].cost is not None and not bill.entries[1].cost.unpriced


def test_a_running_total_over_sessions_by_when_they_began() -> None:
    two = exchange(1, GOLDEN, response_id="a"), exchange(2, GOLDEN, response_id="b")
    monday = of(*two, name="mon", start_wall_s=100.0)
    tuesday = of(exchange(1, GOLDEN, response_id="c"), name="tue", start_wall_s=200.0)
    bill = meter(tuesday, monday)
    assert bill.sessions == ("tue", "mon")
    assert [(entry.session, entry.exchange.response_id) for entry, _ in bill.running()] == [
        ("mon", "a"), ("mon", "b"), ("tue", "c"),
    ]  # fmt: skip
    totals = [total.exact_usd for _, total in bill.running()]
    assert totals == [Decimal("0.0069656") * n for n in (1, 2, 3)] and totals[-1] == bill.cost.exact_usd
    # Within its session an entry's own sum starts anew.
    assert [entry.cumulative_usd for entry, _ in bill.running()] == [0.0069656, 0.0139312, 0.0069656]


def test_sessions_that_do_not_say_when_they_began_go_by_their_day() -> None:
    late = of(exchange(1, GOLDEN, response_id="a"), name="late", on=date(2026, 2, 1))
    early = of(exchange(1, GOLDEN, response_id="b"), name="early", on=date(2026, 1, 30))
    same = of(exchange(1, GOLDEN, response_id="c"), name="same", on=date(2026, 1, 30))
    assert [entry.session for entry, _ in meter(late, early, same).running()] == ["early", "same", "late"]
    assert meter([]).running() == ()


def test_a_running_total_says_where_something_is_unpriced() -> None:
    priced = of(exchange(1, GOLDEN, response_id="a"), name="one", start_wall_s=2.0)
    mine = of(exchange(1, GOLDEN, response_id="b", model="mine"), name="two", start_wall_s=1.0)
    assert [str(total) for _, total in meter(priced, mine).running()] == ["unpriced", "$0.0070 + unpriced"]


@given(st.lists(ledgers(), max_size=4))
def test_the_running_total_ends_at_the_grand_total(sources: list[Ledger]) -> None:
    bill = meter(sources)
    run = bill.running()
    assert sorted(id(entry) for entry, _ in run) == sorted(map(id, bill.entries))
    assert (run[-1][1].exact_usd if run else 0) == bill.cost.exact_usd
    amounts = [total.exact_usd for _, total in run]
    assert amounts == sorted(amounts)


def test_first_use_is_listed_without_an_amount() -> None:
    (miss,) = meter(of(exchange(1, GOLDEN))).misses
    assert miss.reason == "first use" and miss.extra.lines == () and miss.tokens.total == 68


def test_a_row_names_the_model_whose_prices_it_has() -> None:
    ledger = of(exchange(0, usage=GOLDEN))
    assert [row["model"] for row in meter(ledger).records()] == [MODEL]
    assert [row["model"] for row in meter(ledger, model="gpt-realtime-mini").records()] == ["gpt-realtime-mini"]


@given(ledgers())
def test_the_reasons_add_up_to_all_that_was_charged_in_full(ledger: Ledger) -> None:
    bill = meter(ledger)
    used = bill.usage
    for name in ("text", "audio", "image"):
        fresh = max(getattr(used, f"input_{name}") - getattr(used, f"cached_{name}"), 0)
        assert sum(getattr(miss.tokens, name) for miss in bill.misses) == fresh


def test_nothing_to_meter_and_nothing_used() -> None:
    with pytest.raises(ConfigError, match="no session or recording to meter"):
        meter()
    assert repr(meter(Ledger(name="silent"))) == "Meter(0 responses, nothing was used)"
