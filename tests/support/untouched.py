"""An environment in which nothing of the machine's user decides: no proxies, keys, kernelspecs or settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

__all__ = ["leave_behind"]

KEPT = ("RTNB_JOURNAL", "RTNB_CACHE", "RTNB_REQUIRE_ALL", "RTNB_ARTIFACTS", "JUPYTER_PLATFORM_DIRS")
"""Set by the tests themselves."""


def leave_behind(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Take what a user may have set out of the environment, and give it an empty home."""
    for name in list(os.environ):
        ours = name.startswith(("RTNB_", "OPENAI_", "JUPYTER_", "XDG_", "JPY_")) and name not in KEPT
        if ours or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
