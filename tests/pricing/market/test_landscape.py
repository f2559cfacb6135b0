from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest

from rtnb.errors import ConfigError
from rtnb.pricing import RateBook, landscape, model_history, printed_tables
from rtnb.pricing.market.landscape import Landscape, ModelHistory, in_words
from rtnb.pricing.prices.rows import Rates

BOOK = RateBook.of_package()
DAY = timedelta(days=1)


def load(name: str) -> Any:
    return json.loads(resources.files("rtnb.pricing.market").joinpath(name).read_text(encoding="utf-8"))


FIELD, PRINTED = load("landscape.json"), load("printed.json")
CLAIMS = [
    pytest.param(row, claim, id=f"{table['document']}: {table['title'][:24]}: {row['cells'][0]} [{number}]")
    for table in PRINTED["tables"]
    for row in table["rows"]
    for number, claim in enumerate(row["claims"])
]
DOCUMENTED_RATE = {"user": 600, "assistant": 1200}
"""Tokens a minute of audio, OpenAI's guide "Managing costs"."""


def rates(model: str, on: str | date) -> Rates:
    row = BOOK.at(model, on)
    assert row is not None, f"{model} has no price on {on}"
    return row


def value(claim: dict[str, Any], on: str | date) -> Decimal | None:
    """What the price table says on a day about what a claim states."""
    row = BOOK.at(claim["model"], on)
    if row is None:
        return None
    match claim["check"]:
        case "price":
            return row.price(claim["modality"], claim["kind"])
        case "minute":
            tokens = DOCUMENTED_RATE["user" if claim["kind"] == "input" else "assistant"]
            price = row.price("audio", claim["kind"])
            return None if price is None else price * tokens / 1_000_000
        case "off":
            given, cached = row.price("audio", "input"), row.price("audio", "cached")
            return None if given is None or cached is None else 100 * (1 - cached / given)
        case "cut":
            other = rates(claim["against"], BOOK.rows(claim["against"])[-1].valid_from)
            pairs = [(row.price("audio", kind), other.price("audio", kind)) for kind in ("input", "output")]
            cuts = {100 * (1 - a / b) for a, b in pairs if a is not None and b is not None}
            return cuts.pop()
        case "share":
            mine, full = (x.price(claim["modality"], "input") for x in (row, rates(claim["against"], on)))
            return None if mine is None or full is None else 100 * mine / full
        case "limit":
            tokens = getattr(row, claim["member"])
            return None if tokens is None else Decimal(tokens)
    raise AssertionError(claim)


def stated(claim: dict[str, Any], *names: str) -> Decimal:
    return Decimal(str(next(claim[name] for name in names if name in claim)))


@pytest.mark.parametrize(("row", "claim"), CLAIMS)
def test_printed_figures_against_the_price_table(row: dict[str, Any], claim: dict[str, Any]) -> None:
    if claim["check"] == "talk":
        assert_talk(claim)
    elif claim["check"] == "tokens":
        assert claim["true"] is False
        assert all(Decimal(claim["per_minute"]) != DOCUMENTED_RATE[who] for who in claim["of"])
    elif claim.get("true") is False:
        found = value(claim, claim.get("on") or "2026-01-31")
        assert found == stated(claim, "truth")
        assert found != stated(claim, "usd", "percent", "tokens")
        assert row["wrong"]
    else:
        claimed = stated(claim, "usd", "percent", "tokens")
        first, last = (claim.get(name) or day for name, day in zip(("from", "to"), row["true"], strict=True))
        if "on" in claim or first is None:
            assert value(claim, claim.get("on") or "2026-01-31") == claimed
            return
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
        for day in (begin, begin + (end - begin) / 2, end):
            assert value(claim, day) == claimed
        assert value(claim, begin - DAY) != claimed or claim["check"] == "cut"
        assert value(claim, end + DAY) is None


def assert_talk(claim: dict[str, Any]) -> None:
    """The curve of "The Missing Manual": three turns a minute, 280/3 tokens a side, the last answer once in full."""
    row = rates(claim["model"], claim["on"])
    given, cached, made = (row.price("audio", kind) for kind in ("input", "cached", "output"))
    assert given is not None
    assert cached is not None
    assert made is not None
    turns, tokens = 3 * claim["minutes"], Decimal(280) / 3
    repeated = Decimal(turns * (turns - 1) + (turns - 1) * (turns - 2)) / 2
    usd = tokens * (turns * (given + made) + (turns - 1) * given + repeated * cached) / 1_000_000
    assert round(usd, 2) == (stated(claim, "truth") if claim.get("true") is False else stated(claim, "usd"))


def test_each_printed_row_is_marked() -> None:
    for table, data in zip(printed_tables(), PRINTED["tables"], strict=True):
        assert len(table.rows) == len(table.spans) == len(table.remarks)
        assert all(len(row) == len(table.columns) for row in table.rows)
        for row, span, remark in zip(data["rows"], table.spans, table.remarks, strict=True):
            first, last = span
            assert remark or first, f"{row['cells']} was never true, and nothing says why"
            assert first is not None or last is None
            assert first is None or last is None or first < last
        firsts = [first for first, _ in table.spans]
        if table.true_from is not None:
            assert table.true_from >= max(first for first in firsts if first is not None)
        assert len(table.to_frame()) == len(table.rows)
        assert "true" in table.to_frame().columns


def test_what_was_printed() -> None:
    tables = {(table.document.split(":")[0], table.title): table for table in printed_tables()}
    assert len(tables) == len(PRINTED["tables"])
    assert Counter(table.document for table in printed_tables()).keys() == {
        document["title"] for document in PRINTED["documents"].values()
    }
    period = next(table for table in printed_tables() if table.title == "Audio token pricing by period")
    assert [row[0] for row in period.rows] == [
        "October 2024 (launch)",
        "October 2024 (cached)",
        "December 2024",
        "2025",
        "gpt-realtime (GA, 2025)",
    ]
    assert period.spans[-1] == (None, None)
    assert "Text prices in the audio columns" in period.remarks[-1]
    talk = next(table for table in printed_tables() if "70% talk time" in table.title)
    assert [row[1] for row in talk.rows] == ["~$0.11", "~$0.26", "~$0.92", "~$2.68", "~$5.28"]
    assert talk.when == "2024-10-30 to 2025-10-10"
    assert talk.printed_on == date(2026, 1, 31)
    assert in_words(None, None) == "never"


GRIDS = [landscape(), model_history()]


@pytest.mark.parametrize("grid", GRIDS, ids=["landscape", "history"])
def test_every_cell_has_a_text_a_source_and_a_confidence(grid: Landscape | ModelHistory) -> None:
    for product in grid.products:
        assert set(product.cells) == set(grid.columns)
        for cell in product.cells.values():
            assert cell.text
            assert cell.source or cell.text.startswith("None found")
            assert cell.checked == date(2026, 11, 21)
            assert cell.confidence in ("A", "B", "C")
            assert bool(cell.said) == bool(cell.why)
            assert cell.said != cell.text


@pytest.mark.parametrize("grid", GRIDS, ids=["landscape", "history"])
def test_grids_as_frames(grid: Landscape | ModelHistory) -> None:
    frame = grid.to_frame()
    assert list(frame.columns) == ["name", *grid.columns]
    assert len(frame) == len(grid.products)
    details = grid.to_frame(details=True)
    assert len(details) == len(grid.products) * len(grid.columns)
    assert set(details[details["said"] != ""]["name"]) == {row["name"] for row in grid.corrections()}
    assert str(len(grid.products)) in repr(grid)


def test_sources_are_used_and_have_addresses() -> None:
    rows = [*FIELD["landscape"]["rows"], *FIELD["history"]["rows"]]
    used = {key for row in rows for cell in row["cells"].values() for key in cell["source"]}
    assert used == set(FIELD["sources"])
    without = {key for key, source in FIELD["sources"].items() if not source["url"].startswith("https://")}
    assert without == {"encyclopedia"}


def test_prices_in_the_landscape_are_those_of_the_table() -> None:
    text = landscape().product("openai realtime api").cells["price"].text
    for model, kind, tokens in (("gpt-realtime", "input", 600), ("gpt-realtime-2.1", "output", 1200)):
        price = rates(model, "2026-11-21").price("audio", kind)  # type: ignore[arg-type]
        assert price is not None
        assert f"${price:f}" in text
        assert f"${(price * tokens / 1_000_000).normalize():f} a minute" in text


def test_the_history_has_every_speech_model_with_the_dates_of_the_table() -> None:
    names = {product.name for product in model_history().products}
    for name in names:
        rows = BOOK.rows(name)
        cells = model_history().product(name).cells
        assert cells["released"].text.startswith(str(rows[0].valid_from))
        shutdown = rows[-1].shutdown
        assert cells["shutdown"].text.startswith("Not announced" if shutdown is None else str(shutdown))
        if rows[-1].context_tokens is not None:
            assert cells["context"].text.startswith(f"{rows[-1].context_tokens:,} tokens")
            assert f"{rows[-1].max_output_tokens:,} out" in cells["context"].text
    speech = {
        row.model for name in BOOK.models() for row in BOOK.rows(name) if row.kind in ("speech_to_speech", "live")
    }
    undated = {name for name in speech if any(other.startswith(f"{name}-20") for other in speech)}
    assert names == speech - undated


def test_benchmarks_of_the_article() -> None:
    ga = model_history().product("gpt-realtime-2025-08-28").cells["benchmarks"].text
    december = model_history().product("gpt-4o-realtime-preview-2024-12-17").cells["benchmarks"].text
    assert "30.5 %" in ga
    assert "66.5 %" in ga
    assert "20.6 %" in december
    assert "49.7 %" in december


def test_products_are_found_by_a_part_of_their_name() -> None:
    field = landscape()
    assert field.product("evi") is field.product("Hume") is field.product("hume evi")
    assert model_history().product("gpt-realtime-2").name == "gpt-realtime-2"
    for name in ("Skype", "", 3):
        with pytest.raises(ConfigError, match=r"There is no row .*; there are OpenAI Realtime API, Moshi"):
            field.product(name)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="'mini' may be gpt-4o-mini"):
        model_history().product("mini")


def test_a_product_that_ended_is_not_offered() -> None:
    cells = landscape().product("Hume EVI").cells
    for column in ("price", "limits", "notes"):
        assert "2026-11-13" in cells[column].text
        assert "https://dev.hume.ai/intro" in cells[column].source
    assert not any(word in cell.text.split() for cell in cells.values() for word in ("is", "are", "speaks", "measures"))


def test_prices_of_a_generated_list_are_not_trusted() -> None:
    for row in FIELD["landscape"]["rows"]:
        for cell in row["cells"].values():
            if {"vapi_plans", "hume_plans"} & set(cell["source"]) and "$" in cell["text"]:
                assert cell["confidence"] == "C"


def test_what_the_documents_printed_on_limits_is_there() -> None:
    tables = {table.title: table for table in printed_tables()}
    limits = {
        row[0]: (row[1], remark)
        for row, remark in zip(tables["Session Limits (GA)"].rows, tables["Session Limits (GA)"].remarks, strict=True)
    }
    assert limits["Instructions + tools max"][0] == "16,384 tokens"
    assert limits["Maximum session duration"] == ("60 minutes", "")
    assert "28,224" in limits["Maximum input tokens"][1]
    gaps = tables["Beta vs GA Feature Gaps"]
    assert ("EU data residency", "Yes", "Only 06-03") in gaps.rows
    assert [row[0] for row in tables["GA Models (Recommended)"].rows] == ["gpt-realtime", "gpt-realtime-mini"]
    assert len(tables["Beta/Preview Models"].rows) == 3
    sessions = {
        row[0]: span
        for table in printed_tables()
        if "encyclopedia" in table.document
        for row, span in zip(table.rows, table.spans, strict=True)
    }
    assert [sessions[f"{minutes} minutes"][0] for minutes in (15, 30, 60)] == [
        date(2024, 10, 1),
        date(2024, 12, 17),
        date(2025, 8, 28),
    ]
