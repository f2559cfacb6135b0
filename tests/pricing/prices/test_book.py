from __future__ import annotations

import json
import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.pricing import RateBook, as_book, at, book, cost, models, rate_book, table, why_unpriced
from rtnb.tokens import TokenUsage

BASE = RateBook.of_package()
MINE = {"model": "gpt-realtime", "prices": {"text": {"input": 4, "output": 16}, "audio": {"input": 28, "output": 56}}}
DAYS = st.dates(date(2024, 6, 1), date(2027, 6, 1))


def audio(prices: RateBook, model: str, on: str | date) -> Decimal | None:
    rates = prices.at(model, on)
    return None if rates is None else rates.price("audio", "input")


def test_a_row_overrides_on_all_days_and_keeps_the_facts() -> None:
    mine = book(MINE, base=BASE)
    rates, carried = mine.at("gpt-realtime", "2026-11-21"), BASE.at("gpt-realtime", "2026-11-21")
    assert rates is not None
    assert carried is not None
    assert rates.price("audio", "input") == 28
    assert rates.price("audio", "cached") is None
    assert (rates.context_tokens, rates.max_input_tokens, rates.shutdown) == (32_000, 28_224, carried.shutdown)
    assert (rates.kind, rates.confidence, rates.source) == ("speech_to_speech", "own", ("own: your own table",))
    assert audio(mine, "gpt-realtime", "2028-01-01") is None
    assert audio(mine, "gpt-realtime", "2020-01-01") == 28


def test_an_undated_name_stands_for_its_snapshots() -> None:
    mine = book(MINE, base=BASE)
    assert audio(mine, "gpt-realtime-2025-08-28", "2026-11-21") == 28
    assert audio(mine, "gpt-realtime-mini", "2026-11-21") == 10
    apart = book([MINE, {"model": "gpt-realtime-2025-08-28", "prices": {"audio": 30}}], base=BASE)
    assert audio(apart, "gpt-realtime-2025-08-28", "2026-11-21") == 30
    assert audio(apart, "gpt-realtime", "2026-11-21") == 28


def test_the_base_is_left_as_it_was() -> None:
    before = {name: BASE.rows(name) for name in BASE.models()}
    book(MINE, {"model": "gpt-4o-realtime-preview", "prices": {"audio": 1}}, base=BASE, discount=0.5)
    assert {name: BASE.rows(name) for name in BASE.models()} == before
    assert audio(BASE, "gpt-4o-realtime-preview", "2025-03-01") is None


@given(DAYS, st.integers(0, 400), DAYS, st.sampled_from(["gpt-realtime", "gpt-4o-realtime-preview-2024-10-01", "new"]))
def test_inside_its_days_a_row_holds_and_outside_the_carried_one(
    first: date, length: int, day: date, model: str
) -> None:
    last = first + timedelta(days=length)
    row = {
        "model": model,
        "prices": {"audio": 1},
        "valid_from": str(first),
        "valid_to": str(last),
        "shutdown": "2030-01-01",
    }
    mine = book(row, base=BASE)
    assert audio(mine, model, day) == (1 if first <= day <= last else audio(BASE, model, day))
    holding = [rates for rates in mine.rows(model) if rates.holds(day)]
    assert len(holding) <= 1


@given(DAYS, DAYS)
def test_an_own_price_makes_an_ambiguous_alias_priced_on_its_days_only(first: date, day: date) -> None:
    mine = book({"model": "gpt-4o-realtime-preview", "prices": {"audio": 1}, "valid_from": str(first)}, base=BASE)
    if day < first:
        assert audio(mine, "gpt-4o-realtime-preview", day) == audio(BASE, "gpt-4o-realtime-preview", day)
        assert bool(mine.why_unpriced("gpt-4o-realtime-preview", day)) == bool(
            BASE.why_unpriced("gpt-4o-realtime-preview", day)
        )
    elif day <= date(2026, 5, 7):
        assert audio(mine, "gpt-4o-realtime-preview", day) == 1


@given(st.integers(0, 100), DAYS)
def test_a_discount_is_exact_for_every_price(percent: int, day: date) -> None:
    less = book(base=BASE, discount=str(Decimal(percent) / 100))
    for name in BASE.models():
        carried, own = BASE.at(name, day), less.at(name, day)
        assert (carried is None) == (own is None)
        if carried is None or own is None:
            continue
        assert own.per == carried.per
        for price in carried.prices:
            for kind in ("input", "cached", "output"):
                before, after = carried.price(price.modality, kind), own.price(price.modality, kind)
                assert after == (None if before is None else before * (100 - percent) / 100)


def test_a_discount_for_some_models_and_some_days() -> None:
    less = book(
        {"models": ["gpt-realtime-2*"], "discount": 0.25, "valid_from": "2026-09-01", "source": "Contract 7"}, base=BASE
    )
    assert audio(less, "gpt-realtime-2.1", "2026-08-31") == 32
    assert audio(less, "gpt-realtime-2.1", "2026-09-01") == 24
    assert audio(less, "gpt-realtime", "2026-09-01") == 32
    rates = less.at("gpt-realtime-2.1", "2026-09-01")
    assert rates is not None
    assert rates.source[0] == "own: Contract 7, 25 % off"
    assert len(rates.source) > 1
    assert str(rates.price("text", "cached")) == "0.30"
    assert str(rates.price("text", "input")) == "3"
    both = book(MINE, base=BASE, discount=0.5, models="gpt-realtime*")
    assert audio(both, "gpt-realtime", "2026-11-21") == 28
    assert audio(both, "gpt-realtime-mini", "2026-11-21") == 5


def test_later_tables_override_earlier_ones() -> None:
    assert (
        audio(book(MINE, {"model": "gpt-realtime", "prices": {"audio": 2}}, base=BASE), "gpt-realtime", "2026-11-21")
        == 2
    )


def test_a_model_that_is_not_in_the_table() -> None:
    mine = book({"model": "my-model", "prices": {"text": {"input": 1, "output": 2}}}, base=BASE)
    assert "my-model" in mine.models("2026-11-21")
    bill = cost(TokenUsage(input_text=10, output_text=10), "my-model", "2026-11-21", prices=mine)
    assert (bill.exact_usd, bill.unpriced) == (Decimal("0.00003"), ())
    assert cost(TokenUsage(input_text=10), "my-model", "2026-11-21", prices=BASE).unpriced


def test_what_cannot_be_meant() -> None:
    with pytest.raises(ConfigError, match=r"Two of your own prices hold for 'gpt-realtime' on"):
        book([MINE, MINE], base=BASE)
    with pytest.raises(ConfigError, match="'gtp-realtime', which fits no known model; there are gpt-realtime"):
        book({"model": "gtp-realtime", "discount": 0.1}, base=BASE)
    with pytest.raises(ConfigError, match="fits no known model"):
        book({"model": "llama*", "prices": {"audio": 1}}, base=BASE)
    with pytest.raises(ConfigError, match=r"a discount of 1\.5 cannot be"):
        book(base=BASE, discount=1.5)


def test_rows_that_follow_each_other() -> None:
    mine = book(
        [
            {"model": "m", "prices": {"audio": 1}, "valid_to": "2026-06-30"},
            {"model": "m", "prices": {"audio": 2}, "valid_from": "2026-07-01"},
        ],
        base=BASE,
    )
    assert [audio(mine, "m", day) for day in ("2026-06-30", "2026-07-01")] == [1, 2]
    gap = [{"model": "m", "prices": {"audio": 1}, "valid_to": "2026-06-30"}]
    gap.append({"model": "m", "prices": {"audio": 2}, "valid_from": "2026-09-01"})
    assert book(gap, base=BASE).why_unpriced("m", "2026-07-15") == (
        "'m' has no price on 2026-07-15: its last ended on 2026-06-30, and the next begins on 2026-09-01."
    )


def test_as_book(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([MINE]))
    assert as_book(None) is rate_book()
    assert as_book(BASE) is BASE
    assert audio(as_book(path), "gpt-realtime", "2026-11-21") == 28
    assert audio(as_book(MINE), "gpt-realtime", "2026-11-21") == 28
    assert table("2026-11-21", prices=str(path)).notes[-1] == "Your own prices: gpt-realtime."


def test_a_file_named_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([MINE, {"model": "mine", "prices": {"audio": 3}}]))
    monkeypatch.setenv("RTNB_PRICES", str(path))
    assert audio(rate_book(), "gpt-realtime", "2026-11-21") == 28
    assert rate_book() is rate_book()
    rates = at("mine")
    assert rates is not None
    assert "mine" in models()
    assert why_unpriced("mine") == ""
    assert cost(TokenUsage(input_audio=1_000_000), "mine").total_usd == 3
    path.write_text(json.dumps([{"model": "mine", "prices": {"audio": 4}}]))
    os.utime(path, ns=(1, 1))
    assert audio(rate_book(), "gpt-realtime", "2026-11-21") == 32
    assert cost(TokenUsage(input_audio=1_000_000), "mine").total_usd == 4
    path.write_text("[")
    with pytest.raises(ConfigError, match=r"RTNB_PRICES: 'mine\.json' is not a JSON file"):
        at("gpt-realtime")
    path.unlink()
    with pytest.raises(ConfigError, match=r"RTNB_PRICES names the file 'mine\.json', which does not exist"):
        at("gpt-realtime")
    monkeypatch.delenv("RTNB_PRICES")
    assert audio(rate_book(), "gpt-realtime", "2026-11-21") == 32


def test_a_book_says_what_it_holds() -> None:
    base = RateBook.of_package()
    assert repr(base) == f"RateBook({len(base.models())} models, checked {base.checked})"
    assert repr(book({"model": "mine", "prices": {"audio": 1}}, base=base)).endswith(", 1 row of your own)")
    assert "of your own" in repr(book(discount=0.2))


def test_models_without_a_discount_are_refused() -> None:
    with pytest.raises(ConfigError, match="'models' says to which models a discount applies, and there is none"):
        book(models="gpt-realtime")
    book(models="gpt-realtime", discount=0)


def test_a_book_of_whatever_prices_are_given_as(tmp_path: Path) -> None:
    row = {"model": "gpt-realtime", "discount": 0.5}
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(row))
    for prices in (row, [row], path, str(path), book(row)):
        rates = at("gpt-realtime", "2026-11-21", prices=prices)
        assert rates is not None
        assert rates.price("audio", "input") == 16
    with pytest.raises(ConfigError, match="a row, a list of rows"):
        at("gpt-realtime", prices=3)  # type: ignore[arg-type]
