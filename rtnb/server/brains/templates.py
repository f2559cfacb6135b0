"""Texts of a scenario with slots: ``"It is {output.temperature} degrees in {city}."``"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["UnsetError", "fill", "fill_all", "slots", "spoken"]

_SLOT: Final = re.compile(r"\{\{|\}\}|\{(?P<name>[A-Za-z_]\w*)(?P<path>(?:\.\w+)*)(?::(?P<kind>number))?\}")


class UnsetError(LookupError):
    """A slot whose value is not known; the message is its name."""


def slots(text: str) -> Iterator[str]:
    """The names in `text`.

    Examples
    --------
    >>> list(slots("{city}: {output.temperature}, {{not this}}"))
    ['city', 'output']
    """
    return (match["name"] for match in _SLOT.finditer(text) if match["name"])


def fill(text: str, values: Mapping[str, Any]) -> str:
    """`text` with its slots filled; ``{{`` and ``}}`` are braces.

    Raises
    ------
    UnsetError
        A value is missing.

    Examples
    --------
    >>> fill("{a.b} {{c}}", {"a": {"b": [1, 2]}})
    '[1, 2] {c}'
    """
    return _SLOT.sub(lambda match: spoken(_value(match, values)) if match["name"] else match.group()[0], text)


def fill_all(value: Any, values: Mapping[str, Any]) -> Any:
    """Any JSON value with the slots of its strings filled.

    A string that is one slot and nothing else becomes its value: ``"{output.ids}"`` a list, ``"{count:number}"`` a
    number.

    Examples
    --------
    >>> fill_all({"to": "{city}", "n": ["{n:number}"]}, {"city": "Paris", "n": "2"})
    {'to': 'Paris', 'n': [2]}
    """
    if isinstance(value, dict):
        return {fill(key, values): fill_all(each, values) for key, each in value.items()}
    if isinstance(value, list):
        return [fill_all(each, values) for each in value]
    if not isinstance(value, str):
        return value
    whole = _SLOT.fullmatch(value)
    return _value(whole, values) if whole and whole["name"] else fill(value, values)


def spoken(value: Any) -> str:
    """A value as it stands in a sentence.

    Examples
    --------
    >>> spoken(None), spoken(True), spoken(2.0), spoken("two")
    ('', 'true', '2', 'two')
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(match: re.Match[str], values: Mapping[str, Any]) -> Any:
    name = match["name"] + match["path"]
    if match["name"] not in values:
        raise UnsetError(name)
    value = values[match["name"]]
    for step in match["path"].split(".")[1:]:
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise UnsetError(name)
    return _number(value, name) if match["kind"] else value


def _number(value: Any, name: str) -> int | float:
    if isinstance(value, int | float):
        return value
    from rtnb.server.brains.numerals import read_number

    words = re.sub(r"(?<=\d),(?=\d{3})", "", str(value)).lower().replace("-", " ").split()
    found = read_number(words)
    if found is None or found[1] != len(words):
        raise UnsetError(f"{name}:number")
    return int(found[0]) if found[0].denominator == 1 else float(found[0])
