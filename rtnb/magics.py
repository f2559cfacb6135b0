"""``%load_ext rtnb``: ``%%ask`` and ``%rtnb``."""

from __future__ import annotations

__all__ = ["load", "unload"]


def load(ipython: object) -> None:
    """Add the magics."""


def unload(ipython: object) -> None:
    """Take them away."""
