"""Tracks kept on disk, so that a recording is listened to once: probabilities only, no audio and no names.

A file a track: a line of JSON that says what it is, then the numbers. It is written beside its place and then moved
there, so that whoever reads never sees half of one; what is damaged, or somebody else's, counts as not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rtnb._display import counted

__all__ = ["MOST_BYTES", "VARIABLE", "TrackCache", "cache"]

VARIABLE = "RTNB_CACHE"
"""A directory for the tracks, or ``off``."""

MOST_BYTES = 500_000_000
"""Room that they may take: the tracks of a thousand hours at 450 kB. The least recently used go first. Own choice."""

_MAGIC = "rtnb-track-1"
_NAME = re.compile(r"[0-9a-f]{64}\.track")
_LEAST_BYTES = 4096
"""What a short file takes on most disks."""
_LOOK_EVERY = 256
"""Tracks written by a process before it looks for room again; the first one looks too."""
_HALF_S = 3600.0
"""So old must the half of a file be that somebody left behind before it is removed."""

Values = NDArray[np.float32]


class TrackCache:
    """The tracks on disk; ``rtnb.vad.cache`` is the one that is used.

    It is in the directory that the environment variable ``RTNB_CACHE`` names, else in the platform's place for caches:
    ``$XDG_CACHE_HOME/rtnb/tracks`` (``~/.cache``, as the XDG base directory specification has it),
    ``~/Library/Caches`` on macOS, ``%LOCALAPPDATA%`` on Windows. ``RTNB_CACHE=off`` keeps none. A disk that is full or
    must not be written to makes it forget, nothing else.

    Parameters
    ----------
    folder : Path, optional
        Another place.
    most_bytes : int
        Room that it may take.

    Examples
    --------
    >>> import tempfile
    >>> kept = TrackCache(Path(tempfile.mkdtemp()))
    >>> kept.put("0" * 64, np.full(3, 0.5, dtype=np.float32))
    >>> len(kept), kept.get("0" * 64).tolist(), kept.get("1" * 64)
    (1, [0.5, 0.5, 0.5], None)
    >>> kept.clear(), len(kept)
    (1, 0)
    """

    def __init__(self, folder: Path | None = None, *, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._written = 0

    @property
    def place(self) -> Path | None:
        """Where the tracks are; None where none are kept."""
        return self._folder if self._folder is not None else _default_place()

    @property
    def size_bytes(self) -> int:
        """Room that they take."""
        return sum(size for _, size, _ in self._files())

    def __len__(self) -> int:
        """How many there are."""
        return sum(1 for _ in self._files())

    def __bool__(self) -> bool:
        return True

    def get(self, key: str) -> Values | None:
        """The track under a key of 64 hexadecimal digits, or None.

        Returns
        -------
        ndarray of float32, shape (n,), or None
        """
        place = self.place
        if place is None:
            return None
        file = place / f"{key}.track"
        try:
            p = _read(file.read_bytes(), key)
        # ValueError: damaged; MemoryError: somebody else's.
        except (OSError, ValueError, MemoryError):
            return None
        with contextlib.suppress(OSError):
            os.utime(file)
        return p

    def put(self, key: str, p: Values) -> None:
        """Keep a track, if that is possible."""
        place = self.place
        if place is None:
            return
        half: str | None = None
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            number, half = tempfile.mkstemp(prefix="half-", dir=place)
            with os.fdopen(number, "wb") as stream:
                stream.write(_written(key, p))
            Path(half).replace(place / f"{key}.track")
        except OSError:
            if half is not None:
                with contextlib.suppress(OSError):
                    Path(half).unlink()
            return
        with self._lock:
            look = self._written % _LOOK_EVERY == 0
            self._written += 1
        if look:
            self.prune()

    def prune(self) -> int:
        """Throw away the least recently used tracks that there is no room for; how many those were."""
        files = sorted(self._files(), key=lambda each: each[2], reverse=True)
        room, gone = self._most_bytes, 0
        for file, size, _ in files:
            room -= size
            if room < 0:
                gone += _removed(file)
        self._tidy(_HALF_S)
        return gone

    def clear(self) -> int:
        """Throw all tracks away; how many those were. Other files in the folder stay."""
        gone = sum(_removed(file) for file, _, _ in list(self._files()))
        self._tidy(_HALF_S)
        return gone

    def _files(self) -> Iterator[tuple[Path, int, float]]:
        """Each file, the room that it takes, and when it was last used."""
        place = self.place
        try:
            with os.scandir(place) as entries:
                for entry in entries if place is not None else ():
                    if _NAME.fullmatch(entry.name):
                        with contextlib.suppress(OSError):
                            stat = entry.stat()
                            yield Path(entry.path), max(_LEAST_BYTES, stat.st_size), stat.st_mtime
        except OSError:
            return

    def _tidy(self, older_s: float) -> None:
        """Remove what a process that was killed has left half written."""
        import time

        place = self.place
        if place is None:
            return
        with contextlib.suppress(OSError):
            for file in list(place.glob("half-*")):
                with contextlib.suppress(OSError):
                    if time.time() - file.stat().st_mtime > older_s:
                        file.unlink()

    def __repr__(self) -> str:
        if self.place is None:
            return f"TrackCache(off: {VARIABLE}={os.environ.get(VARIABLE)})"
        return f"TrackCache({counted(len(self), 'track')}, {self.size_bytes / 1e6:.1f} MB, {str(self.place)!r})"


def _default_place() -> Path | None:
    said = os.environ.get(VARIABLE, "").strip()
    if said.lower() in ("off", "0", "no", "false", "none"):
        return None
    try:
        if said:
            return Path(said).expanduser()
        given = os.environ.get("XDG_CACHE_HOME", "").strip()
        if given and Path(given).is_absolute():
            base = Path(given)
        elif sys.platform == "win32":
            base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        elif sys.platform == "darwin":
            base = Path.home() / "Library" / "Caches"
        else:
            base = Path.home() / ".cache"
    # A user without a home, as in some containers.
    except RuntimeError:
        return None
    return base / "rtnb" / "tracks"


def _written(key: str, p: Values) -> bytes:
    data = np.ascontiguousarray(p, dtype="<f4").tobytes()
    return _head(key, data) + b"\n" + data


def _head(key: str, data: bytes) -> bytes:
    head = {"format": _MAGIC, "key": key, "frames": len(data) // 4, "sha256": hashlib.sha256(data).hexdigest()}
    return json.dumps(head).encode()


def _read(raw: bytes, key: str) -> Values:
    """The numbers of a file.

    Raises
    ------
    ValueError
        It is damaged, or none of ours.
    """
    line, _, data = raw.partition(b"\n")
    # Compared as bytes, never parsed: what a damaged file holds cannot do anything.
    if line != _head(key, data):
        raise ValueError("not the track of that key")
    p = np.frombuffer(data, dtype="<f4").astype(np.float32)
    if p.size and not 0 <= p.min() <= p.max() <= 1:
        raise ValueError("no probabilities")
    return p


def _removed(file: Path) -> int:
    try:
        file.unlink()
    except OSError:
        return 0
    return 1


cache = TrackCache()
"""The tracks of :func:`rtnb.vad.probabilities`."""
