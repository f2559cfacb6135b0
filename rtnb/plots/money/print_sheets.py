"""The tables of what stands in print: products, models over time, price tables, each with what was corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from rtnb.plots.grid import safe, wrap
from rtnb.plots.sheet import Cell, Head, Sheet
from rtnb.plots.words import clipped
from rtnb.pricing.market.landscape import Landscape, ModelHistory, PrintedTable

__all__ = [
    "Correction",
    "corrections",
    "landscape_sheet",
    "landscape_sheets",
    "landscape_text",
    "printed_sheet",
    "sources",
]

LIMIT = 600


@dataclass(frozen=True, slots=True)
class Correction:
    """A cell in which a document was wrong."""

    mark: str
    where: str
    said: str
    why: str

    def __str__(self) -> str:
        return f"{self.mark} {self.where}. A document says: “{self.said}” {self.why}".strip()


def corrections(grid: Landscape | ModelHistory) -> dict[tuple[str, str], Correction]:
    """By product and column, numbered in the order of reading."""
    found: dict[tuple[str, str], Correction] = {}
    for product in grid.products:
        for column in grid.columns:
            cell = product.cells.get(column)
            if cell is not None and cell.said:
                mark = f"[{len(found) + 1}]"
                said, why = clipped(cell.said, LIMIT), clipped(cell.why, LIMIT)
                found[product.name, column] = Correction(mark, f"{product.name}, {column}", said, why)
    return found


def landscape_sheets(grid: Landscape | ModelHistory) -> list[Sheet]:
    """The table in as many parts as it takes for each to fit on a card, every part with the names."""
    widths = _widths(grid)
    parts = ceil(sum(widths.values()) / ROOM_EM)
    share = sum(widths.values()) / max(parts, 1)
    groups: list[list[str]] = [[] for _ in range(parts)]
    before = 0.0
    for column, width in widths.items():
        groups[min(int((before + width / 2) / share), parts - 1)].append(column)
        before += width
    return [landscape_sheet(grid, group) for group in groups if group]


def landscape_sheet(grid: Landscape | ModelHistory, columns: Sequence[str] | None = None) -> Sheet:
    """Products down, columns across, all or some; cells that correct a document carry a number."""
    marks = corrections(grid)
    widths = _widths(grid)
    columns = grid.columns if columns is None else columns
    # Columns share what is left; where nothing is, the table scrolls.
    spare = max(ROOM_EM - sum(widths[column] for column in columns), 0.0) / (len(columns) or 1)
    heads = (
        Head("", words=True, least=f"{NAMES_EM}em"),
        *(
            Head(column, words=True, least=f"{widths[column] - PADDING_EM + min(spare, SPARE_EM):.1f}em")
            for column in columns
        ),
    )
    rows = []
    for product in grid.products:
        cells: list[str | Cell] = [Cell(product.name, strong=True)]
        for column in columns:
            cell = product.cells.get(column)
            mark = marks.get((product.name, column))
            text = "" if cell is None else cell.text
            cells.append(Cell(text, f"corrected {mark.mark}") if mark else text)
        rows.append(tuple(cells))
    return Sheet(heads, tuple(rows))


PADDING_EM, NAMES_EM = 1.3, 8.0
"""What a column loses to its padding; how narrow the column of names may become."""
ROOM_EM = 66.0 - NAMES_EM - PADDING_EM
"""What a card of 900 pixels leaves for the other columns at 13 pixels a letter."""
LETTER_EM, LEAST_EM, LONGEST_EM, SPARE_EM = 0.6, 8.0, 9.6, 2.0


def _widths(grid: Landscape | ModelHistory) -> dict[str, float]:
    """How narrow columns may become with their padding: wide enough for their longest word, and to be read."""
    found = {}
    for column in grid.columns:
        texts = [product.cells[column].text for product in grid.products if column in product.cells]
        word = LETTER_EM * max(map(len, " ".join([column, *texts]).split()), default=1)
        read = max(map(len, texts), default=0) / 4
        found[column] = max(min(word, LONGEST_EM), min(read, LEAST_EM)) + PADDING_EM
    return found


def landscape_text(grid: Landscape | ModelHistory, *, width: int = 100) -> str:
    """For terminals, where so many words have no room side by side: a paragraph a product."""
    marks = corrections(grid)
    lines: list[str] = []
    indent = max((len(column) for column in grid.columns), default=0) + 4
    for product in grid.products:
        lines += ["", safe(product.name)]
        for column in grid.columns:
            cell = product.cells.get(column)
            if cell is None or not cell.text:
                continue
            mark = marks.get((product.name, column))
            said = f"{cell.text} {f'(corrected {mark.mark})' if mark else ''}"
            parts = wrap(safe(clipped(said, LIMIT)), width - indent)
            lines += [f"  {safe(column) if i == 0 else '':<{indent - 2}}{part}" for i, part in enumerate(parts)]
    if marks:
        lines += ["", "Corrected:"]
        for mark in marks.values():
            parts = wrap(safe(str(mark)), width - 4)
            lines += [f"{'  ' if i == 0 else '    '}{part}" for i, part in enumerate(parts)]
    return "\n".join(lines)


def sources(grid: Landscape | ModelHistory) -> list[str]:
    """Where the cells come from, each source once, with what it is of."""
    found: dict[str, None] = {}
    for product in grid.products:
        for cell in product.cells.values():
            for source in cell.source.split("; ") if cell.source else ():
                found.setdefault(clipped(source, LIMIT))
    return list(found)


def printed_sheet(table: PrintedTable) -> Sheet:
    """The cells as they were printed, when each row was true, and what is wrong with it."""
    spans, remarks = table.spans, table.remarks
    heads = [Head(column, words=True) for column in table.columns]
    if spans:
        heads.append(Head("true", words=True, least="7em"))
    if any(remarks):
        heads.append(Head("wrong", words=True, least="14em"))
    rows = []
    for i, row in enumerate(table.rows):
        cells: list[str | Cell] = list(row)
        if spans:
            cells.append(_span(table, i))
        if any(remarks):
            cells.append(remarks[i])
        rows.append(tuple(cells))
    return Sheet(tuple(heads), tuple(rows))


def _span(table: PrintedTable, i: int) -> str:
    first, last = table.spans[i]
    if first is None:
        return "never"
    return f"since {first}" if last is None else f"{first} to {last}"
