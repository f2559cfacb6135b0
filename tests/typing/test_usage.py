"""The public interface under a strict type checker: what is right passes, and what is wrong is noticed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

USAGE = Path(__file__).with_name("usage.py")
ROOT = Path(__file__).parents[2]


def test_users_are_told_types_and_mistakes() -> None:
    # Strict: a mistake that went unnoticed is an unused "type: ignore".
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), str(USAGE)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout
