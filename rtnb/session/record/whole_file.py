"""Files that are there wholly or not at all: what was at their place stays until the new one is complete."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["replacing"]


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes the place of the one at `path` at the end of the block.

    It grows under another name in the same directory. Whatever ends the block early, a full disk or an interrupt,
    leaves the old file as it was and nothing of the new one.

    Raises
    ------
    OSError, ValueError
        The place cannot be written, or no system takes such a path.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder) / "talk.rtnb"
    ...     with replacing(place) as file:
    ...         _ = file.write(b"whole")
    ...     place.read_bytes(), [each.name for each in Path(folder).iterdir()]
    (b'whole', ['talk.rtnb'])
    """
    place = Path(os.path.realpath(path))  # a link stays one
    try:
        mode: int | None = place.stat().st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if mode is not None and not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    if mode is not None and not stat.S_ISREG(mode):
        with place.open("wb") as file:  # a device or a pipe is no file that could be replaced
            yield file
        return
    half = place.with_name(f".rtnb-{os.urandom(6).hex()}.new")
    # As open() makes a file, with the rights that the user's umask leaves; and nobody else's file is taken for it.
    number = os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(number, "w+b") as file:
            yield file
        if mode is not None:
            half.chmod(stat.S_IMODE(mode))
        half.replace(place)
    except BaseException:
        with contextlib.suppress(OSError):
            half.unlink()
        raise
