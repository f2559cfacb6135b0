"""The notebook about the real API: keyless it says so and runs; with a key it does what it says, on a stand-in."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from support.course import NOTEBOOKS, Cells, data, execute, said, stored

NAME = "09_the_real_api"

KEY = "sk-stand-in-for-the-vendor-0123456789"


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``rtnb serve`` with a key of its own, in the place of the vendor: its base address."""
    ready = tmp_path_factory.mktemp("vendor") / "ready.json"
    command = [sys.executable, "-m", "rtnb", "serve", "--port", "0", "--ready-file", str(ready)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "RTNB_ENDPOINT"))}
    process = subprocess.Popen(
        command, env={**clean, "RTNB_API_KEY": KEY}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not ready.exists():
            assert process.poll() is None
            time.sleep(0.1)
        yield json.loads(ready.read_text())["url"].replace("ws://", "http://").removesuffix("/realtime")
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def paid(vendor: str) -> tuple[Cells, Cells]:
    return execute(NAME, environment=(("OPENAI_API_KEY", KEY), ("OPENAI_BASE_URL", vendor)))


@pytest.fixture(scope="module")
def keyless() -> tuple[Cells, Cells]:
    return execute(NAME)


def source(cells: Cells) -> str:
    return "\n".join(each.source for each in cells)


def test_no_cell_asks_for_a_key_or_holds_one() -> None:
    cells = source(stored(NAME))
    assert "getpass" not in cells and "input(" not in cells and "key=" not in cells
    prose = "".join(c.source for c in nbformat.read(NOTEBOOKS / f"{NAME}.ipynb", 4).cells if c.cell_type == "markdown")
    assert "getpass" in prose and "revoke" in prose


def test_what_it_costs_is_shown_before_anything_is_sent() -> None:
    cells = [each.source for each in stored(NAME)]
    first = {word: next(i for i, each in enumerate(cells) if word in each) for word in ("pricing.project", "connect(")}
    assert first["pricing.project"] < first["connect("]
    assert "budget_usd=0.10" in cells[first["connect("]] and "max_output_tokens" in cells[first["connect("]]
    shown = data(stored(NAME), "pricing.project")["text/plain"]
    assert float(re.findall(r"\$([\d.]+) at gpt-realtime-2.1-mini", shown)[0]) < 0.10


def test_the_stored_one_says_that_it_was_keyless() -> None:
    assert "skipping the real API: OPENAI_API_KEY is not set" in said(stored(NAME), "WORD, LABEL")
    assert "answered by: embedded server" in said(stored(NAME), "answered by")


@pytest.mark.course
@pytest.mark.local
def test_keyless_every_cell_and_every_solution_runs(keyless: tuple[Cells, Cells]) -> None:
    cells, solutions = keyless
    assert len(solutions) == 3
    printed = ["".join(o.get("text", "") for o in each.outputs) for each in solutions]
    assert "the class $" in printed[0]
    assert "would exceed budget_usd" in printed[1] and "BudgetView($0.00 of $0.000010)" in printed[1]
    assert "7 plus 5 is 12." in printed[2]
    assert not [o for each in (*cells, *solutions) for o in each.outputs if o.get("name") == "stderr"]


@pytest.mark.course
@pytest.mark.local
def test_the_altered_detector_is_found(keyless: tuple[Cells, Cells]) -> None:
    """What the notebook hid in its stand-in server (hysteresis 0.3, 60 and 140 ms) is what it reads off the events."""
    fitted = data(keyless[0], "found = ")["text/plain"]
    (hysteresis,) = re.findall(r"hysteresis +│ +0\.15 │ +([\d.]+)", fitted)
    assert 0.25 <= float(hysteresis) <= 0.35
    assert re.findall(r"lag of (\w+) +│ +0 ms │ +(\d+) ms", fitted) == [("onsets", "60"), ("ends", "140")]


@pytest.mark.course
@pytest.mark.local
def test_with_a_key_the_same_cells_go_to_the_endpoint(paid: tuple[Cells, Cells]) -> None:
    cells, solutions = paid
    assert "the real API, which costs money" in said(cells, "WORD, LABEL")
    assert "answered by: 127.0.0.1" in said(cells, "answered by")
    assert "What is the weather in Paris?" in data(cells, "weather_question")["text/html"]
    assert "ek_…[hidden] for 127.0.0.1" in said(cells, "client_secret(WORD")
    assert "hysteresis" in data(cells, "found = ")["text/plain"]
    # It was not altered, so what is usual is found: the endpoint answered, and not the stand-in of the notebook.
    assert re.findall(r"lag of (\w+) +│ +0 ms │ +(\d+) ms", data(cells, "found = ")["text/plain"]) == [
        ("onsets", "0"),
        ("ends", "0"),
    ]
    assert "7 plus 5 is 12." in "".join(o.get("text", "") for o in solutions[2].outputs)


@pytest.mark.course
@pytest.mark.local
def test_the_key_is_in_no_output(paid: tuple[Cells, Cells]) -> None:
    text = json.dumps([list(each.outputs) for cells in paid for each in cells])
    assert KEY not in text and KEY[3:] not in text


def test_pages_that_it_links_to_are_there() -> None:
    notebook = nbformat.read(NOTEBOOKS / f"{NAME}.ipynb", 4)
    prose = "".join(each.source for each in notebook.cells if each.cell_type == "markdown")
    for place in re.findall(r"\]\((?!https?:)([^)#]+)", prose):
        assert (Path(NOTEBOOKS) / place).exists(), place
