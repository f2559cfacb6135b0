"""Where the notebooks of the course are, and a copy of them to work in."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path

import rtnb
from rtnb.errors import ConfigError

__all__ = ["FIRST", "FOLDER", "own_copy", "shipped"]

FIRST = "00_quickstart.ipynb"
FOLDER = "rtnb-course"

SITE = "https://rtnb.github.io/rtnb/"
REPOSITORY = "https://github.com/rtnb/rtnb/blob/HEAD/"
OUTSIDE = re.compile(r"\]\((?:\.\./)+([^)\s#]+)(#[^)\s]*)?\)")
"""A link that begins by going up."""


def shipped() -> Path:
    """The folder that the package brings; in a checkout, its own.

    Raises
    ------
    ConfigError
        There is none, as in a package that somebody made anew without it.

    Examples
    --------
    >>> (shipped() / FIRST).exists()
    True
    """
    package = Path(rtnb.__file__).parent
    for folder in (package / "course", package.parent / "notebooks"):
        if (folder / FIRST).exists():
            return folder
    raise ConfigError("The course is not in this installation. Its notebooks: https://github.com/rtnb/rtnb")


def own_copy(folder: Path) -> tuple[Path, int]:
    """Copy what is not there yet, and leave alone what is: its owner may have worked in it.

    Links that lead out of the course, to a page of the documentation or an example, become addresses.

    Returns
    -------
    Path, int
        The first notebook, and how many files were copied.

    Examples
    --------
    >>> import tempfile
    >>> first, copied = own_copy(Path(tempfile.mkdtemp()))
    >>> first.name, copied > 10, own_copy(first.parent)[1]
    ('00_quickstart.ipynb', True, 0)
    """
    source = shipped()
    files = [path for path in sorted(source.rglob("*")) if path.is_file() and not _hidden(path.relative_to(source))]
    missing = [path for path in files if not (folder / path.relative_to(source)).exists()]
    for path in missing:
        inside = path.relative_to(source)
        content = path.read_bytes()
        _write(folder / inside, _linked(content, inside) if path.suffix == ".ipynb" else content)
    return folder / FIRST, len(missing)


def _hidden(path: Path) -> bool:
    """Keys, checkpoints and the like, which a checkout may hold beside the course."""
    return any(part.startswith((".", "__pycache__")) for part in path.parts)


def _linked(notebook: bytes, inside: Path) -> bytes:
    """The notebook with addresses in place of links that lead out of the course: its pages, examples and sources."""
    found = json.loads(notebook)

    def address(link: re.Match[str]) -> str:
        place, anchor = link[1], link[2] or ""
        if link[0].count("../") < len(inside.parts):
            return link[0]  # From a folder of the course to another.
        page = re.fullmatch(r"docs/(.+)\.md", place)
        return f"]({SITE}{page[1]}.html{anchor})" if page else f"]({REPOSITORY}{place}{anchor})"

    for cell in found["cells"]:
        if cell["cell_type"] == "markdown":
            lines = [cell["source"]] if isinstance(cell["source"], str) else cell["source"]
            cell["source"] = [OUTSIDE.sub(address, line) for line in lines]
    return json.dumps(found, indent=1, ensure_ascii=False).encode() + b"\n"


def _write(target: Path, content: bytes) -> None:
    """All of it or nothing: a part of a notebook would be taken for its owner's work, and stay."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(part).chmod(0o644)
        Path(part).replace(target)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
