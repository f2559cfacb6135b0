"""Commands of ``rtnb``, run in this process or in one of their own, and what they print."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rtnb.cli import main

__all__ = ["Command", "Printed", "shell"]


@dataclass(frozen=True)
class Printed:
    """What a command returned and printed."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, str]]:
        """Of CSV."""
        return list(csv.DictReader(io.StringIO(self.out)))

    @property
    def data(self) -> Any:
        """Of JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Command:
    """Runs commands in this process: ``run("prices", "--csv").rows``."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str | Path) -> Printed:
        status = main([str(argument) for argument in arguments])
        return Printed(status, *self.capsys.readouterr())


def shell(*arguments: str | Path, **environment: str) -> Printed:
    """A command in a process of its own, whose output is a pipe."""
    command = [sys.executable, "-m", "rtnb", *map(str, arguments)]
    clean = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "RTNB_PRICES")}
    done = subprocess.run(command, capture_output=True, timeout=60, env={**clean, **environment})
    return Printed(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
