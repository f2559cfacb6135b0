from __future__ import annotations

import copy
import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib import resources
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.pricing import RateBook, Rates, at, models, why_unpriced
from rtnb.pricing.prices.rates import as_date, rate_book

DATA: dict[str, Any] = json.loads(
    resources.files("rtnb.pricing.prices").joinpath("rates.json").read_text(encoding="utf-8")
)
ROWS: list[dict[str, Any]] = DATA["rows"]
UNITS = {"usd_per_1m_tokens", "usd_per_minute", "usd_per_session_second"}

LAUNCH, CACHED = "5 – 20 | 100 – 200", "5 2.50 20 | 100 20 200"
DECEMBER, MINI_4O = "5 2.50 20 | 40 2.50 80", "0.60 0.30 2.40 | 10 0.30 20"
GA, MINI = "4 0.40 16 | 32 0.40 64 | 5 0.50 –", "0.60 0.06 2.40 | 10 0.30 20 | 0.80 0.08 –"
REASONING = "4 0.40 24 | 32 0.40 64 | 5 0.50 –"


def columns(rates: Rates | None) -> str | None:
    if rates is None:
        return None
    return " | ".join(
        " ".join("–" if (x := rates.price(price.modality, kind)) is None else str(x) for kind in KINDS)
        for price in rates.prices
    )


KINDS: tuple[Any, ...] = ("input", "cached", "output")


@pytest.mark.parametrize(
    ("model", "on", "expected"),
    [
        ("gpt-4o-realtime-preview-2024-10-01", "2024-09-30", None),
        ("gpt-4o-realtime-preview-2024-10-01", "2024-10-01", LAUNCH),
        ("gpt-4o-realtime-preview-2024-10-01", "2024-10-29", LAUNCH),
        ("gpt-4o-realtime-preview-2024-10-01", "2024-10-30", CACHED),
        ("gpt-4o-realtime-preview-2024-10-01", "2025-10-10", CACHED),
        ("gpt-4o-realtime-preview-2024-10-01", "2025-10-11", None),
        ("gpt-4o-realtime-preview", "2024-10-15", LAUNCH),
        ("gpt-4o-realtime-preview", "2024-12-16", CACHED),
        ("gpt-4o-realtime-preview", "2024-12-17", None),
        ("gpt-4o-realtime-preview", "2025-10-10", None),
        ("gpt-4o-realtime-preview", "2025-10-11", DECEMBER),
        ("gpt-4o-realtime-preview", "2026-05-08", None),
        ("gpt-4o-realtime-preview-2024-12-17", "2024-12-17", DECEMBER),
        ("gpt-4o-realtime-preview-2024-12-17", "2026-05-07", DECEMBER),
        ("gpt-4o-realtime-preview-2024-12-17", "2026-05-08", None),
        ("gpt-4o-realtime-preview-2025-06-03", "2025-06-02", None),
        ("gpt-4o-realtime-preview-2025-06-03", "2025-06-03", DECEMBER),
        ("gpt-4o-mini-realtime-preview-2024-12-17", "2026-06-01", MINI_4O),
        ("gpt-4o-mini-realtime-preview", "2024-12-17", MINI_4O),
        ("gpt-4o-mini-realtime-preview", "2026-06-01", None),
        ("gpt-realtime", "2025-08-27", None),
        ("gpt-realtime", "2025-08-28", GA),
        ("gpt-realtime-2025-08-28", "2026-11-21", GA),
        ("gpt-realtime", "2027-01-20", GA),
        ("gpt-realtime", "2027-01-21", None),
        ("gpt-realtime-mini", "2025-10-06", MINI),
        ("gpt-realtime-mini-2025-10-06", "2026-07-23", MINI),
        ("gpt-realtime-mini-2025-10-06", "2026-07-24", None),
        ("gpt-realtime-mini-2025-12-15", "2026-11-21", MINI),
        ("gpt-realtime-1.5", "2026-02-23", GA),
        ("gpt-realtime-2", "2026-05-07", REASONING),
        ("gpt-realtime-2.1", "2026-07-06", REASONING),
        ("gpt-realtime-2.1", "2030-01-01", REASONING),
        ("gpt-realtime-2.1-mini", "2026-07-05", None),
        ("gpt-realtime-2.1-mini", "2026-07-06", MINI),
        ("gpt-4o-transcribe", "2026-01-01", "2.50 – 10 | 6 – –"),
        ("gpt-4o-transcribe-diarize", "2026-01-01", "2.50 – 10 | 6 – –"),
        ("gpt-4o-mini-transcribe", "2026-01-01", "1.25 – 5 | 3 – –"),
        ("gpt-4o-mini-transcribe-2025-12-15", "2026-01-01", "1.25 – 5 | 3 – –"),
        ("whisper-1", "2026-01-01", "0.006 – –"),
        ("whisper-1", "2027-02-27", None),
        ("gpt-transcribe", "2026-08-01", "0.0045 – –"),
        ("gpt-live-transcribe", "2026-08-01", "0.017 – –"),
        ("gpt-realtime-whisper", "2026-08-01", "0.017 – –"),
        ("gpt-realtime-translate", "2026-08-01", "0.034 – –"),
        ("gpt-live-1", "2026-10-01", "0.05 – –"),
    ],
)
def test_prices_by_day(model: str, on: str, expected: str | None) -> None:
    assert columns(at(model, on)) == expected
    assert bool(why_unpriced(model, on)) == (expected is None)


# The whole reference table: model, first day, last day of the model, prices, window, longest answer, unit.
TOKENS, MINUTE = "1M tokens", "minute"
REFERENCE: list[tuple[str, str, str | None, str, int | None, int | None, str]] = [
    ("gpt-4o-realtime-preview-2024-10-01", "2024-10-01", "2025-10-10", LAUNCH, 128_000, 4_096, TOKENS),
    ("gpt-4o-realtime-preview-2024-10-01", "2024-10-30", "2025-10-10", CACHED, 128_000, 4_096, TOKENS),
    ("gpt-4o-realtime-preview-2024-12-17", "2024-12-17", "2026-05-07", DECEMBER, None, 4_096, TOKENS),
    ("gpt-4o-realtime-preview-2025-06-03", "2025-06-03", "2026-05-07", DECEMBER, 32_000, 4_096, TOKENS),
    ("gpt-4o-mini-realtime-preview", "2024-12-17", "2026-05-07", MINI_4O, 16_000, 4_096, TOKENS),
    ("gpt-4o-mini-realtime-preview-2024-12-17", "2024-12-17", "2027-01-20", MINI_4O, 16_000, 4_096, TOKENS),
    ("gpt-realtime", "2025-08-28", "2027-01-20", GA, 32_000, 4_096, TOKENS),
    ("gpt-realtime-2025-08-28", "2025-08-28", "2027-01-20", GA, 32_000, 4_096, TOKENS),
    ("gpt-realtime-mini", "2025-10-06", "2027-01-20", MINI, 32_000, 4_096, TOKENS),
    ("gpt-realtime-mini-2025-10-06", "2025-10-06", "2026-07-23", MINI, 32_000, 4_096, TOKENS),
    ("gpt-realtime-mini-2025-12-15", "2025-12-15", "2027-01-20", MINI, 32_000, 4_096, TOKENS),
    ("gpt-realtime-1.5", "2026-02-23", None, GA, 32_000, 4_096, TOKENS),
    ("gpt-realtime-2", "2026-05-07", None, REASONING, 128_000, 32_000, TOKENS),
    ("gpt-realtime-2.1", "2026-07-06", None, REASONING, 128_000, 32_000, TOKENS),
    ("gpt-realtime-2.1-mini", "2026-07-06", None, MINI, 128_000, 32_000, TOKENS),
    ("gpt-realtime-translate", "2026-05-07", None, "0.034 – –", 16_000, 2_000, MINUTE),
    ("gpt-realtime-whisper", "2026-05-07", None, "0.017 – –", 16_000, 2_000, MINUTE),
    ("gpt-live-transcribe", "2026-07-29", None, "0.017 – –", None, None, MINUTE),
    ("gpt-live-1", "2026-09-10", None, "0.05 – –", None, None, "minute of session"),
    ("whisper-1", "2024-10-01", "2027-02-26", "0.006 – –", None, None, MINUTE),
    ("gpt-4o-transcribe", "2025-03-20", "2027-02-26", "2.50 – 10 | 6 – –", 16_000, 2_000, TOKENS),
    ("gpt-4o-transcribe-diarize", "2025-10-16", "2027-02-26", "2.50 – 10 | 6 – –", 16_000, 2_000, TOKENS),
    ("gpt-4o-mini-transcribe", "2025-03-20", "2027-02-26", "1.25 – 5 | 3 – –", 16_000, 2_000, TOKENS),
    ("gpt-4o-mini-transcribe-2025-03-20", "2025-03-20", "2027-01-20", "1.25 – 5 | 3 – –", 16_000, 2_000, TOKENS),
    ("gpt-4o-mini-transcribe-2025-12-15", "2025-12-15", "2027-02-26", "1.25 – 5 | 3 – –", 16_000, 2_000, TOKENS),
    ("gpt-transcribe", "2026-07-29", None, "0.0045 – –", None, None, MINUTE),
]


def test_the_table_is_the_reference_table_row_by_row() -> None:
    book = RateBook(DATA)
    found = [
        (
            row.model,
            str(row.valid_from),
            None if row.shutdown is None else str(row.shutdown),
            columns(row),
            row.context_tokens,
            row.max_output_tokens,
            row.per_text,
        )
        for name in book.models()
        for row in book.rows(name)
    ]
    assert sorted(found, key=str) == sorted(REFERENCE, key=str)


@pytest.mark.parametrize(
    ("model", "on", "snapshot"),
    [
        ("gpt-realtime", "2026-11-21", "gpt-realtime-2025-08-28"),
        ("gpt-realtime-2025-08-28", "2026-11-21", "gpt-realtime-2025-08-28"),
        ("gpt-realtime-mini", "2026-01-12", "gpt-realtime-mini-2025-10-06"),
        ("gpt-realtime-mini", "2026-01-13", "gpt-realtime-mini-2025-12-15"),
        ("gpt-4o-mini-transcribe", "2026-01-13", "gpt-4o-mini-transcribe-2025-12-15"),
        ("gpt-4o-mini-realtime-preview", "2025-01-01", "gpt-4o-mini-realtime-preview-2024-12-17"),
        ("gpt-4o-realtime-preview", "2024-11-01", "gpt-4o-realtime-preview-2024-10-01"),
        ("gpt-4o-realtime-preview", "2025-03-01", None),
        ("gpt-4o-realtime-preview", "2026-01-31", "gpt-4o-realtime-preview-2025-06-03"),
        ("gpt-realtime-2.1", "2026-11-21", "gpt-realtime-2.1"),
        ("gpt-realtime-2.1", "2026-01-01", None),
        ("llama", "2026-11-21", None),
    ],
)
def test_what_a_name_stood_for(model: str, on: str, snapshot: str | None) -> None:
    assert rate_book().resolve(model, on) == snapshot


@given(st.sampled_from(RateBook(DATA).models()), st.dates(date(2024, 9, 1), date(2027, 6, 1)))
def test_a_name_and_what_it_stood_for_cost_the_same(model: str, day: date) -> None:
    book = rate_book()
    snapshot = book.resolve(model, day)
    rates = book.at(model, day)
    assert (snapshot is None) == (rates is None)
    if snapshot is not None and rates is not None:
        same = book.at(snapshot, day)
        assert same is not None
        assert same.prices == rates.prices
        assert book.resolve(snapshot, day) == snapshot


def test_units() -> None:
    assert [rates.per for name in ("gpt-realtime", "whisper-1", "gpt-live-1") if (rates := at(name, "2026-10-01"))] == [
        1_000_000,
        60,
        60,
    ]
    live = at("gpt-live-1", "2026-10-01")
    assert live is not None
    assert live.unit == "usd_per_session_second"


def test_what_a_model_can_hold() -> None:
    old, new = at("gpt-realtime", "2026-10-01"), at("gpt-realtime-2.1", "2026-10-01")
    assert old is not None
    assert new is not None
    assert (old.context_tokens, old.max_input_tokens, old.max_output_tokens) == (32_000, 28_224, 4_096)
    assert (new.context_tokens, new.max_output_tokens) == (128_000, 32_000)


@pytest.mark.parametrize(
    ("model", "on", "reason"),
    [
        ("", "2026-01-01", "No model is named"),
        ("gpt-realtme", "2026-01-01", "known names like it: gpt-realtime"),
        ("llama", "2026-01-01", "No price is known for the model 'llama'."),
        ("gpt-realtime", "2025-01-01", "'gpt-realtime' has no price on 2025-01-01: its first is of 2025-08-28."),
        ("gpt-realtime", "2028-01-01", "'gpt-realtime' has no price on 2028-01-01: its last ended on 2027-01-20."),
        ("gpt-4o-realtime-preview", "2025-03-01", "Ask for the price of the dated snapshot"),
        ("gpt-4o-realtime-preview", "2020-03-01", "its first is of 2024-10-01"),
        ("gpt-4o-realtime-preview", "2026-06-01", "its last ended on 2026-05-07"),
    ],
)
def test_reasons(model: str, on: str, reason: str) -> None:
    assert at(model, on) is None
    assert reason in why_unpriced(model, on)


def test_today_is_the_default() -> None:
    assert at("gpt-realtime-2.1") == at("gpt-realtime-2.1", date.today())
    assert as_date(None) == date.today()


def test_days_in_several_forms() -> None:
    day = date(2026, 1, 31)
    assert as_date("2026-01-31") == as_date("2026-01-31T23:59:59+00:00") == as_date(datetime(2026, 1, 31, 5)) == day
    with pytest.raises(ConfigError, match="is not a day"):
        at("gpt-realtime", "yesterday")
    with pytest.raises(ConfigError, match="is not a day"):
        at("gpt-realtime", 20260131)  # type: ignore[arg-type]


def test_names() -> None:
    assert {"gpt-realtime", "whisper-1", "gpt-4o-realtime-preview"} <= set(models())
    assert "gpt-4o-realtime-preview" not in models("2026-11-21")
    assert "gpt-realtime" in models("2026-11-21")


def test_history_of_a_name_is_in_order() -> None:
    rows = rate_book().rows("gpt-4o-realtime-preview-2024-10-01")
    assert [row.valid_from for row in rows] == [date(2024, 10, 1), date(2024, 10, 30)]
    assert rate_book().rows("llama") == ()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['models'][0]} {row['valid_from']}")
def test_each_row_is_sound(row: dict[str, Any]) -> None:
    assert row["unit"] in UNITS
    assert row["kind"] in {"speech_to_speech", "transcription", "translation", "live"}
    assert row["confidence"] in {"A", "B", "C"}
    assert row["note"] or row["confidence"] == "A"
    assert row["source"]
    assert set(row["source"]) <= set(DATA["sources"])
    first, checked = date.fromisoformat(row["valid_from"]), date.fromisoformat(row["checked"])
    assert first <= checked
    for name in ("valid_to", "shutdown"):
        assert row[name] is None or date.fromisoformat(row[name]) > first
    assert row["checked"] == DATA["checked"]
    for name in ("context_tokens", "max_input_tokens", "max_output_tokens"):
        assert row[name] is None or row[name] > 0
    if row["max_input_tokens"] is not None:
        assert row["max_input_tokens"] + row["max_output_tokens"] <= 32_768
    for columns_ in row["prices"].values():
        assert all(x is None or isinstance(x, str) for x in columns_.values())
        assert set(columns_) <= set(KINDS)
        given, cached, made = (Decimal(x.partition("/")[0]) if (x := columns_.get(k)) else None for k in KINDS)
        assert given is not None
        assert given > 0
        assert cached is None or 0 < cached < given
        assert made is None or made > given


def test_every_source_is_used_and_has_an_address() -> None:
    assert {key for row in ROWS for key in row["source"]} == set(DATA["sources"])
    assert all(source["url"].startswith("https://") for source in DATA["sources"].values())


@pytest.mark.parametrize("name", RateBook(DATA).models())
def test_the_rows_of_a_name_follow_each_other(name: str) -> None:
    rows = RateBook(DATA).rows(name)
    for before, after in pairwise(rows):
        assert before.last_day is not None
        assert before.last_day < after.valid_from


def test_snapshots_cover_the_days_of_their_undated_name_once() -> None:
    book = RateBook(DATA)
    for name in {entry["alias"] for entry in DATA["snapshots"]}:
        entries = sorted((e for e in DATA["snapshots"] if e["alias"] == name), key=lambda e: str(e["valid_from"]))
        assert entries[0]["valid_from"] == str(book.rows(name)[0].valid_from)
        assert entries[-1]["valid_to"] is None
        for before, after in pairwise(entries):
            assert date.fromisoformat(before["valid_to"]) + timedelta(days=1) == date.fromisoformat(after["valid_from"])


def test_aliases_point_to_rows_that_hold_on_their_days() -> None:
    book = RateBook(DATA)
    for alias in DATA["aliases"]:
        for day in (alias["valid_from"], alias["valid_to"]):
            assert (book.at(alias["alias"], day) is not None) == (alias["model"] is not None)


def test_text_is_the_modality_that_saves_least_by_being_cached() -> None:
    for row in ROWS:
        saved = {
            name: Decimal(columns_["input"]) - Decimal(columns_["cached"])
            for name, columns_ in row["prices"].items()
            if columns_.get("cached")
        }
        if saved:
            assert saved["text"] == min(saved.values())
            assert saved["audio"] == max(saved.values())


def test_two_prices_for_one_day_are_refused() -> None:
    data = copy.deepcopy(DATA)
    data["rows"][0]["valid_to"] = "2024-10-30"
    with pytest.raises(ConfigError, match="Two prices hold"):
        RateBook(data)


def test_an_unknown_unit_is_refused() -> None:
    data = copy.deepcopy(DATA)
    data["rows"][0]["unit"] = "eur_per_song"
    with pytest.raises(ConfigError, match="usd_per_1m_tokens"):
        RateBook(data)


def test_a_row_shows_itself_in_one_line() -> None:
    assert repr(at("gpt-realtime", "2026-01-31")) == (
        "Rates(gpt-realtime, from 2025-08-28 to 2027-01-20, USD per 1M tokens in/cached/out: "
        "text 4/0.40/16, audio 32/0.40/64, image 5/0.50/–)"
    )
    assert "USD per min in/cached/out: audio 0.006/–/–" in repr(at("whisper-1", "2026-01-31"))
