"""What the site is made of: pages with their places, copies of the notebooks, blocks that are filled from the code."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import blocks
import sources

__all__ = ["PARTS", "TUTORIALS", "setup", "toctree"]

PARTS: dict[str, tuple[str, ...]] = {
    "Tutorials": ("course", "tutorials/*", "teaching"),
    "Worked examples": ("tutorials/ports/*",),
    "How-to guides": (
        "guides/sessions",
        "guides/hosts",
        "guides/widgets",
        "guides/turn_detection",
        "guides/serving",
        "guides/testing_agents",
        "guides/doctor",
        "guides/troubleshooting",
        "guides/security",
    ),
    "Reference": (
        "reference/rtnb",
        "reference/session",
        "reference/views",
        "reference/vad",
        "reference/pricing",
        "reference/lab",
        "reference/testing",
        "reference/errors",
        "reference/server",
        "reference/building_blocks",
        "reference/cli",
        "reference/events",
        "reference/environment",
    ),
    "Explanation": (
        "explanation/architecture",
        "explanation/protocol",
        "explanation/vad_scores",
        "explanation/costs",
        "explanation/emulation",
    ),
}
"""Every page but the front door, in its place. Notebooks stand in the order of their names."""

TUTORIALS = sources.TUTORIALS


def toctree(folder: Path) -> str:
    """The tables of contents of the front door, which would only be in the way on the code host."""
    written = []
    for caption, pages in PARTS.items():
        there = [page for page in pages if "*" in page or any(folder.glob(f"{page}.*"))]
        lines = [":hidden:", ":glob:", f":caption: {caption}", "", *there]
        written.append("\n".join(["```{toctree}", *lines, "```"]))
    return "\n\n" + "\n\n".join(written) + "\n"


def copy_notebooks(*_: Any) -> None:
    """The notebooks as they are stored, with links as the site needs them; pages that are gone go here, too."""
    wanted = set()
    for path in sorted(sources.NOTEBOOKS.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        copy = TUTORIALS / path.relative_to(sources.NOTEBOOKS)
        wanted.add(copy)
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = sources.readable("".join(cell["source"]), path, copy)
        text = json.dumps(notebook, ensure_ascii=False)
        if not copy.exists() or copy.read_text(encoding="utf-8") != text:
            copy.parent.mkdir(parents=True, exist_ok=True)
            # Whole at once: another build may be reading.
            part = copy.with_name(f".{copy.name}.{os.getpid()}")
            part.write_text(text, encoding="utf-8")
            part.replace(copy)
    for copy in TUTORIALS.rglob("*.ipynb"):
        if copy not in wanted:
            copy.unlink(missing_ok=True)
    shutil.rmtree(TUTORIALS / ".ipynb_checkpoints", ignore_errors=True)


def read(app: Any, name: str, content: list[str]) -> None:
    """A page before it is parsed."""
    path = Path(app.env.doc2path(name))
    if path.suffix != ".md":
        return
    content[0] = blocks.filled(sources.readable(content[0], path, path))
    if name == app.config.root_doc:
        content[0] += toctree(Path(app.srcdir))


def setup(app: Any) -> dict[str, Any]:
    app.connect("config-inited", copy_notebooks)
    app.connect("source-read", read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
