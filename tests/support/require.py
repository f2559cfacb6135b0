"""Skips that CI turns into failures."""

from __future__ import annotations

import os
import shutil

import pytest

__all__ = ["require_command", "require_module"]


def _absent(what: str) -> None:
    if os.environ.get("RTNB_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is missing, and RTNB_REQUIRE_ALL=1 forbids skipping")
    pytest.skip(f"{what} is not installed")


def require_command(*names: str) -> str:
    """The path of the first of these programs that is there; skips, or fails in CI, when none is."""
    for name in names:
        if (path := shutil.which(name)) is not None:
            return path
    _absent(" or ".join(names))
    raise AssertionError


def require_module(name: str) -> None:
    """Skips, or fails in CI, when a module cannot be imported."""
    try:
        __import__(name)
    except ImportError:
        _absent(name)
