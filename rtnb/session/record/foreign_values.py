"""Events that were not written as JSON: printed Python values, and tables with an event in a cell."""

from __future__ import annotations

import ast
import csv
import io
import re
import threading
import warnings
from collections.abc import Iterator
from typing import Any

__all__ = ["printed", "printed_all", "rows"]

LARGEST_CHARS = 4 << 20
"""Of a printed value in a line: a minute and more of uncompressed audio in base64."""
LARGEST_ALL_CHARS = 32 << 20
"""Of a file that is one printed value. Python's parser takes some ten times the room of the text for a while."""
SEARCHED_CHARS = 1 << 18
"""Of a file, in which its first row with JSON is expected."""

_BEGINS = re.compile(r"\{\s*'")
_ALL_BEGINS = re.compile(r"\s*[\[(]?\s*\{\s*'")
_CELL = re.compile(r'(?:\A|[,;\t\n])"\s*\{\s*""')

_limit = threading.Lock()


def printed(line: str) -> tuple[int, dict[str, Any]] | None:
    """The dict that was printed into a line, and where it begins; None where there is none.

    Examples
    --------
    >>> printed("INFO got {'type': 'error', 'final': True, 'param': None} from it")
    (9, {'type': 'error', 'final': True, 'param': None})
    """
    begin, end = _BEGINS.search(line), line.rfind("}") + 1
    if begin is None or not 0 < end - begin.start() <= LARGEST_CHARS:
        return None
    value = _literal(line[begin.start() : end])
    return (begin.start(), value) if isinstance(value, dict) else None


def printed_all(text: str) -> object:
    """What a text is that was printed as one Python value; None where it is none.

    Examples
    --------
    >>> printed_all("[{'type': 'a'},\\n {'type': 'b'}]")
    [{'type': 'a'}, {'type': 'b'}]
    """
    if len(text) > LARGEST_ALL_CHARS or not _ALL_BEGINS.match(text):
        return None
    return _literal(text.strip())


def _literal(text: str) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # escapes that Python does not know
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


def rows(text: str) -> Iterator[tuple[int, dict[str, str]]] | None:
    """The rows of a table that has JSON in a column, with the numbers of their lines; None where it is no table.

    The cell that holds the JSON is called ``event``, whatever its column is called.

    Examples
    --------
    >>> list(rows('time,what\\n5,"{""type"": ""a""}"\\n'))
    [(2, {'time': '5', 'event': '{"type": "a"}'})]
    """
    return _rows(text) if _CELL.search(text, 0, SEARCHED_CHARS) else None


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    first = text.split("\n", 1)[0]
    begins = _CELL.search(first)
    # In the first line there is a delimiter before the JSON, or there are names alone.
    head = first[: begins.start() + 1] if begins else first
    delimiter = max(",;\t", key=head.count)
    names: list[str] = []
    with _limit:
        before = csv.field_size_limit(1 << 28)
        try:
            reader = csv.reader(io.StringIO(text), delimiter=delimiter)
            found: list[tuple[int, dict[str, str]]] = []
            begun = 1
            for cells in _read(reader):
                place = next((at for at, cell in enumerate(cells) if cell.lstrip()[:1] == "{"), None)
                if place is None:
                    names = names or [cell.strip() for cell in cells]
                else:
                    row = {name: cell for name, cell in zip(names, cells, strict=False) if name}
                    if place < len(names):
                        row.pop(names[place], None)
                    found.append((begun, {**row, "event": cells[place]}))
                begun = reader.line_num + 1
        finally:
            csv.field_size_limit(before)
    yield from found


def _read(reader: Any) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error:
        return
