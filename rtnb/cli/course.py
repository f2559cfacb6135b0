"""Where the notebooks of the course are, and a copy of them to work in."""

from __future__ import annotations

import shutil
from pathlib import Path

import rtnb
from rtnb.errors import ConfigError

__all__ = ["FIRST", "FOLDER", "own_copy", "shipped"]

FIRST = "00_quickstart.ipynb"
FOLDER = "rtnb-course"


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
    files = [path for path in sorted(source.rglob("*")) if path.is_file() and ".ipynb_checkpoints" not in path.parts]
    missing = [path for path in files if not (folder / path.relative_to(source)).exists()]
    for path in missing:
        target = folder / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return folder / FIRST, len(missing)
