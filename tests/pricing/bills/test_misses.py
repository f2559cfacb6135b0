from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from support.ledgers import DAY, MODEL, exchange, ledgers, talk

from rtnb.pricing.bills.ledger import Exchange, Ledger
from rtnb.pricing.bills.misses import cached_of, extra_cost, held, input_of, look_back
from rtnb.pricing.prices.rates import rate_book
from rtnb.tokens import ModalityCount, TokenUsage

RATES = rate_book().at(MODEL, DAY)


def spoken(number: int, text: int, audio: int, cached: tuple[int, int] = (0, 0), **members: Any) -> Exchange:
    usage = TokenUsage(input_text=text, input_audio=audio, cached_text=cached[0], cached_audio=cached[1], output_text=1)
    return exchange(number, usage, **members)


def reasons(*exchanges: Exchange) -> list[str | None]:
    return [found.miss.reason if found.miss else None for found in look_back(exchanges)]


def test_a_perfect_cache_misses_nothing_after_the_first_use() -> None:
    turn = (ModalityCount(20, 70), ModalityCount(15, 90))
    found = look_back(talk(*[turn] * 5).exchanges)
    assert [back.miss and back.miss.reason for back in found] == ["first use", None, None, None, None]
    assert found[0].miss is not None and found[0].miss.tokens == ModalityCount(320, 70)
    assert found[0].repeated == ModalityCount()
    assert found[2].repeated == ModalityCount(355, 230)


def test_a_first_use_that_is_cached_whole_is_no_miss() -> None:
    assert reasons(spoken(1, 128, 0, (128, 0))) == [None]


def test_the_grain_is_not_missed() -> None:
    assert reasons(spoken(1, 127, 63), spoken(2, 300, 200, (64, 0))) == ["first use", None]


def test_missed_by_modality() -> None:
    found = look_back([spoken(1, 200, 300), spoken(2, 400, 400, (64, 256))])[1]
    assert found.repeated == ModalityCount(200, 300)
    assert found.miss is not None and found.miss.tokens == ModalityCount(text=128)


def test_more_cached_than_a_prefix_holds_is_no_miss() -> None:
    assert reasons(spoken(1, 64, 64), spoken(2, 400, 400, (384, 384))) == ["first use", None]


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        (("item truncated", "tools changed"), "tools changed"),
        (("tools changed", "instructions changed"), "instructions changed"),
        (("item inserted", "item deleted"), "item deleted"),
        (("item truncated", "item inserted"), "item inserted"),
        (("item truncated",), "item truncated"),
        ((), "not cached by the server"),
    ],
)
def test_the_cause_that_spoils_most_is_named(edits: Any, reason: str) -> None:
    assert reasons(spoken(1, 200, 0), spoken(2, 300, 0, edits=edits))[1] == reason


def test_an_edit_that_spoiled_nothing_is_no_miss() -> None:
    assert reasons(spoken(1, 200, 0), spoken(2, 300, 0, (192, 0), edits=("item deleted",)))[1] is None


def test_another_model_has_another_cache() -> None:
    other = spoken(2, 300, 0, model="gpt-realtime-mini", edits=("instructions changed",))
    assert reasons(spoken(1, 200, 0), other)[1] == "model changed"
    assert reasons(spoken(1, 200, 0), replace(other, model="", edits=()))[1] == "not cached by the server"


def test_items_that_the_server_dropped() -> None:
    assert reasons(spoken(1, 1000, 0), spoken(2, 900, 0))[1] == "truncation"
    # It grew, but by less than the answer alone: something had to go.
    answered = {"made": ModalityCount(50, 200), "kept": ModalityCount(50, 200)}
    assert reasons(spoken(1, 1000, 0, **answered), spoken(2, 1100, 0))[1] == "truncation"
    # Cut short, how much of it stayed is an estimate: a little less proves nothing.
    cut = {**answered, "kept": ModalityCount(0, 190)}
    assert reasons(spoken(1, 1000, 0, **cut), spoken(2, 1150, 0))[1] == "not cached by the server"
    assert reasons(spoken(1, 1000, 0, **cut), spoken(2, 1100, 0))[1] == "truncation"
    # More entered than it grew by.
    assert reasons(spoken(1, 1000, 0), spoken(2, 1050, 0, given=ModalityCount(20, 300)))[1] == "truncation"
    assert reasons(spoken(1, 1000, 0), spoken(2, 1050, 0, given=ModalityCount(20, 40)))[1] == "not cached by the server"
    assert reasons(spoken(1, 1000, 0), spoken(2, 900, 0, edits=("item deleted",)))[1] == "item deleted"


def test_responses_without_usage_or_outside_are_looked_through() -> None:
    failed = exchange(2, None, status="failed", edits=("tools changed",))
    outside = spoken(3, 5000, 0, in_conversation=False, edits=("item deleted",))
    empty = spoken(4, 0, 0)
    found = look_back([spoken(1, 200, 0), failed, outside, empty, spoken(5, 300, 0)])
    assert [back.miss and back.miss.reason for back in found] == ["first use", None, None, None, "tools changed"]
    assert found[4].repeated == ModalityCount(text=200)


def test_extra_is_the_difference_of_two_prices() -> None:
    found = extra_cost(ModalityCount(1000, 2000, 300), MODEL, DAY, RATES)
    dollars = Decimal("3.6") * 1000 + Decimal("31.6") * 2000 + Decimal("4.5") * 300
    assert found.exact_usd == dollars / 1_000_000
    assert not found.unpriced
    assert extra_cost(ModalityCount(), MODEL, DAY, RATES).lines == ()


def test_extra_without_a_price() -> None:
    found = extra_cost(ModalityCount(text=10), "mine", DAY, None, "No price is known.")
    assert found.exact_usd == 0 and len(found.unpriced) == 1 and "No price is known." in found.unpriced[0]
    launch = rate_book().at("gpt-4o-realtime-preview-2024-10-01", "2024-10-02")
    assert launch is not None
    (why,) = extra_cost(ModalityCount(text=10), launch.model, DAY, launch).unpriced
    assert "no price" in why


@given(ledgers(min_turns=1))
def test_repeated_missed_and_cached_fit_together(ledger: Ledger) -> None:
    for now, found in zip(ledger.exchanges, look_back(ledger.exchanges), strict=True):
        assert found.repeated.text <= input_of(now).text and found.repeated.audio <= input_of(now).audio
        missed = found.miss.tokens if found.miss and found.miss.reason != "first use" else ModalityCount()
        perfect, real = held(found.repeated), cached_of(now)
        # What generated talks cache is never more than a perfect cache holds.
        assert (missed.text, missed.audio) == (perfect.text - real.text, perfect.audio - real.audio)
        assert perfect.text % 64 == perfect.audio % 64 == 0


def test_tokens_of_unstated_modality_are_no_truncation() -> None:
    before = exchange(1, TokenUsage(input_text=300, output_text=10))
    now = exchange(2, TokenUsage.from_wire({
        "input_tokens": 500, "output_tokens": 5, "input_token_details": {"text_tokens": 200},
    }))  # fmt: skip
    missed = look_back([before, now])[1].miss
    assert missed is not None and missed.reason == "not cached by the server"
