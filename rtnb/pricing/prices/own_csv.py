"""Prices of your own from a spreadsheet: the columns of ``rtnb prices --csv``, read back.

Where the comma is the decimal mark, spreadsheets part columns with semicolons and write ``28,5``; both are understood.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from rtnb.errors import ConfigError

__all__ = ["read_csv"]

_UNITS = {
    "1M tokens": ("usd_per_1m_tokens", ""),
    "minute": ("usd_per_minute", ""),
    "minute of session": ("usd_per_session_second", "/60"),
    "second of session": ("usd_per_session_second", ""),
    "hour of session": ("usd_per_session_second", "/3600"),
}
"""What a price buys, in words, as a unit and what its prices are divided by."""

_SECONDS = re.compile(r"(\d+) s of session")
_PRICES = {
    f"{modality}_{kind}_usd": (modality, kind)
    for modality, kind in product(("text", "audio", "image"), ("input", "cached", "output"))
} | {"session_usd": ("session", "input")}
_TEXTS = ("model", "kind", "valid_from", "valid_to", "shutdown", "source", "note")
_COUNTS = ("context_tokens", "max_input_tokens", "max_output_tokens")
_IGNORED = ("checked", "confidence")
_COLUMNS = (*_TEXTS, "per", *_PRICES, *_COUNTS, *_IGNORED)


def read_csv(path: Path) -> list[dict[str, Any]]:
    """Rows of a CSV file in the form that :func:`rtnb.pricing.book` takes; empty cells are left out.

    Raises
    ------
    ConfigError
        A column means nothing here, or a cell cannot be read; the message names it.
    OSError
        The file cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        file.seek(0)
        semicolons = ";" in head and "," not in head
        reader = csv.DictReader(file, delimiter=";" if semicolons else ",")
        for column in reader.fieldnames or ():
            if column not in _COLUMNS:
                near = difflib.get_close_matches(column, _COLUMNS, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(_COLUMNS)}."
                raise ConfigError(f"{path.name} has a column {column!r} that means nothing here{hint}")
        return list(_rows(reader, path.name, commas=semicolons))


def _rows(reader: Iterator[dict[str, Any]], title: str, *, commas: bool) -> Iterator[dict[str, Any]]:
    for number, cells in enumerate(reader, start=1):
        given = {name: cell.strip() for name, cell in cells.items() if isinstance(cell, str) and cell.strip()}
        if not given:
            continue
        where = f"Row {number} of {title}"
        per = given.get("per", "1M tokens")
        several = _SECONDS.fullmatch(per)
        if per not in _UNITS and several is None:
            raise ConfigError(f"{where}: 'per' is {per!r}; there are {', '.join(_UNITS)}.")
        unit, divided = ("usd_per_session_second", f"/{several[1]}") if several else _UNITS[per]
        row: dict[str, Any] = {"unit": unit, "prices": {}}
        for column, (modality, kind) in _PRICES.items():
            if column in given:
                row["prices"].setdefault(modality, {})[kind] = _number(given[column], commas) + divided
        row |= {name: given[name] for name in _TEXTS if name in given}
        for name in _COUNTS:
            if name in given:
                # A spreadsheet, and pandas where cells are missing, write 32000.0.
                text = re.sub(r"[.,]0\Z", "", given[name])
                text = re.sub(r"[.,](?=\d{3}(?!\d))", "", text)
                if not text.isdecimal():
                    raise ConfigError(f"{where}: {name} is {given[name]!r}; it is a number of tokens.")
                row[name] = int(text)
        yield row


def _number(text: str, commas: bool) -> str:
    """A number with a decimal point; where the comma is the decimal mark, a point before it parts thousands."""
    return text.replace(".", "").replace(",", ".") if commas and "," in text else text
