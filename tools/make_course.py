"""Write the notebooks of the course from the texts in tools/course, executed, so that they read without a kernel.

A text is a notebook in jupytext's percent format: reviewed as a diff, and run as a notebook. Solutions of exercises
stand in its Markdown, in folded ``<details>``, and are code too: the tests run them.

Usage: python tools/make_course.py [--no-execute] [NAME ...]     (00_quickstart, ports/context_summarization, …; all)
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

from rtnb.widgets.frame.picture import GONE

__all__ = ["NOTEBOOKS", "TEXTS", "build", "is_live", "names", "read"]

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
TEXTS = ROOT / "tools" / "course"

WIDGET = "application/vnd.jupyter.widget-view+json"


def names() -> list[str]:
    """Of all notebooks: paths below the folder, without suffix, in the order of the course."""
    return sorted(path.relative_to(TEXTS).with_suffix("").as_posix() for path in TEXTS.rglob("*.py"))


def read(name: str) -> nbformat.NotebookNode:
    """The notebook as its text has it, without outputs."""
    notebook = jupytext.read(TEXTS / f"{name}.py", fmt="py:percent")
    for index, cell in enumerate(notebook.cells):
        # Of its own making, so that nothing changes where nothing was changed.
        cell.id = f"cell-{index}"
        cell.metadata = nbformat.NotebookNode()
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat_minor = 5
    return notebook


def build(name: str, *, execute: bool = True, timeout_s: int = 180) -> Path:
    """Write the notebook; it runs in its own folder."""
    notebook, path = read(name), NOTEBOOKS / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    if execute:
        client = NotebookClient(notebook, timeout=timeout_s, resources={"metadata": {"path": str(path.parent)}})
        # Stored notebooks are those that everybody gets, also where the environment has a key.
        client.execute(env={**os.environ, "OPENAI_API_KEY": "", "OPENAI_BASE_URL": "", "RTNB_ENDPOINT": ""})
        _freeze(notebook)
    nbformat.write(notebook, path)
    return path


def _freeze(notebook: nbformat.NotebookNode) -> None:
    """Leave what a reader sees: no live views, no times of execution, no traces of this machine."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not is_live(output)]
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}


def is_live(output: nbformat.NotebookNode) -> bool:
    """Whether it is a live view, or what was left in its place: its still is the output before it."""
    data = output.get("data", {})
    return WIDGET in data or dict(data) == dict(GONE)


def _chosen(wanted: list[str]) -> Iterator[str]:
    """The names that begin as asked for.

    Raises
    ------
    SystemExit
        No notebook is called so.
    """
    for prefix in wanted:
        found = [name for name in names() if name.startswith(prefix)]
        if not found:
            raise SystemExit(f"No notebook {prefix!r}; there are {', '.join(names())}")
        yield from found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="or the beginning of one; all where none is given")
    parser.add_argument("--no-execute", action="store_true", help="only write the cells")
    options = parser.parse_args()
    for name in _chosen(options.names) if options.names else names():
        begun = time.monotonic()
        path = build(name, execute=not options.no_execute)
        print(f"{name}: {path.stat().st_size / 1e3:.0f} kB, {time.monotonic() - begun:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
