"""Two notebooks of the public cookbook as rtnb notebooks: executed, short, and readable without a kernel."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
LONG = FOLDER / "07_long_conversations.ipynb"
OUT_OF_BAND = FOLDER / "10_out_of_band_transcription.ipynb"

MOST_LINES = 15
"""Of code, beyond prompts; the notebooks they are the ports of have 425 and 640."""

Cells = list[nbformat.NotebookNode]


def code(notebook: nbformat.NotebookNode) -> Cells:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def executed(path: Path) -> Cells:
    notebook = nbformat.read(path, as_version=4)
    for cell in code(notebook):
        cell.outputs, cell.execution_count = [], None
    NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(path.parent)}}).execute()
    return code(notebook)


@pytest.fixture(scope="module")
def long() -> Cells:
    return executed(LONG)


@pytest.fixture(scope="module")
def out_of_band() -> Cells:
    return executed(OUT_OF_BAND)


def cell(cells: Cells, source: str) -> nbformat.NotebookNode:
    return next(c for c in cells if source in c.source)


def said(cells: Cells, source: str) -> str:
    return "".join(o["text"] for o in cell(cells, source).outputs if o["output_type"] == "stream")


def shown(cells: Cells, source: str) -> dict[str, str]:
    """The last thing that a cell shows with HTML, or else the last thing."""
    found = [o["data"] for o in cell(cells, source).outputs if "data" in o]
    return next((data for data in reversed(found) if "image/png" in data), found[-1])


@pytest.mark.parametrize("path", [LONG, OUT_OF_BAND])
def test_it_is_short(path: Path) -> None:
    lines = [
        line
        for each in code(nbformat.read(path, as_version=4))
        for line in each.source.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    assert 5 < len(lines) <= MOST_LINES, lines


@pytest.mark.parametrize("path", [LONG, OUT_OF_BAND])
def test_the_stored_notebook_reads_without_a_kernel(path: Path) -> None:
    stored = code(nbformat.read(path, as_version=4))
    text = json.dumps(stored)
    assert all(c.outputs for c in stored if "= rtnb.connect" not in c.source)
    assert not [o for c in stored for o in c.outputs if o["output_type"] == "error" or o.get("name") == "stderr"]
    assert not re.search(r"/(home|root|work|tmp|Users)/|local-|sk-[A-Za-z0-9]", text)
    assert "application/vnd.jupyter.widget" not in text and "<script" not in text
    assert path.stat().st_size < 3_000_000


@pytest.mark.local
@pytest.mark.kernel
def test_the_tokens_grow_until_a_summary_takes_the_place_of_old_turns(long: Cells) -> None:
    tokens = json.loads(shown(long, "turn.usage.input_tokens")["text/plain"])
    assert len(tokens) >= 8 and tokens[0] < tokens[2] < tokens[4]
    assert any(after < before for before, after in itertools.pairwise(tokens))
    notices = said(long, "s.notices")
    assert notices.count("A summary took the place of") >= 1
    before, after = re.search(r"from about ([\d,]+) to ([\d,]+) tokens", notices).groups()  # type: ignore[union-attr]
    assert int(after.replace(",", "")) < int(before.replace(",", ""))


@pytest.mark.local
@pytest.mark.kernel
def test_the_model_has_a_summary_of_both_sides_and_the_latest_turns(long: Cells) -> None:
    items = said(long, "print(*s.items").splitlines()
    assert items[1].startswith("Item(system 'Summary of") or items[1].startswith('Item(system "Summary of')
    assert 3 <= len(items) - 1 <= 12 and "Item(user" in items[-2] and "Item(assistant" in items[-1]
    summary = said(long, "next(iter(s.items)).text")
    assert "The user " in summary and "The assistant answered" in summary
    assert summary.count("Summary of the conversation") == 1
    recap = shown(long, "What did we talk about?")["text/html"]
    assert "You asked" in recap or "You said" in recap


@pytest.mark.local
@pytest.mark.kernel
def test_the_conversation_and_its_bill_are_pictured(long: Cells) -> None:
    for source in ("s.stream", "s.ask(rtnb.Clip", "s.usage"):
        assert "image/png" in shown(long, source)
    assert "took the place of" in said(long, "s.summarise")


@pytest.mark.local
@pytest.mark.kernel
def test_a_turn_is_written_down_twice_with_both_costs(out_of_band: Cells) -> None:
    text = shown(out_of_band, "s.transcribe(turn)")["text/plain"]
    assert text.count("What is the weather in Paris?") == 2
    assert "out of band" in text and "gpt-transcribe, built in" in text
    built_in, alone, context = (float(x) for x in re.findall(r"\$([\d.]+)", said(out_of_band, "alone, context")))
    assert 0 < built_in < alone < context


@pytest.mark.local
@pytest.mark.kernel
def test_nothing_of_it_is_in_the_conversation(out_of_band: Cells) -> None:
    assert shown(out_of_band, "s.classify")["text/plain"] == "'weather'"
    assert "against the policy" in shown(out_of_band, "s.moderate")["text/plain"]
    assert "outside of the conversation" in shown(out_of_band, "s.aside(")["text/plain"]
    turns, items = map(int, re.findall(r"\d+", said(out_of_band, "len(s.turns)")))
    assert turns >= 2 and items <= 2 * turns + 1


@pytest.mark.local
@pytest.mark.kernel
def test_the_transcription_session_gives_times(out_of_band: Cells) -> None:
    data = shown(out_of_band, "rtnb.transcription")
    assert (
        "image/png" in data
        and "Diane" in data["text/plain"]
        and re.search(r"0:\d\d\.\d – 0:\d\d\.\d", data["text/plain"])
    )


@pytest.mark.local
@pytest.mark.kernel
def test_nothing_went_to_stderr(long: Cells, out_of_band: Cells) -> None:
    assert not [o for c in (*long, *out_of_band) for o in c.outputs if o.get("name") == "stderr"]
