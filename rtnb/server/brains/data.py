"""The demo brain's data file: what it knows, with sources and dates, and how it words things."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["section"]


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((files("rtnb.server.brains") / "demo.json").read_text("utf-8"))
    return document


def section(name: str) -> Any:
    """One top-level member of ``demo.json``. Shared: do not change it."""
    return _document()[name]
