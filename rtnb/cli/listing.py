"""What commands print: a table as wide as the terminal for people, CSV or JSON for programs."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any, TypeAlias

__all__ = [
    "Commands",
    "Field",
    "add_formats",
    "as_csv",
    "as_json",
    "paragraph",
    "shown_whole",
    "table",
    "terminal_width",
]

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""What a parser's commands are added to."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a table.

    Parameters
    ----------
    title : str
    right : bool
        Whether its cells are flush right.
    stretch : bool
        Whether it is wrapped into the width that the others leave; at most one column should.
    least : int
        What a column that stretches gets at least; a terminal that is too narrow for that wraps by itself.
    spare : int
        Columns above 0 are left out where the terminal is too narrow, those of the highest number first.
    """

    title: str
    right: bool = False
    stretch: bool = False
    least: int = 16
    spare: int = 0


def add_formats(parser: argparse.ArgumentParser) -> None:
    """``--csv`` and ``--json``."""
    formats = parser.add_mutually_exclusive_group()
    formats.add_argument("--csv", dest="format", action="store_const", const="csv", help="CSV on stdout, nothing else")
    formats.add_argument("--json", dest="format", action="store_const", const="json", help="JSON, likewise")
    parser.set_defaults(format="table")


def terminal_width() -> int:
    """Columns to fill; 100 where nobody looks."""
    return shutil.get_terminal_size((100, 24)).columns


def shown_whole() -> bool:
    """Whether tables keep all their columns: in a pipe or a file, where no width was asked for, nothing is too wide."""
    return not os.environ.get("COLUMNS") and not (sys.stdout is not None and sys.stdout.isatty())


def table(
    fields: Sequence[Field],
    rows: Sequence[Sequence[str]],
    *,
    width: int,
    total: Sequence[str] = (),
    whole: bool = False,
) -> str:
    """Rows under their titles, with `total` set apart; columns that are empty throughout are left out.

    Where columns had to be left out because the terminal is too narrow, a last line says which; with `whole` they
    stay, and lines may be longer than `width`.

    Examples
    --------
    >>> print(table([Field("what"), Field("USD", right=True)], [["text", "1.00"], ["audio", "20.00"]], width=40))
     what    USD
    ─────────────
     text   1.00
     audio 20.00
    """
    from rtnb.plots.grid import safe, text_columns, wrap

    everything = [[safe(cell) for cell in row] for row in ([*rows, total] if total else rows)]
    used = [i for i, _ in enumerate(fields) if any(row[i] for row in everything)]
    sizes = [
        max(text_columns(cell) for cell in [field.title, *(r[i] for r in everything)]) for i, field in enumerate(fields)
    ]
    least = [min(size, field.least) if field.stretch else size for field, size in zip(fields, sizes, strict=True)]
    hidden = []
    spare = [] if whole else sorted((i for i in used if fields[i].spare), key=lambda i: -fields[i].spare)
    for i in spare:
        if sum(least[i] + 1 for i in used) + 1 > width:
            used.remove(i)
            hidden.append(fields[i].title)
    left = width - 1 - sum(sizes[i] + 1 for i in used if not fields[i].stretch) - 1
    sizes = [min(sizes[i], max(fields[i].least, left)) if fields[i].stretch else sizes[i] for i in used]
    fields, everything = [fields[i] for i in used], [[row[i] for i in used] for row in everything]

    def line(cells: Sequence[str]) -> str:
        padded = []
        for field, cell, size in zip(fields, cells, sizes, strict=True):
            space = " " * (size - text_columns(cell))
            padded.append(space + cell if field.right else cell + space)
        return f" {' '.join(padded)}".rstrip()

    def block(row: Sequence[str]) -> list[str]:
        cells = [
            wrap(cell, size) if field.stretch else [cell] for field, cell, size in zip(fields, row, sizes, strict=True)
        ]
        height = max(map(len, cells))
        return [line([cell[i] if i < len(cell) else "" for cell in cells]) for i in range(height)]

    rule = "─" * (sum(sizes) + len(sizes) + 1)
    body = everything[:-1] if total else everything
    lines = [line([field.title for field in fields]), rule, *(part for row in body for part in block(row))]
    if total:
        lines += [rule, *block(everything[-1])]
    if hidden:
        lines += wrap(f"(a wider terminal also shows: {', '.join(hidden)})", width)
    return "\n".join(lines)


def paragraph(text: str, *, width: int, mark: str = "") -> str:
    """A sentence wrapped to the width, hanging from its mark."""
    from rtnb.plots.grid import safe, wrap

    lines = wrap(safe(text), max(16, width - len(mark)))
    return "\n".join(f"{mark if i == 0 else ' ' * len(mark)}{line}" for i, line in enumerate(lines))


def as_csv(records: Iterable[Mapping[str, Any]], columns: Sequence[str] = ()) -> str:
    """Records as CSV with a head; an unknown value is an empty cell, several are joined by semicolons.

    Examples
    --------
    >>> print(as_csv([{"model": "m", "usd": Decimal("0.0000004")}]))
    model,usd
    m,0.0000004
    """
    rows = [{key: _cell(value) for key, value in record.items()} for record in records]
    place = io.StringIO()
    names = list(columns) or list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(place, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return place.getvalue().rstrip("\n")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        # Never 4E-7, which some readers take for a word.
        return f"{value:f}"
    if isinstance(value, float) and isfinite(value):
        return f"{Decimal(repr(value)):f}"
    if isinstance(value, list | tuple):
        return "; ".join(map(_cell, value))
    # A lone carriage return ends a line for many readers, and Python 3.11's writer does not quote it.
    return str(value).replace("\r", " ")


def as_json(value: Any) -> str:
    """JSON, indented; amounts are numbers, days are ISO dates, what is unknown is null.

    ASCII alone, with escapes for the rest: no pipe and no shell can spoil it.

    Examples
    --------
    >>> print(as_json({"on": date(2026, 1, 31), "usd": Decimal("0.25")}))
    {
      "on": "2026-01-31",
      "usd": 0.25
    }
    """
    return json.dumps(value, indent=2, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
