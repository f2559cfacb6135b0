from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.cli.listing import Field, as_csv, as_json, paragraph, table
from rtnb.plots.grid import text_columns

FIELDS = (Field("name"), Field("count", right=True, spare=1), Field("words", stretch=True), Field("more", spare=2))
ROWS = [["a", "1", "some words that go on for a while, and on", "x"], ["bcd", "1,234", "", ""]]
TOTAL = ["in all", "1,235", "", ""]


@given(width=st.integers(30, 200))
def test_no_line_is_longer_than_the_terminal(width: int) -> None:
    assert max(map(text_columns, table(FIELDS, ROWS, width=width, total=TOTAL).splitlines())) <= width


@given(width=st.integers(10, 200))
def test_no_word_is_lost_without_being_named(width: int) -> None:
    text = " ".join(table(FIELDS, ROWS, width=width, total=TOTAL).split())
    assert "bcd" in text and "in all" in text
    assert "1,234" in text or "also shows: more, count" in text
    joined = text.replace("bcd", "").replace("1,234", "")
    assert all(word in joined for word in ("some", "while,"))


def test_columns_stand_under_each_other() -> None:
    head, rule, one, two, other, total = table(FIELDS, ROWS, width=100, total=TOTAL).splitlines()
    assert one.index(" 1 ") + 1 == two.index("1,234") + 4 == total.index("1,235") + 4
    assert head.index("words") == one.index("some") and head.index("more") == one.index("x")
    assert rule == other and set(rule) == {"─"} and len(rule) >= len(one)


def test_an_empty_column_is_left_out() -> None:
    assert "more" not in table(FIELDS, [["a", "1", "w", ""]], width=100)


def test_control_characters_reach_no_terminal() -> None:
    assert "\x1b" not in table(FIELDS, [["\x1b[31m", "", "\x1b[2J", ""]], width=80) + paragraph("\x1b[2J", width=40)


amounts = st.decimals(min_value=0, max_value=10**6, places=12)


@given(
    st.lists(
        st.fixed_dictionaries({"name": st.text(), "usd": amounts | st.none(), "why": st.lists(st.text(max_size=9))})
    )
)
def test_csv_reads_back(records: list[dict[str, object]]) -> None:
    read = list(csv.DictReader(io.StringIO(as_csv(records, ("name", "usd", "why")) + "\n", newline="")))
    for row, record in zip(read, records, strict=True):
        usd = record["usd"]
        assert row["usd"] == ("" if usd is None else f"{usd:f}")
        assert row["usd"] == "" or Decimal(row["usd"]) == usd
        assert row["name"] == str(record["name"]).replace("\r", " ")


def test_small_amounts_are_plain_numbers() -> None:
    assert "0.0000004" in as_csv([{"usd": Decimal("4E-7")}])


def test_json_reads_back() -> None:
    value = {"usd": Decimal("0.071985"), "on": date(2026, 1, 31), "why": None, "words": "zwölf"}
    assert json.loads(as_json(value)) == {"usd": 0.071985, "on": "2026-01-31", "why": None, "words": "zwölf"}


@pytest.mark.parametrize("width", [1, 20, 80])
def test_a_paragraph_hangs_from_its_mark(width: int) -> None:
    first, *rest = paragraph("one two three four five six seven eight", width=width, mark="  - ").splitlines()
    assert first.startswith("  - one") and all(line.startswith("    ") for line in rest)
