"""Reading members of events that may hold anything: a server's mistake must not stop the session."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = ["at", "number", "parts", "string", "whole"]


def at(value: object, *path: str) -> object:
    """The member at a path; None where there is none.

    Examples
    --------
    >>> at({"audio": {"input": 5}}, "audio", "input"), at({"audio": None}, "audio", "input")
    (5, None)
    """
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def string(value: object) -> str:
    """A string; empty if it is none."""
    return value if isinstance(value, str) else ""


def whole(value: object) -> int:
    """A whole number; 0 if it is no number."""
    found = number(value)
    return 0 if found is None else int(found)


def number(value: object) -> float | None:
    """A finite number; None if it is none.

    Examples
    --------
    >>> number(3), number("3"), number(float("nan"))
    (3.0, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def parts(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The content parts of an item."""
    content = item.get("content")
    return [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []
