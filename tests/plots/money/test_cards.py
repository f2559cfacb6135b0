"""Cards and texts about money: safe, complete, readable without style, and within a terminal's width."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from support.bills import (
    DAY,
    HOSTILE,
    joined,
    make_calibration,
    make_meter,
    make_next,
    make_policies,
    make_projection,
    make_reconciliation,
    make_whatif,
    rates_of,
)
from support.markup import assert_harmless, read

from rtnb._display import bundle
from rtnb.plots.grid import text_columns
from rtnb.pricing import Cost
from rtnb.pricing.ahead.talktime import TalkTimeRow, TalkTimeTable, talk_time_table
from rtnb.pricing.ahead.whatif import Policy
from rtnb.pricing.bills.meter import Meter
from rtnb.pricing.market.landscape import (
    Figure,
    Landscape,
    PrintedTable,
    Product,
    landscape,
    model_history,
    printed_tables,
)
from rtnb.pricing.prices.table import PriceHistory, PriceTable, history, table
from rtnb.pricing.reconciling.reconciliation import Reconciliation

WITH_PICTURE: dict[str, Callable[[], Any]] = {
    "meter": make_meter,
    "300 responses": lambda: make_meter(300),
    "meter of sessions": lambda: joined(make_meter(5, session="a"), make_meter(5, session="b")),
    "history": history,
    "projection": make_projection,
    "calibration": make_calibration,
    "what if": make_whatif,
    "policies": make_policies,
    "next response": make_next,
}
WITHOUT: dict[str, Callable[[], Any]] = {
    "rates": rates_of,
    "price table": lambda: table(DAY),
    "reconciliation": make_reconciliation,
    "landscape": landscape,
    "model history": model_history,
    "printed table": lambda: printed_tables()[0],
    "talk time": lambda: talk_time_table(on=DAY),
    "empty meter": lambda: Meter((), (), notes=("Nothing was recorded.",)),
    "empty price table": lambda: PriceTable("Prices", ()),
    "empty history": lambda: PriceHistory("Prices", (), DAY),
    "unpriced projection": lambda: make_projection(model="my-own-model"),
    "empty what if": lambda: replace(make_whatif(), variants=()),
    "unpriced next response": lambda: replace(make_next(), at_least=Cost(), at_most=Cost()),
    "empty reconciliation": lambda: Reconciliation(()),
    "empty landscape": lambda: Landscape(DAY, (), ()),
    "empty printed table": lambda: PrintedTable("A document", "Prices", None, None, (), ()),
}
ALL = {**WITH_PICTURE, **WITHOUT}


@pytest.mark.parametrize("name", ALL)
def test_every_object_draws_itself_in_a_notebook_and_on_a_terminal(name: str) -> None:
    given = bundle(ALL[name]())
    assert set(given) == {"text/plain", "text/html"} | ({"image/png"} if name in WITH_PICTURE else set())
    page = assert_harmless(given["text/html"])
    assert page.text()
    assert all(image["alt"] and image["src"].startswith("data:image/svg+xml") for image in page.all("img"))
    assert len(page.all("img")) == (name in WITH_PICTURE)
    lines = given["text/plain"].split("\n")
    assert all(text_columns(line) <= 100 for line in lines)
    assert all(line == line.rstrip() for line in lines)
    if name in WITH_PICTURE:
        assert len(base64.b64decode(given["image/png"], validate=True)) < 100_000


@pytest.mark.parametrize("name", ["meter", "projection", "what if", "next response", "history"])
def test_bundles_are_the_same_every_time(name: str) -> None:
    assert bundle(ALL[name]()) == bundle(ALL[name]())


def hostile_objects() -> dict[str, object]:
    meter, what, rates = make_meter(3), make_policies(), rates_of()
    entry = meter.entries[0]
    exchange = replace(entry.exchange, model=HOSTILE, status=HOSTILE, response_id=HOSTILE)
    return {
        "meter": Meter(
            (replace(entry, session=HOSTILE, exchange=exchange), *meter.entries), (HOSTILE, "b"), HOSTILE, (HOSTILE,)
        ),
        "rates": replace(rates, model=HOSTILE, kind=HOSTILE, source=(HOSTILE,), note=HOSTILE, confidence=HOSTILE),
        "table": PriceTable(HOSTILE, (replace(rates, model=HOSTILE, confidence=HOSTILE),), (HOSTILE,)),
        "history": PriceHistory(HOSTILE, (replace(rates, model=HOSTILE, note=HOSTILE),), DAY),
        "projection": replace(
            make_projection(), model=HOSTILE, notes=(HOSTILE,),
            assumptions=replace(make_projection().assumptions, transcription=HOSTILE),
        ),
        "calibration": replace(make_calibration(), notes=(HOSTILE,)),
        "what if": replace(
            what, notes=(HOSTILE,),
            variants=tuple(replace(v, name=HOSTILE * 3, model=HOSTILE, policy=Policy(HOSTILE)) for v in what.variants),
        ),
        "next": replace(make_next(), notes=(HOSTILE,)),
        "reconciliation": Reconciliation(
            tuple(replace(row, model=HOSTILE, why=(HOSTILE,)) for row in make_reconciliation().rows), (HOSTILE,)
        ),
        "landscape": Landscape(
            DAY, (HOSTILE,), (Product(HOSTILE, {HOSTILE: Figure(HOSTILE, HOSTILE, DAY, "A", HOSTILE, HOSTILE)}),)
        ),
        "printed": PrintedTable(HOSTILE, HOSTILE, None, None, (HOSTILE,), ((HOSTILE,),), (HOSTILE,)),
        "talk time": TalkTimeTable((1,), (TalkTimeRow(HOSTILE, HOSTILE, DAY, (None,), None, HOSTILE),), (HOSTILE,)),
    }  # fmt: skip


@pytest.mark.parametrize("name", hostile_objects())
def test_names_are_only_words(name: str) -> None:
    given = bundle(hostile_objects()[name])
    page = assert_harmless(given["text/html"])
    assert not page.all("script")
    for text in (given["text/plain"], page.text()):
        assert "\x1b" not in text
        assert "\u202e" not in text


def texts(value: object) -> tuple[str, str]:
    given = bundle(value)
    return read(given["text/html"]).text(), given["text/plain"]


def test_what_has_no_price_is_said_with_the_reason_and_is_never_nothing() -> None:
    unpriced = make_meter(3, model="my-own-model")
    for told in texts(unpriced):
        assert "No price is known for the model 'my-own-model'" in " ".join(told.split())
        assert "unpriced" in told
    for told in texts(make_projection(model="my-own-model")):
        assert "unpriced: No price is known" in told
        assert "$0.00" not in told
    for told in texts(make_whatif()):
        assert "unpriced" in told


def test_both_ways_tell_the_sum_and_the_reasons() -> None:
    meter = make_meter()
    for told in texts(meter):
        assert f"{meter.cost} is what gpt-realtime and whisper-1 would charge" in told
        assert "the embedded server is free" in " ".join(told.split())
        assert "instructions changed" in told
        assert "30 responses" in told
        for line in meter.cost.lines:
            assert line.label in told


def test_a_row_of_prices_tells_its_sources() -> None:
    for told in texts(rates_of()):
        for source in rates_of().source:
            assert source.partition(": ")[2] in told
        assert "Checked 2026-11-21. A: the vendor's own text." in told


def test_a_price_list_tells_what_its_letters_mean() -> None:
    for told in texts(table(DAY)):
        assert "A: the vendor's own text" in told
        assert "2027-01-20" in told


def test_empty_objects_say_that_they_are() -> None:
    for name, words in {
        "empty meter": "othing was used",
        "empty price table": "no prices",
        "empty history": "no prices",
        "empty what if": "o variants to compare with",
        "empty reconciliation": "othing to compare",
    }.items():
        assert all(words in told for told in texts(ALL[name]())), name
    assert all("Nothing was recorded." in told for told in texts(ALL["empty meter"]()))


def test_printed_tables_tell_when_they_were_true() -> None:
    html, plain = texts(printed_tables()[0])
    assert "true: 2025-08-28 to 2027-01-20" in html
    assert "True: 2025-08-28 to 2027-01-20" in plain
    bare = PrintedTable("A document", "Prices", None, None, ("a",), (("1",),), printed_on=date(2026, 1, 31))
    assert "true: never, printed 2026-01-31" in texts(bare)[0]


def test_pictures_of_cards_follow_the_theme() -> None:
    source = read(bundle(make_meter())["text/html"]).all("img")[0]["src"]
    svg = base64.b64decode(source.partition(",")[2]).decode()
    assert "prefers-color-scheme:dark" in svg
    assert not re.search(r"(?:href|src)=\"http", svg)
