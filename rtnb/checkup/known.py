"""What is known of versions and sizes; ``known.json`` has it, with sources and a date."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

__all__ = ["at_least", "known", "major", "numbers"]


@functools.cache
def known() -> dict[str, Any]:
    """The facts."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("known.json").read_text("utf-8"))
    return found


def numbers(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with.

    Examples
    --------
    >>> numbers("7.4.0"), numbers("4.6.0rc1")
    ((7, 4, 0), (4, 6, 0))
    """
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, match[0].split("."))) if match else ()


def at_least(version: str, least: str) -> bool:
    """Whether a version is that one or a later one.

    Examples
    --------
    >>> at_least("7.0.0a1", "7"), at_least("6.31.0", "7")
    (True, False)
    """
    return numbers(version) >= numbers(least)


def major(version: str) -> str:
    """The first number.

    Examples
    --------
    >>> major("17.4")
    '17'
    """
    return version.partition(".")[0]
