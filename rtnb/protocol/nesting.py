"""How deeply a value is nested: what is nested beyond reason is no event, and could not be written down again."""

from __future__ import annotations

from typing import Any

__all__ = ["DEEPEST", "nested_too_deeply"]

DEEPEST = 200
"""Lists and objects inside of each other. Events of the Realtime API have a dozen and schemas of tools some more;
orjson writes no more than 254 (its README), and CPython's own parser ends at its recursion limit of 1,000 calls."""


_HOLDS = (dict, list, tuple)


def nested_too_deeply(value: Any, text: bytes | None = None, *, deepest: int = DEEPEST) -> bool:
    """Whether lists and objects are nested more deeply than `deepest`; `text` is the value's JSON, if it is at hand.

    Examples
    --------
    >>> nested_too_deeply([[[]]], deepest=3), nested_too_deeply([[{"a": []}]], deepest=3)
    (False, True)
    """
    if text is not None and text.count(b"[") + text.count(b"{") <= deepest:
        return False
    level = [value] if isinstance(value, _HOLDS) else []
    for _ in range(deepest):
        inside = (outer.values() if isinstance(outer, dict) else outer for outer in level)
        # Each once: what holds itself twice would double with every level.
        level = list({id(inner): inner for values in inside for inner in values if isinstance(inner, _HOLDS)}.values())
        if not level:
            return False
    return bool(level)
