from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from rtnb.errors import ConfigError
from rtnb.pricing import RateBook, Rates, book
from rtnb.pricing.prices.rows import as_date

BOOK = RateBook.of_package()


def row(model: str, on: str = "2026-11-21") -> Rates:
    rates = BOOK.at(model, on)
    assert rates is not None
    return rates


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("gpt-realtime", "1M tokens"),
        ("whisper-1", "minute"),
        ("gpt-live-1", "minute of session"),
    ],
)
def test_what_a_price_buys(model: str, words: str) -> None:
    assert row(model).per_text == words
    assert replace(row("whisper-1"), per=3600).per_text == "hour"


def test_a_record_is_flat_and_ready_for_json() -> None:
    for name in BOOK.models():
        for rates in BOOK.rows(name):
            record = json.loads(json.dumps(rates.record()))
            assert record["model"] == name
            assert record["valid_from"] == str(rates.valid_from)
            for modality in ("text", "audio", "image"):
                exact = rates.price(modality, "input")
                given = record[f"{modality}_input_usd"]
                assert given is None if exact is None else Decimal(str(given)) == exact
    keys = {tuple(rates.record()) for name in BOOK.models() for rates in BOOK.rows(name)}
    assert len(keys) == 1


def test_the_price_of_a_session_has_a_column_of_its_own() -> None:
    record = row("gpt-live-1").record()
    assert (record["session_usd"], record["audio_input_usd"], record["per"]) == (0.05, None, "minute of session")


def test_carried_rows_are_not_own_ones() -> None:
    assert not row("gpt-realtime").own
    mine = book({"model": "gpt-realtime", "prices": {"audio": 1}}, base=BOOK).at("gpt-realtime", "2026-11-21")
    assert mine is not None
    assert mine.own
    assert mine.record()["valid_from"] is None
    assert repr(mine) == ("Rates(gpt-realtime, own row, to 2027-01-20, USD per 1M tokens in/cached/out: audio 1/–/–)")
    assert "own row, always, USD" in repr(replace(mine, shutdown=None))


def test_days_in_several_forms() -> None:
    day = date(2026, 1, 31)
    assert as_date("2026-01-31") == as_date(datetime(2026, 1, 31, 5)) == as_date(day) == day
    with pytest.raises(ConfigError, match="is not a day; write it as '2026-01-31'"):
        as_date("31.1.2026")
