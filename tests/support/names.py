"""Whether what a text names exists."""

from __future__ import annotations

import importlib

__all__ = ["resolves"]


def resolves(dotted: str) -> bool:
    """Whether a dotted name is a module, or an attribute, field or annotation of what stands before it."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        for name in parts[count:]:
            if not hasattr(found, name):
                return name in getattr(found, "__annotations__", {})
            found = getattr(found, name)
        return True
    return False
