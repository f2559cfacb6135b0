"""Write the notebooks of the course from the texts in tools/course, executed, so that they read without a kernel.

A text is a notebook in jupytext's percent format: reviewed as a diff, and run as a notebook. Solutions of exercises
stand in its Markdown, in folded ``<details>``, and are code too: the tests run them.

A notebook of a busy machine shows latencies that belong to the machine: it is not stored, unless --force says so.

Usage: python tools/make_course.py [--no-execute | --force] [NAME ...]  (00_quickstart, ports/context_summarization, …)
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

from rtnb.widgets.frame.picture import GONE

__all__ = ["NOTEBOOKS", "SLOWEST_S", "TEXTS", "BusyError", "build", "is_live", "merged", "names", "read", "waited_s"]

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
TEXTS = ROOT / "tools" / "course"

WIDGET = "application/vnd.jupyter.widget-view+json"

SLOWEST_S = 1.0
"""Median of the response latencies of streamed turns above which the machine was busy; idle, it is about a third."""

LATENCY = re.compile(
    r"([\d.]+) (s|ms) speech end → first audio|response latency[^│\n]*│ +([\d.]+) (s|ms) │ +([\d.]+) (s|ms)"
)
"""On cards, and in the table of two timelines."""


class BusyError(Exception):
    """The notebook was not stored: what it shows would be this machine's load."""


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


def build(name: str, *, execute: bool = True, force: bool = False, timeout_s: int = 180) -> Path:
    """Write the notebook; it runs in its own folder.

    Raises
    ------
    BusyError
        Answers came so late that the machine must have been busy, and `force` was not given.
    """
    notebook, path = read(name), NOTEBOOKS / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    if execute:
        client = NotebookClient(notebook, timeout=timeout_s, resources={"metadata": {"path": str(path.parent)}})
        # Stored notebooks are those that everybody gets, also where the environment has a key.
        client.execute(env={**os.environ, "OPENAI_API_KEY": "", "OPENAI_BASE_URL": "", "RTNB_ENDPOINT": ""})
        _freeze(notebook)
        waited = waited_s(notebook)
        if waited > SLOWEST_S and not force:
            raise BusyError(
                f"{name}: median response latency {waited:.2f} s; the machine is busy, not stored (--force)"
            )
    nbformat.write(notebook, path)
    return path


def _freeze(notebook: nbformat.NotebookNode) -> None:
    """Leave what a reader sees: no live views, no times of execution, no traces of this machine."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = merged([output for output in cell.outputs if not is_live(output)])
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}


def merged(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """With what was printed in several pieces as one, however the pieces came."""
    found: list[nbformat.NotebookNode] = []
    for output in outputs:
        if output.output_type == "stream" and found and found[-1].get("name") == output.name:
            found[-1].text += output.text
        else:
            found.append(output)
    return found


def waited_s(notebook: nbformat.NotebookNode) -> float:
    """Median of the response latencies that the notebook shows of turns that turn detection ended; 0 without any."""
    found: list[float] = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            text = str(output.get("data", {}).get("text/plain", ""))
            for match in LATENCY.finditer(text):
                numbers = iter(filter(None, match.groups()))
                found += [
                    float(number) / (1000 if unit == "ms" else 1) for number, unit in zip(numbers, numbers, strict=True)
                ]
    return statistics.median(found) if found else 0.0


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
    parser.add_argument("--force", action="store_true", help="store what a busy machine gave, too")
    options = parser.parse_args()
    status = 0
    for name in _chosen(options.names) if options.names else names():
        begun = time.monotonic()
        try:
            path = build(name, execute=not options.no_execute, force=options.force)
        except BusyError as error:
            print(error, file=sys.stderr, flush=True)
            status = 1
            continue
        print(f"{name}: {path.stat().st_size / 1e3:.0f} kB, {time.monotonic() - begun:.0f} s", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
