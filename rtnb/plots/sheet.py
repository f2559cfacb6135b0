"""A table that is said once and shown twice: as HTML and as text for terminals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rtnb.plots import grid
from rtnb.plots.grid import safe, wrap
from rtnb.plots.html import Child, Html, css, tag
from rtnb.plots.palette import MUTED
from rtnb.plots.style import ink_css
from rtnb.plots.tables import Column, Wide, table_html
from rtnb.plots.words import clipped

__all__ = ["Cell", "Head", "Sheet", "sheet_html", "sheet_text"]

TEXT_LIMIT = 600
"""Characters of a cell that are shown."""
MOST_ROWS = 60
"""Rows of a table for terminals; the middle of longer ones is left out."""
FOLDED = 40
"""A longer table waits behind a click where HTML is shown."""
MOST_SHARE = 120
"""A column of longer words gets no larger share of a terminal for it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is more than a word.

    Parameters
    ----------
    text : str
    note : str
        What is said behind it, muted.
    strong : bool
    span : int
        How many columns it takes where HTML is shown; the cells that it covers are empty.
    """

    text: str
    note: str = ""
    strong: bool = False
    span: int = 1

    def __str__(self) -> str:
        return f"{self.text} {self.note}".strip()


_Cell: TypeAlias = str | Cell


@dataclass(frozen=True, slots=True)
class Head:
    """A column: its title, the title that it shares with its neighbours, and whether it holds words."""

    title: str
    group: str = ""
    words: bool = False
    least: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table.

    Parameters
    ----------
    heads : tuple of Head
    rows : tuple of rows
        A cell for each column; an empty string where there is nothing to say.
    total : row
        Set apart at the foot; empty for none.
    caption : str
        What stands below it.

    Examples
    --------
    >>> print(sheet_text(Sheet((Head("model", words=True), Head("in", "audio")), (("gpt-realtime", "$32"),))))
     model        │ audio
                  │    in
    ──────────────┼───────
     gpt-realtime │   $32
    """

    heads: tuple[Head, ...]
    rows: tuple[tuple[_Cell, ...], ...]
    total: tuple[_Cell, ...] = ()
    caption: str = ""


def sheet_html(sheet: Sheet, *, full: bool = False, folded: str = "") -> Html:
    """The table as HTML.

    Parameters
    ----------
    sheet : Sheet
    full : bool
        Whether it takes the whole width.
    folded : str
        What the click is called behind which it waits; if empty, only long tables are folded.
    """
    columns = [Column(head.title, head.group, head.words, least=head.least) for head in sheet.heads]
    rows = [_children(row) for row in sheet.rows]
    total = [_child(cell) if str(cell) else "" for cell in sheet.total]
    table = table_html(columns, rows, caption=sheet.caption, total=total, full=full)
    if not folded and len(rows) <= FOLDED:
        return table
    summary = tag("summary", folded or f"all {len(rows):,} rows", style=css(padding="4px 1.56%"))
    return tag("details", summary, table)


def _children(row: Sequence[_Cell]) -> list[Child | Wide]:
    """A row without the cells that another covers."""
    found: list[Child | Wide] = []
    covered = 0
    for cell in row:
        if covered:
            covered -= 1
            continue
        span = cell.span if isinstance(cell, Cell) else 1
        found.append(Wide(_child(cell), span) if span > 1 else _child(cell))
        covered = span - 1
    return found


_NOTHING = tag("span", "–", style=ink_css(MUTED))


def _child(cell: _Cell) -> Child:
    if isinstance(cell, str):
        return clipped(cell, TEXT_LIMIT) if cell else _NOTHING
    text: Child = clipped(cell.text, TEXT_LIMIT) or _NOTHING
    if cell.strong:
        text = tag("b", text)
    if not cell.note:
        return text
    return (text, " ", tag("small", clipped(cell.note, TEXT_LIMIT), style=ink_css(MUTED)))


def sheet_text(sheet: Sheet, *, width: int = 100) -> str:
    """The table as text of at most `width` columns; cells of words are wrapped where it would be wider."""
    heads = sheet.heads
    titles = ["\n".join(safe(part) for part in (head.group, head.title) if part) for head in heads]
    rows = [[_block(cell) for cell in row] for row in sheet.rows]
    left_out = max(0, len(rows) - MOST_ROWS)
    if left_out:
        half = MOST_ROWS // 2
        gap = [["…"], *([""] for _ in heads[1:])]
        rows = [*rows[:half], gap, *rows[-half:]]
    if sheet.total:
        rows.append([_block(cell) for cell in sheet.total])
    ruled = {0, len(rows) - 1} if sheet.total else {0}
    lines = [grid.grid(_columns(heads, titles, rows, width), rows, width=width, ruled=ruled)] if rows else []
    if left_out:
        lines.append(f"… stands for {left_out:,} more rows.")
    if sheet.caption:
        lines += wrap(safe(sheet.caption), width)
    return "\n".join(lines)


def _block(cell: _Cell) -> grid.Block:
    """The lines of a cell; only cells of tables for terminals alone are of more than one."""
    return [safe(clipped(line, TEXT_LIMIT)) for line in str(cell).split("\n")]


def _columns(
    heads: Sequence[Head], titles: Sequence[str], rows: Sequence[Sequence[grid.Block]], width: int
) -> list[grid.Column]:
    """Columns as wide as they need, and those of words wrapped where there is no room for that."""
    sizes = [
        max(grid.text_columns(text) for text in (*title.split("\n"), *(line for row in rows for line in row[i])))
        for i, title in enumerate(titles)
    ]
    room = width - 3 * (len(heads) - 1) - 2
    room -= sum(size for size, head in zip(sizes, heads, strict=True) if not head.words)
    # Short columns keep their width; the others share what is left, long ones more of it.
    wrapped = {i for i, head in enumerate(heads) if head.words}
    for i in sorted(wrapped, key=lambda i: sizes[i]):
        if sizes[i] * len(wrapped) > room:
            break
        wrapped.remove(i)
        room -= sizes[i]
    return [
        grid.Column(title, right=not head.words, stretch=min(sizes[i], MOST_SHARE) if i in wrapped else 0)
        for i, (head, title) in enumerate(zip(heads, titles, strict=True))
    ]
