"""The notebooks of the course: stored, executed with the solutions of their exercises, and compared for shape."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient

from support.require import require_made

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import make_course

__all__ = [
    "NAMES",
    "NOTEBOOKS",
    "PYTHON",
    "Cells",
    "before_solutions",
    "cell",
    "data",
    "execute",
    "said",
    "shape",
    "solutions",
    "stored",
]

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

NAMES = sorted(
    path.relative_to(NOTEBOOKS).with_suffix("").as_posix()
    for path in NOTEBOOKS.rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
)

PYTHON = Path(os.environ.get("RTNB_COURSE_PYTHON", sys.executable))
"""Whose kernel runs the notebooks: this environment's, or one that was made as Binder makes it."""

SOLUTION = "solution"
"""Tag of a cell that was made of the solution of an exercise."""

DETAILS = re.compile(r"<details>(.*?)</details>", flags=re.DOTALL)
FENCE = re.compile(r"^ *```python\n(.*?)^ *```$", flags=re.DOTALL | re.MULTILINE)

KEYLESS = {"OPENAI_API_KEY": "", "OPENAI_BASE_URL": "", "RTNB_ENDPOINT": ""}

Cells = list[nbformat.NotebookNode]


def require_environment() -> None:
    """Skips, or fails in CI, when the environment that RTNB_COURSE_PYTHON names could not be made."""
    if not PYTHON.exists():
        require_made("the environment of the course", f"{PYTHON.name} is not in {PYTHON.parent.parent.name}")


def solutions(markdown: str) -> list[str]:
    """The programs in the folded parts of a cell."""
    return [program for part in DETAILS.findall(markdown) for program in FENCE.findall(part)]


def stored(name: str) -> Cells:
    """The code cells of a notebook as it is in the repository."""
    return [each for each in _read(name).cells if each.cell_type == "code"]


def before_solutions(cells: Cells, solved: Cells) -> int:
    """How many code cells stand before the first solution: what comes after may show what a solution did."""
    first = min((each.execution_count or 0 for each in solved), default=10**6)
    return sum((each.execution_count or 0) < first for each in cells)


@cache
def execute(name: str, timeout_s: int = 240, environment: tuple[tuple[str, str], ...] = ()) -> tuple[Cells, Cells]:
    """Run a notebook from top to bottom, each solution where it stands; its code cells, and those of solutions.

    Without a key, whoever runs the tests has one or not, unless `environment` brings it: nothing is ever spent.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        Of the first cell that fails.
    """
    require_environment()
    notebook = _read(name)
    cells: Cells = []
    for each in notebook.cells:
        cells.append(each)
        if each.cell_type == "markdown":
            cells += [
                nbformat.v4.new_code_cell(program, metadata={"tags": [SOLUTION]}) for program in solutions(each.source)
            ]
        else:
            each.outputs, each.execution_count = [], None
    notebook.cells = cells
    with _kernel(environment) as manager:
        folder = (NOTEBOOKS / name).parent
        NotebookClient(notebook, km=manager, timeout=timeout_s, resources={"metadata": {"path": str(folder)}}).execute(
            cleanup_kc=True
        )
    ran = [each for each in cells if each.cell_type == "code"]
    return (
        [each for each in ran if SOLUTION not in each.metadata.get("tags", ())],
        [each for each in ran if SOLUTION in each.metadata.get("tags", ())],
    )


def cell(cells: Cells, source: str) -> nbformat.NotebookNode:
    """The only cell with this in its source."""
    (found,) = [each for each in cells if source in each.source]
    return found


def said(cells: Cells, source: str) -> str:
    """What that cell printed."""
    return "".join(o["text"] for o in cell(cells, source).outputs if o["output_type"] == "stream")


def data(cells: Cells, source: str) -> dict[str, str]:
    """The last thing with a picture that the cell shows, or else the last thing."""
    found = [o["data"] for o in cell(cells, source).outputs if "data" in o]
    return dict(next((each for each in reversed(found) if "image/png" in each), found[-1]))


def shape(ran: nbformat.NotebookNode) -> list[str]:
    """What a cell leaves behind, apart from its words and numbers.

    A line an output: what it is, and of the HTML whether it has tables and players. Notices and progress bars do not
    count: they stand there where something took long.
    """
    lines = []
    for output in ran.outputs:
        found = output.get("data", {})
        html = str(found.get("text/html", ""))
        parts = [tag for tag in ("<table", "<audio") if tag in html]
        passing = output["output_type"] == "display_data" and not parts and "image/png" not in found
        if not make_course.is_live(output) and not passing:
            lines.append(
                " ".join(filter(None, [output["output_type"], output.get("name", ""), *sorted(found), *parts]))
            )
    # What a cell prints may come in one piece or several.
    return [line for index, line in enumerate(lines) if not (line.startswith("stream") and line in lines[:index])]


def _read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)


@contextmanager
def _kernel(environment: tuple[tuple[str, str], ...] = ()) -> Iterator[AsyncKernelManager]:
    """A kernel of PYTHON, under the name that the notebooks give."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "python3"
        spec.mkdir()
        command = [str(PYTHON), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        names = {**KEYLESS, **dict(environment)}
        described = {"argv": command, "display_name": "course", "language": "python", "env": names}
        (spec / "kernel.json").write_text(json.dumps(described))
        specs = KernelSpecManager(kernel_dirs=[folder], ensure_native_kernel=False)
        yield AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs)
