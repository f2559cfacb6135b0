"""The JSON objects in a file that somebody else wrote: lines, an array, an object around a list, or a text log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from rtnb.session.record.foreign_values import printed, printed_all, rows

__all__ = ["Found", "Text", "objects", "spread"]

Json = dict[str, Any]

LISTS = ("events", "log", "logs", "messages", "entries", "frames", "records", "items", "data", "history", "transcript")
"""Members that hold the list, in files that are one object."""

_BRACE = re.compile(r"\{")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Text:
    """What a line says around its JSON, and the line's number."""

    line: int
    before: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds.

    Attributes
    ----------
    objects : list of (Text, dict)
        In the order of the file.
    damaged : list of (int, str)
        Lines that begin an object which does not end well, and why.
    text_lines : int
        Lines that hold no JSON at all, as text logs have.
    """

    objects: list[tuple[Text, Json]]
    damaged: list[tuple[int, str]]
    text_lines: int = 0


def objects(text: str) -> Found:
    """All JSON objects in a text.

    Examples
    --------
    >>> [found for _, found in objects('{"type": "a"}\\n12:00 got {"type": "b"}\\n').objects]
    [{'type': 'a'}, {'type': 'b'}]
    >>> [found for _, found in objects("got {'type': 'a', 'final': None}").objects]
    [{'type': 'a', 'final': None}]
    >>> [found for _, found in objects('{"events": [{"type": "a"}, {"type": "b"}]}').objects]
    [{'type': 'a'}, {'type': 'b'}]
    """
    if text.lstrip()[:1] in ("{", "["):
        try:
            return Found([(Text(1), each) for each in _listed(orjson.loads(text))], [])
        except (ValueError, RecursionError):
            pass
    if (whole := printed_all(text)) is not None and (listed := _listed(whole)):
        return Found([(Text(1), each) for each in listed], [])
    if (table := rows(text)) is not None and (cells := list(table)):
        return Found([(Text(number), row) for number, row in cells], [])
    return _by_line(text)


def _listed(value: object) -> list[Json]:
    """The events of a file that is one JSON value."""
    if isinstance(value, list | tuple):
        return [each for each in value if isinstance(each, dict)]
    if not isinstance(value, dict):
        return []
    if frames := _har(value):
        return frames
    for name in LISTS:
        inner = value.get(name)
        if isinstance(inner, list) and any(isinstance(each, dict) for each in inner) and "type" not in value:
            return [each for each in inner if isinstance(each, dict)]
    return [value]


def _har(value: Mapping[str, Any]) -> list[Json]:
    """WebSocket messages in what a browser's network panel saves (HAR, with Chrome's ``_webSocketMessages``)."""
    log = value.get("log")
    entries = log.get("entries") if isinstance(log, dict) else None
    lists = [each.get("_webSocketMessages") for each in entries or () if isinstance(each, dict)]
    return [each for one in lists if isinstance(one, list) for each in one if isinstance(each, dict)]


def _by_line(text: str) -> Found:
    found: list[tuple[Text, Json]] = []
    damaged: list[tuple[int, str]] = []
    plain = 0
    # Not splitlines(), which also splits at characters that JSON may hold unescaped.
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip().rstrip(",")
        if not line:
            continue
        start = line.find("{")
        if start < 0:
            plain += line not in ("[", "]")
            continue
        value = None
        try:
            value = orjson.loads(line[start:])
        except ValueError:
            try:
                # Something may follow the object, and the first brace need not begin it.
                value = _first(line)
            except RecursionError:
                damaged.append((number, "it is nested too deeply"))
                continue
            if value is None and (said := printed(line)) is not None:
                start, value = said
        if isinstance(value, dict):
            found.append((Text(number, line[:start]), value))
        else:
            damaged.append((number, "its JSON does not end" if line[start:].count("{") else "it is no JSON"))
    return Found(found, damaged, plain)


def _first(line: str, tries: int = 4) -> Json | None:
    for brace, _ in zip(_BRACE.finditer(line), range(tries), strict=False):
        try:
            value, _ = _DECODER.raw_decode(line, brace.start())
        except ValueError:
            continue
        if isinstance(value, dict) and value:
            return value
    return None


def spread(text: str) -> Found:
    """All JSON objects in a text, wherever lines end: those of a log that prints them over several lines each.

    Examples
    --------
    >>> [found for _, found in spread('got {\\n  "type": "a"\\n}\\ngot {\\n  "type": "b"\\n}').objects]
    [{'type': 'a'}, {'type': 'b'}]
    """
    found: list[tuple[Text, Json]] = []
    damaged: list[tuple[int, str]] = []
    for number, before, value in _values(text):
        if value is None:
            damaged.append((number, "its JSON does not end"))
        else:
            found.append((Text(number, before), value))
    return Found(found, damaged)


def _values(text: str) -> Iterator[tuple[int, str, Json | None]]:
    """Objects one after the other, wherever lines end."""
    at, line, counted = 0, 1, 0
    misses = 0
    while misses < 100 and (start := text.find("{", at)) >= 0:
        line += text.count("\n", counted, start)
        counted = start
        begins = text.rfind("\n", 0, start) + 1
        try:
            value, at = _DECODER.raw_decode(text, start)
            yield line, text[max(begins, start - 200) : start], value
        except (ValueError, RecursionError):
            misses += 1
            yield line, "", None
            # The next object begins a line.
            following = text.find("\n{", start + 1)
            at = following if following >= 0 else start + 1
