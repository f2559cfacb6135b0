"""The folder in which the metrics of several processes meet, and that it does not outlive them.

Everybody who uses it holds a shared lock on it (``flock``, which ends with its process however that ends): who gets it
alone is the last one. The name tells whose it is; the process of that number may be in another container, which is
why the lock decides.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

__all__ = ["VARIABLE", "MetricsFolder", "metrics_folder", "sweep"]

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable: where the metrics of several processes meet (reference of prometheus-client)."""

PREFIX: Final = "rtnb-metrics-"


class MetricsFolder:
    """A folder that is there as long as somebody uses it.

    Parameters
    ----------
    path : str
        Of the folder.

    Examples
    --------
    >>> one = MetricsFolder(tempfile.mkdtemp())
    >>> two = MetricsFolder(one.path)
    >>> one.leave(), os.path.isdir(one.path)
    (False, True)
    >>> two.leave(), os.path.isdir(one.path)
    (True, False)
    """

    def __init__(self, path: str) -> None:
        import fcntl

        self.path = path
        self._descriptor: int | None = None
        with suppress(OSError):
            # Without a lock, which some file systems lack, it is left where it is.
            self._descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def leave(self) -> bool:
        """Use it no more; whether it was removed, since nobody else does."""
        import fcntl

        if self._descriptor is None:
            return False
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        else:
            shutil.rmtree(self.path, ignore_errors=True)
            return True
        finally:
            os.close(self._descriptor)
            self._descriptor = None


@contextmanager
def metrics_folder() -> Iterator[str | None]:
    """Have one, also for the processes that are started meanwhile; None where the environment names one already."""
    if VARIABLE in os.environ:
        yield None
        return
    sweep(Path(tempfile.gettempdir()))
    path = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")
    folder = MetricsFolder(path)
    os.environ[VARIABLE] = path
    try:
        yield path
    finally:
        os.environ.pop(VARIABLE, None)
        folder.leave()
        # Its workers have ended, also where there are no locks.
        shutil.rmtree(path, ignore_errors=True)


def sweep(temporary: Path) -> None:
    """Remove what servers that were killed have left in a folder for temporary files."""
    with suppress(OSError):
        for path in temporary.glob(f"{PREFIX}*"):
            owner = re.match(rf"{PREFIX}(\d+)-", path.name)
            if owner and not _lives(int(owner[1])) and path.stat().st_uid == os.geteuid():
                MetricsFolder(str(path)).leave()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
