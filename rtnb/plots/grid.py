"""Tables for terminals: cells of several lines, wrapped to a width, between light rules."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rtnb.plots.html import clean

__all__ = ["Block", "Column", "grid", "safe", "text_columns", "wrap"]

Block: TypeAlias = list[str]
"""The lines of a cell; those of a column that stretches are wrapped further."""

LEAST = 14
"""A column of words is never narrower."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Parameters
    ----------
    title : str
    right : bool
        Whether its cells are flush right.
    stretch : int
        Its share of the width that the others leave; 0 for a column as wide as its widest cell.
    """

    title: str
    right: bool = False
    stretch: int = 0


def safe(text: str) -> str:
    """`text` on one line without control characters, which a terminal would obey."""
    return clean(" ".join(text.split()))


def text_columns(text: str) -> int:
    """How many columns of a terminal `text` takes: two a wide character, none a combining one."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` columns, broken between words, and inside those that are too long.

    Examples
    --------
    >>> wrap("a sentence with averyverylongword", 10)
    ['a sentence', 'with', 'averyveryl', 'ongword']
    """
    lines, line, used = [], "", 0
    for word in text.split():
        size = text_columns(word)
        if used and used + 1 + size > width:
            lines.append(line)
            line, used = "", 0
        while size > width:
            head = _head(word, width)
            lines.append(head)
            word = word[len(head) :]
            size = text_columns(word)
        line, used = (f"{line} {word}", used + 1 + size) if used else (word, size)
    return [*lines, line] if line or not lines else lines


def _head(word: str, width: int) -> str:
    """As much of `word` as fits, but at least one character."""
    used = 0
    for i, char in enumerate(word):
        used += text_columns(char)
        if used > width:
            return word[: max(i, 1)]
    return word


def grid(
    columns: Sequence[Column], rows: Sequence[Sequence[Block]], *, width: int, ruled: Collection[int] | None = None
) -> str:
    """The table as text.

    Parameters
    ----------
    columns : sequence of Column
    rows : sequence of rows, each a Block per column
    width : int
        Columns of the terminal; no line is longer, unless the words would get less than `LEAST`.
    ruled : collection of int, optional
        Which rows stand under a rule; all of them if not given.
    """
    titles = _titles(columns, rows)
    widths = _widths(columns, titles, rows, width)
    wrapped = [
        [[part for line in cell for part in (wrap(line, size) if column.stretch else [line])] for column, cell, size in
         zip(columns, row, widths, strict=True)]
        for row in rows
    ]  # fmt: skip
    rule = "─┼─".join("─" * size for size in widths)
    rule = f"─{rule}─"
    head = [
        _line(columns, [title[i] if i < len(title) else "" for title in titles], widths)
        for i in range(max(map(len, titles)))
    ]
    body = [_row(columns, row, widths) for row in wrapped]
    return "\n".join([*head, *(f"{rule}\n{row}" if ruled is None or i in ruled else row for i, row in enumerate(body))])


def _titles(columns: Sequence[Column], rows: Sequence[Sequence[Block]]) -> list[Block]:
    """Titles, broken where they say so, and at their commas where they are wider than what stands below them."""
    titles = []
    for i, column in enumerate(columns):
        if "\n" in column.title:
            titles.append(column.title.split("\n"))
            continue
        widest = max((text_columns(line) for row in rows for line in row[i]), default=0)
        narrow = not column.stretch and text_columns(column.title) > widest
        parts = column.title.split(", ")
        titles.append([*(f"{part}," for part in parts[:-1]), parts[-1]] if narrow else [column.title])
    return titles


def _widths(
    columns: Sequence[Column], titles: Sequence[Block], rows: Sequence[Sequence[Block]], width: int
) -> list[int]:
    widths = [
        0 if column.stretch else max(text_columns(line) for line in [*titles[i], *(x for row in rows for x in row[i])])
        for i, column in enumerate(columns)
    ]
    left = width - sum(widths) - 3 * (len(columns) - 1) - 2
    shares = sum(column.stretch for column in columns)
    for i, column in enumerate(columns):
        if column.stretch:
            widths[i] = max(LEAST, left * column.stretch // shares)
    return widths


def _line(columns: Sequence[Column], cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = []
    for column, cell, size in zip(columns, cells, widths, strict=True):
        space = " " * (size - text_columns(cell))
        padded.append(space + cell if column.right else cell + space)
    return f" {' │ '.join(padded)} ".rstrip()


def _row(columns: Sequence[Column], row: Sequence[Block], widths: Sequence[int]) -> str:
    height = max(len(cell) for cell in row)
    return "\n".join(_line(columns, [cell[i] if i < len(cell) else "" for cell in row], widths) for i in range(height))
