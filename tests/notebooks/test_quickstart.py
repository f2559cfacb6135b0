"""The quickstart as a user runs it: a real kernel, every cell, and what is left in the saved file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

PATH = Path(__file__).parents[2] / "notebooks" / "00_quickstart.ipynb"

pytestmark = [pytest.mark.local, pytest.mark.kernel]


def outputs(cell: nbformat.NotebookNode) -> list[dict[str, str]]:
    return [output["data"] for output in cell.get("outputs", []) if "data" in output]


@pytest.fixture(scope="module")
def executed() -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(PATH, as_version=4)
    NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(PATH.parent)}}).execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def cell(cells: list[nbformat.NotebookNode], source: str) -> nbformat.NotebookNode:
    return next(c for c in cells if source in c.source)


def test_one_card_a_turn_even_when_ask_is_the_last_expression(executed: list[nbformat.NotebookNode]) -> None:
    for source in ("What is server VAD?", "turn = s.ask(question)"):
        cards = [data for data in outputs(cell(executed, source)) if "image/png" in data]
        assert len(cards) == 1
        assert set(cards[0]) == {"text/plain", "text/html", "image/png"}


def test_the_spoken_question_is_heard_right(executed: list[nbformat.NotebookNode]) -> None:
    (card,) = [data for data in outputs(cell(executed, "turn = s.ask(question)")) if "image/png" in data]
    assert "What is the weather in Paris?" in card["text/html"]
    assert "<audio" in card["text/html"] and "<script" not in card["text/html"]
    printed = cell(executed, 'print("heard').outputs[0]["text"]
    assert "heard:    What is the weather in Paris?" in printed
    assert re.search(r"latency:\s+\d+\.\d\d s commit → first audio", printed)
    assert re.search(r"cost:\s+\$0\.0\d+", printed)


def test_the_stream_made_turns(executed: list[nbformat.NotebookNode]) -> None:
    (run,) = [data for data in outputs(cell(executed, "s.stream")) if "image/png" in data]
    assert run["text/html"].count("<tr") >= 4
    assert "interrupted" in run["text/html"] and "Hello" in run["text/html"]
    assert "dialogue_sample.flac" in run["text/html"]


def test_usage_is_a_table_with_a_total(executed: list[nbformat.NotebookNode]) -> None:
    (usage,) = outputs(cell(executed, "s.usage"))
    assert "<table" in usage["text/html"] and "gpt-realtime-2.1" in usage["text/html"]


def test_the_replay_shows_the_session(executed: list[nbformat.NotebookNode]) -> None:
    shown = outputs(cell(executed, "rtnb.replay"))
    assert shown and "image/png" in shown[-1]


def test_nothing_went_to_stderr(executed: list[nbformat.NotebookNode]) -> None:
    assert not [o for c in executed for o in c.outputs if o.get("name") == "stderr"]


def test_the_stored_notebook_reads_without_a_kernel() -> None:
    stored = nbformat.read(PATH, as_version=4)
    text = json.dumps(stored)
    assert all(c.outputs for c in stored.cells if c.cell_type == "code" and "connect(" not in c.source)
    assert "application/vnd.jupyter.widget" not in text
    assert "/home/" not in text and "/tmp/" not in text and "local-" not in text
    assert PATH.stat().st_size < 3_000_000
