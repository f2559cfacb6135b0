"""The notebook about turn detection as a user runs it: a real kernel, a real trial, and what the saved file keeps."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import rtnb

FOLDER = Path(__file__).parents[2] / "notebooks"
PATH = FOLDER / "03_turn_detection.ipynb"

Cells = list[nbformat.NotebookNode]


def code(notebook: nbformat.NotebookNode) -> Cells:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def stored() -> Cells:
    return code(nbformat.read(PATH, as_version=4))


@pytest.fixture(scope="module")
def executed() -> Cells:
    notebook = nbformat.read(PATH, as_version=4)
    for cell in code(notebook):
        cell.outputs, cell.execution_count = [], None
    NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(PATH.parent)}}).execute()
    return code(notebook)


def data(cells: Cells, source: str) -> dict[str, str]:
    """The last output of the cell with this source."""
    (cell,) = [cell for cell in cells if source in cell.source]
    return dict(cell.outputs[-1].data)


def is_timed(cell: nbformat.NotebookNode) -> bool:
    """Whether it measures: when events arrive differs from run to run."""
    return "rtnb.lab.trial" in cell.source


@pytest.mark.kernel
def test_it_runs_and_says_what_the_stored_one_says(executed: Cells, stored: Cells) -> None:
    for ran, kept in zip(executed, stored, strict=True):
        assert [sorted(o.get("data", ())) for o in ran.outputs] == [sorted(o.get("data", ())) for o in kept.outputs]
        if not is_timed(ran):
            texts = [[o.data["text/plain"] for o in cell.outputs if "data" in o] for cell in (ran, kept)]
            assert texts[0] == texts[1], ran.source
    assert not [o for c in executed for o in c.outputs if o.get("name") == "stderr"]


@pytest.mark.kernel
def test_the_server_confirms_every_turn_of_both_settings(executed: Cells) -> None:
    said = data(executed, "rtnb.lab.trial")["text/plain"]
    differences = re.findall(r"│ +(-?\d+) ms\n", said.split("every turn")[1])
    assert len(differences) == 16 and set(differences) == {"0"}


def test_from_recordings_to_a_confirmed_setting_in_under_twenty_lines(stored: Cells) -> None:
    lines = [line for cell in stored for line in cell.source.splitlines() if line.strip()]
    assert len(lines) < 20
    text = "\n".join(lines)
    for step in (
        "Corpus.load",
        "vad.sweep",
        ".best(",
        "operating_points",
        "intervals",
        "held_out",
        ".errors(",
        "trial(",
    ):
        assert step in text


def test_pictures_and_players_stay(stored: Cells) -> None:
    for source in ("sweep = ", "operating_points", "sweep.errors", "rtnb.lab.trial"):
        assert data(stored, source)["image/png"]
    assert data(stored, "sweep.errors")["text/html"].count("<audio") == 7


def test_the_stored_notebook_reads_without_a_kernel(stored: Cells) -> None:
    text = json.dumps(stored)
    assert all(cell.outputs for cell in stored)
    assert not [o for c in stored for o in c.outputs if o.output_type == "error" or o.get("name") == "stderr"]
    assert "/home/" not in text and "/tmp/" not in text and "/work/" not in text and "local-" not in text
    assert "application/vnd.jupyter.widget" not in text and "<script" not in text
    assert PATH.stat().st_size < 1_600_000


def test_what_it_recommends_is_what_a_sweep_finds(stored: Cells) -> None:
    found = rtnb.vad.sweep(rtnb.sample("labelled"), turn_gap_s=0.7, progress=False).best()
    assert ast.literal_eval(data(stored, "to_wire")["text/plain"]) == found.vad.to_wire()
    assert found.errors < found.default.errors


def test_the_exercises_can_be_done() -> None:
    corpus = rtnb.vad.Corpus.load(rtnb.sample("labelled"))
    sweep = rtnb.vad.sweep(corpus, turn_gap_s=0.7, progress=False)
    patient = rtnb.vad.sweep(corpus, turn_gap_s=1.5, progress=False).best()
    assert patient.setting.silence_duration_ms > sweep.best().setting.silence_duration_ms
    assert patient.latency_p50_ms > sweep.best().latency_p50_ms
    near = rtnb.vad.sweep([corpus["dialogue_sample"]], turn_gap_s=0.7, progress=False).best()
    assert near.setting.silence_duration_ms < sweep.best().setting.silence_duration_ms
    limits = {"cut_off_rate": 0.1, "merged": 0, "missed": 4, "false_starts": 2, "late": 0}
    assert sweep.best("latency_p50_ms", limits).latency_p50_ms <= sweep.best().latency_p50_ms
    noisy = rtnb.vad.what_if([corpus["ami_trn07"]], [sweep.default], [rtnb.vad.Noise(snr_db=10)], turn_gap_s=0.7)
    assert len(noisy.rows) == 2
