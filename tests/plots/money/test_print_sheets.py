from __future__ import annotations

from datetime import date

from support.bills import HOSTILE

from rtnb.plots.grid import text_columns
from rtnb.plots.money.print_sheets import (
    corrections,
    landscape_sheet,
    landscape_sheets,
    landscape_text,
    printed_sheet,
    sources,
)
from rtnb.pricing.market.landscape import (
    Figure,
    Landscape,
    PrintedTable,
    Product,
    landscape,
    model_history,
    printed_tables,
)

GRID = Landscape(
    date(2026, 11, 21),
    ("latency", "price"),
    (
        Product("One", {"latency": Figure("0.5 s", "Vendor: https://example.com/a", said="0.1 s", why="Measured."),
                        "price": Figure("$1")}),
        Product("Two", {"price": Figure("$2", "Vendor: https://example.com/a", said="$3", why="")}),
    ),
)  # fmt: skip


def test_corrections_are_numbered_in_the_order_of_reading() -> None:
    marks = corrections(GRID)
    assert [(mark.mark, mark.where) for mark in marks.values()] == [("[1]", "One, latency"), ("[2]", "Two, price")]
    assert str(marks["One", "latency"]) == "[1] One, latency. A document says: “0.1 s” Measured."


def test_every_correction_is_marked_in_its_cell_and_explained() -> None:
    for grid in (landscape(), model_history(), GRID):
        marks = corrections(grid)
        cells = " ".join(str(cell) for row in landscape_sheet(grid).rows for cell in row)
        text = " ".join(landscape_text(grid).split())
        assert marks
        for mark in marks.values():
            assert f"corrected {mark.mark}" in cells
            assert f"(corrected {mark.mark})" in text
            assert " ".join(mark.why.split())[:60] in text


def test_every_product_is_told_on_a_terminal() -> None:
    text = landscape_text(landscape())
    for product in landscape().products:
        assert product.name in text
    assert all(text_columns(line) <= 100 for line in text.split("\n"))


def test_a_source_is_named_once() -> None:
    assert sources(GRID) == ["Vendor: https://example.com/a"]
    assert len(sources(landscape())) == len(set(sources(landscape())))


def test_printed_tables_say_when_each_row_was_true() -> None:
    for table in printed_tables():
        sheet = printed_sheet(table)
        assert len(sheet.rows) == len(table.rows)
        assert {len(row) for row in sheet.rows} <= {len(sheet.heads)}
        assert ("true" in [head.title for head in sheet.heads]) == bool(table.rows)
    bare = PrintedTable("A document", "Prices", None, None, ("a", "b"), (("1", "2"),))
    assert [head.title for head in printed_sheet(bare).heads] == ["a", "b"]


def test_terminals_are_not_told_what_to_do() -> None:
    grid = Landscape(date(2026, 11, 21), ("x",), (Product(HOSTILE, {"x": Figure(HOSTILE, said=HOSTILE)}),))
    assert "\x1b" not in landscape_text(grid)


def test_wide_tables_come_in_parts_that_fit_a_card() -> None:
    for grid in (landscape(), model_history(), GRID):
        parts = landscape_sheets(grid)
        assert [head.title for part in parts for head in part.heads if head.title] == list(grid.columns)
        for part in parts:
            # 882 of the 900 pixels of a card at 13 pixels a letter, each column with 16 for its padding.
            assert sum(float(head.least.removesuffix("em")) * 13 + 16 for head in part.heads if head.least) <= 882
            assert [str(row[0]) for row in part.rows] == [product.name for product in grid.products]
    assert len(landscape_sheets(GRID)) == 1
    assert len(landscape_sheets(model_history())) == 2
    assert landscape_sheets(Landscape(date(2026, 11, 21), (), ())) == []
