"""Is this JSON that the live service would have parsed at all?

Python's parsers let through what a strict one refuses, and what cannot be written out again: halves of surrogate
pairs, NaN and infinities, integers of more than 64 bits, and nesting without end.
"""

from __future__ import annotations

import math
from typing import Any, Final

__all__ = ["MAX_DEPTH", "is_plain"]

MAX_DEPTH: Final = 128
"""Levels of nesting; the default bound of serde_json, the JSON parser of many Rust services. Nothing is published."""

_BIGGEST = 2**64


def is_plain(value: Any) -> bool:
    """Whether a decoded value is strict JSON of bounded depth; walks without recursion.

    Parameters
    ----------
    value : object
        Anything; what is no JSON type is not plain.

    Examples
    --------
    >>> is_plain({"a": [1, None, "Zürich"]}), is_plain({"a": float("nan")}), is_plain(["\\ud800"])
    (True, False, False)
    """
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        deeper: list[Any] = []
        for inner in level:
            if isinstance(inner, str):
                if not _is_text(inner):
                    return False
            elif isinstance(inner, dict):
                if not all(isinstance(name, str) and _is_text(name) for name in inner):
                    return False
                deeper.extend(inner.values())
            elif isinstance(inner, list):
                deeper.extend(inner)
            elif inner is None or isinstance(inner, bool):
                continue
            elif isinstance(inner, int):
                if not -_BIGGEST // 2 <= inner < _BIGGEST:
                    return False
            elif not (isinstance(inner, float) and math.isfinite(inner)):
                return False
        if not deeper:
            return True
        level = deeper
    return False


def _is_text(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
