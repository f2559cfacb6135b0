"""Every notebook: it is what its text says, reads without a kernel, and comes out the same when it is run."""

from __future__ import annotations

import json
import re

import nbformat
import pytest
from support.course import NAMES, NOTEBOOKS, before_solutions, execute, make_course, shape, solutions, stored

COURSE = [name for name in NAMES if re.match(r"\d\d_", name)]

LARGEST_BYTES = 1_600_000

SECRETS = re.compile(
    r"\b(?:sk|ek|local)[-_][A-Za-z0-9]{8,}|Bearer [A-Za-z0-9]|/(?:home|root|work|tmp|Users|private|var)/"
)
"""Keys, and paths of the machine on which a notebook was run."""


def test_there_is_a_text_for_each() -> None:
    assert make_course.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_is_what_its_text_says(name: str) -> None:
    kept = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    made = make_course.read(name)
    assert [(c.cell_type, c.source) for c in kept.cells] == [(c.cell_type, c.source) for c in made.cells], (
        f"run: python tools/make_course.py {name}"
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_stored_one_reads_without_a_kernel(name: str) -> None:
    text = json.dumps([list(each.outputs) for each in stored(name)])
    assert any(each.outputs for each in stored(name))
    assert not [o for c in stored(name) for o in c.outputs if o.output_type == "error" or o.get("name") == "stderr"]
    assert "application/vnd.jupyter.widget" not in text and "<script" not in text
    assert not re.findall(SECRETS, (NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))
    assert (NOTEBOOKS / f"{name}.ipynb").stat().st_size < LARGEST_BYTES


@pytest.mark.parametrize("name", COURSE)
def test_it_teaches(name: str) -> None:
    """A title, a picture, and exercises with solutions that can be run."""
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    prose = [each.source for each in notebook.cells if each.cell_type == "markdown"]
    assert prose[0].startswith("# ")
    assert any("image/png" in o.get("data", {}) for each in stored(name) for o in each.outputs)
    assert sum(len(solutions(each)) for each in prose) >= 2


@pytest.mark.course
@pytest.mark.local
@pytest.mark.parametrize("name", NAMES)
def test_it_comes_out_in_the_same_shape(name: str) -> None:
    ran, solved = execute(name)
    assert len(ran) == len(stored(name))
    for now, kept in list(zip(ran, stored(name), strict=True))[: before_solutions(ran, solved)]:
        assert shape(now) == shape(kept), now.source
    assert not [o for each in ran for o in each.outputs if o.get("name") == "stderr"]


def streamed(*seconds: float) -> nbformat.NotebookNode:
    """A notebook whose cards show these response latencies."""
    said = [nbformat.v4.new_output("display_data", {"text/plain": f"{s} s speech end → first audio"}) for s in seconds]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("s.stream(clip)", outputs=said)])


def test_a_busy_machine_is_seen_by_its_latencies() -> None:
    assert make_course.waited_s(streamed(0.3, 0.4, 4.2)) == 0.4 < make_course.SLOWEST_S
    assert make_course.waited_s(streamed(0.3, 3.2, 4.2)) == 3.2 > make_course.SLOWEST_S
    assert make_course.waited_s(streamed()) == 0
    two = streamed()
    row = " response latency (voice to voice,     │  0.52 s │  940 ms │    +0.42 s │"
    two.cells[0].outputs = [nbformat.v4.new_output("display_data", {"text/plain": row})]
    assert make_course.waited_s(two) == pytest.approx(0.73)


def test_what_is_printed_in_pieces_is_stored_as_one() -> None:
    pieces = [nbformat.v4.new_output("stream", name=n, text=t) for n, t in (("stdout", "a\n"), ("stdout", "b"))]
    shown = nbformat.v4.new_output("display_data", {"text/plain": "1"})
    merged = make_course.merged([*pieces, shown, nbformat.v4.new_output("stream", name="stdout", text="c")])
    assert [each.get("text", "") for each in merged] == ["a\nb", "", "c"]
