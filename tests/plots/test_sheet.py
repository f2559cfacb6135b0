from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support.bills import HOSTILE
from support.markup import assert_harmless, read

from rtnb.plots.grid import text_columns
from rtnb.plots.sheet import Cell, Head, Sheet, sheet_html, sheet_text

SHEET = Sheet(
    (Head("model", words=True), Head("in", "audio"), Head("out", "audio"), Head("why", words=True)),
    (("gpt-realtime", "$32", "$64", ""), ("mine", "", "$5", Cell("contract", "of last year", strong=True))),
    ("total", "", "", "2"),
    "USD",
)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)


def test_both_ways_say_the_same() -> None:
    html, text = assert_harmless(sheet_html(SHEET)), sheet_text(SHEET)
    for told in ("gpt-realtime", "$32", "$64", "mine", "contract of last year", "total", "USD", "audio", "model"):
        assert told in html.text()
        assert told in text


def test_what_is_empty_is_a_dash_in_html_and_blank_in_a_total() -> None:
    assert read(sheet_html(SHEET)).text().count("–") == 2


def test_columns_stand_below_each_other() -> None:
    lines = sheet_text(SHEET).split("\n")
    bars = {tuple(i for i, char in enumerate(line) if char in "│┼") for line in lines[:-1]}
    assert len(bars) == 1
    assert [line.startswith("─") for line in lines].count(True) == 2


@given(rows=st.lists(st.tuples(words, words, words), min_size=1, max_size=5), width=st.integers(80, 120))
def test_tables_for_terminals_fit(rows: list[tuple[str, str, str]], width: int) -> None:
    heads = (Head("one", words=True), Head("two", words=True), Head("three", words=True))
    for line in sheet_text(Sheet(heads, tuple(rows)), width=width).split("\n"):
        assert text_columns(line) <= width


def test_short_columns_are_not_widened_for_long_ones() -> None:
    heads = (Head("a", words=True), Head("b", words=True))
    line = sheet_text(Sheet(heads, (("x", "long " * 40),)), width=60).split("\n")[0]
    assert line.index("│") == 3


def test_the_middle_of_long_tables_is_left_out_on_terminals_and_folded_in_html() -> None:
    long = Sheet((Head("#"),), tuple((str(i),) for i in range(300)))
    text = sheet_text(long)
    assert "… stands for 240 more rows." in text
    assert text.count("\n") < 70
    html = assert_harmless(sheet_html(long))
    assert html.all("details")
    assert "299" in html.text()
    assert not read(sheet_html(SHEET)).all("details")


def test_names_are_only_words() -> None:
    sheet = Sheet((Head(HOSTILE, words=True),), ((HOSTILE,), (Cell(HOSTILE, HOSTILE),)), caption=HOSTILE)
    html = assert_harmless(sheet_html(sheet))
    assert not html.all("script")
    text = sheet_text(sheet)
    assert "\x1b" not in text
    assert "\u202e" not in text + html.text()


def test_a_sheet_without_rows_is_its_caption() -> None:
    assert sheet_text(Sheet((Head("a"),), (), caption="none yet")) == "none yet"
