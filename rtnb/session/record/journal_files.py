"""Where journals are kept: places, locks, and what is thrown away."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

__all__ = [
    "CLOSED",
    "CUT_OFF",
    "OPEN",
    "Gone",
    "Lock",
    "default_place",
    "found_in",
    "manifest_of",
    "new_folder",
    "prune",
    "size_of",
    "state_of",
    "thrown_away",
]

VARIABLE = "RTNB_JOURNAL"
"""A directory for journals, or ``off``."""

KEPT = 20
"""Journals of closed sessions that are kept, and as many of sessions that were cut off: about a month of daily use."""
KEPT_BYTES = 2_000_000_000
"""Room that those of sessions that are over may take: five to six hours of talk with both sides' audio (5.8 MB a
minute)."""
MOURNED_S = 14 * 86_400.0
"""How long a journal that was cut off is kept in any case: nobody had the chance to save that session, and somebody may
come back to it after a holiday."""

LISTED = 5
"""How many journals that went are named."""

OPEN, CLOSED, CUT_OFF = "open", "closed", "cut off"

_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-z]{6}")
_YOUNG_S = 60.0
"""So old must a folder without a manifest be: until then it may be one that is just being made."""


def default_place() -> Path | None:
    """The directory for journals; None where `RTNB_JOURNAL` says that none are kept.

    It is ``$XDG_STATE_HOME/rtnb/journals`` (``~/.local/state``, as the XDG base directory specification has it),
    and the place for an application's state on macOS and Windows.
    """
    said = os.environ.get(VARIABLE, "").strip()
    if said.lower() in ("off", "0", "no", "false", "none"):
        return None
    if said:
        return Path(said).expanduser()
    given = os.environ.get("XDG_STATE_HOME", "").strip()
    if given and Path(given).is_absolute():
        state = Path(given)
    elif sys.platform == "win32":
        state = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        state = Path.home() / "Library" / "Application Support"
    else:
        state = Path.home() / ".local" / "state"
    return state / "rtnb" / "journals"


def new_folder(place: Path, start_wall_s: float) -> Path:
    """A new, private directory for the journal of a session that started then.

    Raises
    ------
    OSError
        It cannot be made.
    """
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = f"{datetime.fromtimestamp(start_wall_s, UTC):%Y%m%dT%H%M%SZ}"
    folder = place / f"{stamp}-{os.urandom(3).hex()}"
    folder.mkdir(mode=0o700)
    return folder


class Lock:
    """Held by the process that writes a journal, and let go by the system when the process ends in any way."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        # A file system without locks has journals that always count as open, and stay until somebody removes them.
        with contextlib.suppress(OSError):
            _lock(self._file)

    def release(self) -> None:
        """Let go. In a fork only its own hold on the file ends; the parent's stays."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


def _lock(file: int) -> None:
    """Lock an open file at once.

    Raises
    ------
    OSError
        Somebody else has it, or this file system has no locks.
    """
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _held(folder: Path) -> bool:
    try:
        file = os.open(folder / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        _lock(file)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


def manifest_of(folder: Path) -> dict[str, Any]:
    """What the manifest says; empty where there is none to read."""
    try:
        found = orjson.loads((folder / "manifest.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def state_of(folder: Path) -> str:
    """``"open"``: a living process writes it; ``"closed"``; or ``"cut off"``: its process ended before the session."""
    said = manifest_of(folder).get("journal")
    if isinstance(said, dict) and said.get("closed"):
        return CLOSED
    return OPEN if _held(folder) else CUT_OFF


def size_of(folder: Path) -> int:
    """Bytes of all files of a journal."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def found_in(place: Path) -> Iterator[Path]:
    """The journals in a directory, the newest first."""
    try:
        names = sorted((path.name for path in place.iterdir() if _NAME.fullmatch(path.name)), reverse=True)
    except OSError:
        return
    yield from (place / name for name in names if (place / name).is_dir())


@dataclass(frozen=True, slots=True)
class Gone:
    """A journal that was thrown away."""

    path: Path
    state: str
    for_room: bool
    """Whether it went because all of them took too much room, and not because there were so many."""


def prune(place: Path, *, kept: int = KEPT, kept_bytes: int = KEPT_BYTES) -> list[Gone]:
    """Throw away the oldest journals beyond what is kept; returns them.

    What is being written stays and does not count; so does the newest journal of each state, and what was cut off in
    the last 14 days.
    """
    counts, total, gone = {CLOSED: 0, CUT_OFF: 0}, 0, []
    now_s = time.time()
    for folder in found_in(place):
        try:
            state, size, last_s = state_of(folder), size_of(folder), _last_s(folder)
            if not (folder / "manifest.json").exists() and now_s - last_s < _YOUNG_S:
                continue
        except OSError:
            continue  # somebody else is throwing it away
        if state == OPEN:
            continue
        counts[state] += 1
        total += size
        if counts[state] == 1 or (state == CUT_OFF and now_s - last_s < MOURNED_S):
            continue
        if (many := counts[state] > kept) or total > kept_bytes:
            shutil.rmtree(folder, ignore_errors=True)
            total -= size
            gone.append(Gone(folder, state, not many))
    return gone


def _last_s(folder: Path) -> float:
    """When something was last written to it, in Unix seconds."""
    files = (folder / name for name in ("events.jsonl", "manifest.json"))
    return max(path.stat().st_mtime for path in (folder, *files) if path.exists())


def thrown_away(gone: Sequence[Gone]) -> str:
    """What somebody may miss of that, in words; empty where nothing is: of sessions that were closed and not saved, the
    last 20 are kept as a matter of course.

    Examples
    --------
    >>> thrown_away([Gone(Path("20260101T120000Z-abcdef"), CUT_OFF, False)])
    'An old journal was thrown away: that of 2026-01-01 12:00 UTC, which was cut off. rtnb.journals() lists the others.'
    """
    told = [each for each in gone if each.for_room or each.state == CUT_OFF]
    if not told:
        return ""
    said = ", ".join(_told(each) for each in told[:LISTED])
    more = f" and {len(told) - LISTED} more" if len(told) > LISTED else ""
    begin = "An old journal was" if len(told) == 1 else f"{len(told)} old journals were"
    room = f" to stay below {KEPT_BYTES / 1e9:.0f} GB" if any(each.for_room for each in told) else ""
    return f"{begin} thrown away{room}: that of {said}{more}. rtnb.journals() lists the others."


def _told(gone: Gone) -> str:
    name = gone.path.name
    when = f"{name[:4]}-{name[4:6]}-{name[6:8]} {name[9:11]}:{name[11:13]} UTC"
    return f"{when}, which was cut off" if gone.state == CUT_OFF else when
