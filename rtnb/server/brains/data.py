"""The demo brain's data files: what it knows, with sources and dates, and how it words things."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["section"]


@cache
def _document(file: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((files("rtnb.server.brains") / file).read_text("utf-8"))
    return document


def section(name: str, file: str = "demo.json") -> Any:
    """One top-level member of a data file. Shared: do not change it.

    Examples
    --------
    >>> section("date")
    '2026-11-21'
    """
    return _document(file)[name]
