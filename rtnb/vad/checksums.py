"""Model weights, byte for byte the ones that rtnb was built and tested with."""

from __future__ import annotations

import hashlib
from pathlib import Path

from rtnb.errors import WeightsError

__all__ = ["check", "sha256_of"]


def sha256_of(path: Path) -> str:
    """The sha256 of a file in hexadecimal; the interpreter lock is free while it is computed."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check(path: Path, expected: str, *, cure: str) -> None:
    """Return quietly when the file at `path` has the sha256 `expected`.

    Parameters
    ----------
    path : Path
        A file of model weights.
    expected : str
        Its sha256 in hexadecimal.
    cure : str
        What mends a mismatch; the last line of the error.

    Raises
    ------
    WeightsError
        The file is missing, unreadable or different.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from rtnb.vad.checksums import check, sha256_of
    >>> path = Path(tempfile.mkdtemp(), "model.onnx")
    >>> _ = path.write_bytes(b"weights")
    >>> check(path, sha256_of(path), cure="Reinstall it.")
    """
    try:
        found = sha256_of(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WeightsError(f"The model file {path.name} cannot be read: {reason}.\n{cure}") from None
    if found != expected:
        raise WeightsError(
            f"The model file {path.name} is not the one that rtnb was tested with: "
            f"its sha256 should begin with {expected[:12]} and begins with {found[:12]}.\n{cure}"
        )
