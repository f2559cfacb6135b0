"""The notebook about costs as a user runs it: a real kernel, every cell, and what is left in the saved file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import rtnb

FOLDER = Path(__file__).parents[2] / "notebooks"
PATH = FOLDER / "06_what_it_costs.ipynb"
RECORDING = FOLDER / "data" / "ten_minutes.rtnb"


def code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def stored() -> list[nbformat.NotebookNode]:
    return code(nbformat.read(PATH, as_version=4))


@pytest.fixture(scope="module")
def executed() -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(PATH, as_version=4)
    for cell in code(notebook):
        cell.outputs, cell.execution_count = [], None
    NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(PATH.parent)}}).execute()
    return code(notebook)


def said(cell: nbformat.NotebookNode) -> str:
    # A kernel may cut what is printed anywhere.
    return "".join(output["text"] for output in cell.outputs if output["output_type"] == "stream")


def rich(cell: nbformat.NotebookNode) -> list[dict[str, str]]:
    return [output["data"] for output in cell.outputs if "data" in output]


def printed(cells: list[nbformat.NotebookNode], source: str) -> str:
    return said(next(c for c in cells if source in c.source))


def shown(cells: list[nbformat.NotebookNode], source: str) -> dict[str, str]:
    (data,) = rich(next(c for c in cells if source in c.source))
    return data


@pytest.mark.kernel
def test_it_runs_and_says_what_the_stored_one_says(
    executed: list[nbformat.NotebookNode], stored: list[nbformat.NotebookNode]
) -> None:
    for ran, kept in zip(executed, stored, strict=True):
        # The recording, its day and the prices are given, so every figure is, too.
        assert said(ran) == said(kept), ran.source
        assert [sorted(data) for data in rich(ran)] == [sorted(data) for data in rich(kept)], ran.source
        assert [data["text/plain"] for data in rich(ran)] == [data["text/plain"] for data in rich(kept)], ran.source
    assert not [o for c in executed for o in c.outputs if o.get("name") == "stderr"]


def test_the_golden_payloads_cost_what_was_billed(stored: list[nbformat.NotebookNode]) -> None:
    text = printed(stored, "PAYLOADS")
    found = [float(amount) for amount in re.findall(r"\$(0\.\d+)", text)]
    assert found[::2] == [0.071985, 0.0237288, 0.007585, 0.0069656]
    assert found[1::2] == [0.158545, 0.0526568, 0.022625, 0.007196]


def test_the_bill_is_the_recording_s(stored: list[nbformat.NotebookNode]) -> None:
    talk = rtnb.replay(RECORDING)
    assert f"{talk.usage.total_usd:.2f}" in shown(stored, "bill.cost")["text/plain"]
    assert str(talk.usage.meter.cost) in printed(stored, "entry.unheard")


def test_the_printed_table_is_reproduced(stored: list[nbformat.NotebookNode]) -> None:
    text = shown(stored, "talk_time_table")["text/plain"]
    for amount in ("0.11", "0.26", "0.92", "2.68", "5.28"):
        assert text.count(amount) >= 2, "as printed, and as computed"


def test_the_pictures_are_there(stored: list[nbformat.NotebookNode]) -> None:
    pictured = [c.source for c in stored for o in c.outputs if "image/png" in o.get("data", ())]
    for source in ("meter", "what_if(talk, policies=())", "calibrate", "history", "talk.turns[12]"):
        assert any(source in cell for cell in pictured), source


def test_the_stored_notebook_reads_without_a_kernel(stored: list[nbformat.NotebookNode]) -> None:
    text = json.dumps(stored)
    assert all(cell.outputs for cell in stored)
    assert not [o for c in stored for o in c.outputs if o["output_type"] == "error" or o.get("name") == "stderr"]
    assert "/home/" not in text and "/tmp/" not in text and "/work/" not in text and "local-" not in text
    assert "application/vnd.jupyter.widget" not in text and "<script" not in text
    assert PATH.stat().st_size < 1_600_000


def test_the_recording_is_what_the_prose_says() -> None:
    """Ten minutes, at least 25 spoken turns, and the four things that cost money where the notebook says they are."""
    talk = rtnb.replay(RECORDING)
    view = talk.view()
    assert RECORDING.stat().st_size < 3_000_000
    assert view.duration_s >= 600 and len(view.turns) >= 25 and view.model == "gpt-realtime" and not view.errors
    assert all(turn.usage is not None and turn.user_text and turn.assistant_text for turn in view.turns)
    entries = talk.usage.meter.entries
    assert [e.exchange.turn + 1 for e in entries if e.unheard_s] == [13, 27]
    assert [turn.index + 1 for turn in view.turns if turn.user_kind == "text"] == [18]
    reasons = {e.exchange.turn + 1: miss.reason for e in entries for miss in e.misses}
    assert reasons[23] == "instructions changed" and reasons[31] == "item deleted"
    assert set(reasons.values()) <= {"first use", "instructions changed", "item deleted", "item truncated"}


def test_the_recording_still_sounds() -> None:
    turn = rtnb.replay(RECORDING).turns[13]
    assert turn.user_audio is not None and turn.user_audio.peak > 0.1
    assert turn.assistant_audio is not None and turn.assistant_audio.peak > 0.1


def test_the_recording_tells_nothing_about_its_maker() -> None:
    log = rtnb.replay(RECORDING).events
    text = json.dumps([event.body for event in log])
    assert not re.search(r"/(home|root|work|tmp|Users)/|Bearer |sk-[A-Za-z0-9]|local-[A-Za-z0-9]", text)
