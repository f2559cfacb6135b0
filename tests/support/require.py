"""Skips that CI turns into failures."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

__all__ = ["require_command", "require_made", "require_module", "require_python"]


def _absent(what: str, told: str = "is not installed") -> None:
    if os.environ.get("RTNB_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} {told}, and RTNB_REQUIRE_ALL=1 forbids skipping")
    pytest.skip(f"{what} {told}")


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


def require_made(what: str, reason: str) -> None:
    """Skips, or fails in CI: what a command of the Makefile should have made is not there."""
    _absent(what, f"is not made: {reason}")


def require_python(version: str) -> Path:
    """An interpreter of this version, such as ``"3.12"``; skips, or fails in CI, when there is none."""
    from support.pythons import find_python

    if (path := find_python(version)) is None:
        _absent(f"Python {version}")
        raise AssertionError
    return path
