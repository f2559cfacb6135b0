"""Write a notebook from a list of cells, and execute it so that it reads without a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from rtnb.widgets.frame.picture import GONE

__all__ = ["FOLDER", "Cell", "write"]

FOLDER = Path(__file__).parents[1] / "notebooks"

WIDGET = "application/vnd.jupyter.widget-view+json"

Cell = tuple[str, str]
"""``"markdown"`` or ``"code"``, and the text."""


def write(path: Path, cells: Sequence[Cell], *, execute: bool = True, timeout_s: int = 180) -> None:
    """Write the notebook; it runs in its own folder."""
    make = {"markdown": new_markdown_cell, "code": new_code_cell}
    notebook = new_notebook(
        cells=[make[kind](text, id=f"cell-{index}") for index, (kind, text) in enumerate(cells)],
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
    )
    if execute:
        NotebookClient(notebook, timeout=timeout_s, resources={"metadata": {"path": str(path.parent)}}).execute()
        for cell in notebook.cells:
            # Times of execution change with every run and say nothing to a reader.
            cell.metadata.pop("execution", None)
            if cell.cell_type == "code":
                cell.outputs = [output for output in cell.outputs if not _view(output)]
        notebook.metadata.pop("widgets", None)
        notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)


def _view(output: nbformat.NotebookNode) -> bool:
    """Whether it is a live view, or what was left in its place: its still is the output before it."""
    data = output.get("data", {})
    return WIDGET in data or data == GONE
