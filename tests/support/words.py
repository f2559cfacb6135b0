"""Texts compared as a listener would: by their words."""

from __future__ import annotations

import re

__all__ = ["words"]


def words(text: str) -> list[str]:
    """Lower-case words without punctuation."""
    return re.findall(r"[a-z0-9']+", text.lower())
