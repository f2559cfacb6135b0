"""For which notebooks a kernel on Binder loads the models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import runpy, sys, threading
names = runpy.run_path(sys.argv[1])
assert "_begin" not in names
[thread.join() for thread in threading.enumerate() if thread.name == "rtnb-warm"]
"""


@pytest.fixture
def standing_in(tmp_path: Path) -> Path:
    """An rtnb that only says that it loads."""
    for name in ("plots", "widgets", "widgets/console"):
        (tmp_path / "rtnb" / name).mkdir(parents=True, exist_ok=True)
    for name in ("plots/cards", "widgets/console/console"):
        (tmp_path / "rtnb" / f"{name}.py").touch()
    (tmp_path / "rtnb" / "__init__.py").write_text("def warm():\n    print('loads')\n")
    return tmp_path


def loads(place: Path, notebook: str) -> bool:
    environment = {**os.environ, "PYTHONPATH": str(place), "JPY_SESSION_NAME": notebook}
    command = [sys.executable, "-c", PROGRAM, str(ROOT / "binder" / "startup.py")]
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout == "loads\n"


def written(place: Path, *cells: tuple[str, str]) -> str:
    """A notebook of these kinds and sources."""
    made = [{"cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)} for kind, source in cells]
    for each in made:
        each.update({"outputs": [{"text": "rtnb.connect()"}]} if each["cell_type"] == "code" else {})
    (place / "a.ipynb").write_text(json.dumps({"cells": made}))
    return "a.ipynb"


@pytest.mark.parametrize(
    "program",
    [
        "import rtnb\ns = rtnb.connect(voice='marin')",
        "async with rtnb.transcription() as t:\n    pass",
        "%%ask\nHello.",
    ],
)
def test_a_notebook_that_opens_a_session_gets_its_models(standing_in: Path, program: str) -> None:
    assert loads(standing_in, written(standing_in, ("markdown", "# Talk"), ("code", program)))


@pytest.mark.parametrize("program", ["import pandas as pd", "import rtnb\nrtnb.replay('talk.rtnb')", "db.connect()"])
def test_one_that_opens_none_gets_none(standing_in: Path, program: str) -> None:
    # Neither what it says nor what it once showed counts.
    assert not loads(standing_in, written(standing_in, ("markdown", "`rtnb.connect()`"), ("code", program)))


def test_a_new_one_gets_them(standing_in: Path) -> None:
    assert loads(standing_in, written(standing_in, ("code", "")))
    assert loads(standing_in, "not_written_yet.ipynb")
    (standing_in / "a.ipynb").write_text("[]")
    assert loads(standing_in, "a.ipynb")
