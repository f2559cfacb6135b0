"""What the machine has to spare: room on disk, memory, cores; and whether its clock can be trusted."""

from __future__ import annotations

import importlib
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rtnb.checkup.known import known
from rtnb.checkup.report import Finding
from rtnb.checkup.versions import short

__all__ = [
    "Clock",
    "Memory",
    "Place",
    "clock",
    "judge_clock",
    "judge_memory",
    "judge_places",
    "memory",
    "places",
]

LITTLE_MB: Final = 500
"""Less room than that is worth a word: an hour and a half of talk."""
NONE_MB: Final = 20


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that rtnb writes to."""

    what: str
    where: str
    variable: str
    """The environment variable that moves it."""
    free_mb: float = 0.0
    said: str = ""
    """Why it cannot be written to."""
    off: bool = False


def places() -> list[Place]:
    """Write a byte to each, and take it away again."""
    from rtnb.session.record.journal_files import default_place
    from rtnb.vad import cache

    return [
        _place("journals", default_place(), "RTNB_JOURNAL"),
        _place("cache", cache.place, "RTNB_CACHE"),
        _place("temporary files", Path(tempfile.gettempdir()), "TMPDIR"),
    ]


def _place(what: str, folder: Path | None, variable: str) -> Place:
    if folder is None:
        return Place(what, "", variable, off=True)
    there = folder
    # It is made when it is needed: the nearest folder above it tells whether it can be.
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        free_mb = shutil.disk_usage(there).free / 1e6
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"\0")
    except OSError as error:
        return Place(what, short(folder), variable, said=error.strerror or type(error).__name__)
    return Place(what, short(folder), variable, free_mb)


def judge_places(facts: Sequence[Place]) -> list[Finding]:
    """What they mean.

    Examples
    --------
    >>> judge_places([Place("journals", "~/state", "RTNB_JOURNAL", said="Read-only file system")])[0].verdict
    'problem'
    """
    found, good = [], []
    minutes = known()["journal_mb_per_minute"]
    for place in facts:
        elsewhere = f"Free some room, or set {place.variable} to a folder elsewhere."
        if place.off:
            good.append(f"{place.what} are off" if place.what.endswith("s") else f"the {place.what} is off")
        elif place.said:
            told = f"{place.where} cannot be written to ({place.said})"
            found.append(Finding(place.what, "problem", told, f"Set {place.variable} to a folder that can."))
        elif place.free_mb < NONE_MB:
            found.append(Finding(place.what, "problem", f"{place.where} has {place.free_mb:.0f} MB left", elsewhere))
        elif place.free_mb < LITTLE_MB:
            talk = f", {place.free_mb / minutes:.0f} min of talk" if place.what == "journals" else ""
            found.append(Finding(place.what, "note", f"{place.where} has {place.free_mb:.0f} MB left{talk}", elsewhere))
        else:
            good.append(f"{place.what} {place.free_mb / 1000:,.0f} GB in {place.where}")
    if good:
        found.insert(0, Finding("room on disk", "ok", "; ".join(good)))
    return found


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory that is to be had."""

    free_mb: float | None
    """None where that cannot be told."""
    needed_mb: float
    """What is not loaded yet and may be."""
    limited: bool = False
    """Whether a container's limit decides."""


def memory() -> Memory:
    """Look; in a container at its limit, too."""
    from rtnb.speech import shared_loader
    from rtnb.speech.local_ear import many_installed
    from rtnb.speech.weights import installed

    sizes = known()["memory"]
    needed = (sizes["local_mb"] if installed("hibari-heart") else 0) + (sizes["base_mb"] if many_installed() else 0)
    if shared_loader().ready.is_set():
        needed = 0
    free, limit = _free_mb(), _limit_mb()
    if limit is not None and (free is None or limit < free):
        return Memory(limit, needed, limited=True)
    return Memory(free, needed)


def _free_mb(file: Path = Path("/proc/meminfo")) -> float | None:
    try:
        for line in file.read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024 / 1e6
    except (OSError, ValueError):
        pass
    try:
        # ipykernel brings it.
        return float(importlib.import_module("psutil").virtual_memory().available) / 1e6
    except Exception:
        return None


def _limit_mb(root: Path = Path("/sys/fs/cgroup")) -> float | None:
    """What the container's limit leaves: cgroup v2, then v1; page cache can be had back."""
    for most, used, stat, cached in (
        ("memory.max", "memory.current", "memory.stat", "inactive_file"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"),
    ):
        try:
            limit = int((root / most).read_text("ascii"))
            taken = int((root / used).read_text("ascii"))
            lines = (root / stat).read_text("ascii").splitlines()
        except (OSError, ValueError):  # "max": there is no limit
            continue
        back = next((int(line.split()[1]) for line in lines if line.startswith(f"{cached} ")), 0)
        if limit < 1 << 60:
            return (limit - taken + back) / 1e6
    return None


def judge_memory(facts: Memory) -> list[Finding]:
    """What it means.

    Examples
    --------
    >>> judge_memory(Memory(200.0, 320.0, limited=True))[0].verdict
    'problem'
    """
    if facts.free_mb is None:
        return [Finding("memory", "skipped", "this system does not tell")]
    whose = " of this container's limit" if facts.limited else ""
    told = f"{facts.free_mb / 1000:.1f} GB are free{whose}"
    if facts.needed_mb:
        told += f", the models will take {facts.needed_mb / 1000:.1f} GB"
    if facts.needed_mb and facts.free_mb < facts.needed_mb:
        return [Finding("memory", "problem", told, "Close other kernels (each loads its own), or use RTNB_VOICE=tone.")]
    if facts.free_mb < facts.needed_mb + 300:
        return [Finding("memory", "note", told, "Close other kernels: each that speaks loads its own models.")]
    return [Finding("memory", "ok", told)]


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of the wall, held against two others."""

    behind_s: float
    """How much it is behind the newest file of rtnb: nothing was written in the future."""
    jumped_s: float
    """How far it moved against the monotonic clock while it was looked at."""


def clock(wait_s: float = 1.5) -> Clock:
    """Look twice."""
    folder = Path(__file__).parents[1]
    wall_s, steady_s = time.time(), time.monotonic()
    newest_s = max(path.stat().st_mtime for path in (folder, *folder.glob("*.py")))
    time.sleep(wait_s)
    jumped_s = (time.time() - wall_s) - (time.monotonic() - steady_s)
    return Clock(max(0.0, newest_s - wall_s), jumped_s)


def judge_clock(facts: Clock) -> list[Finding]:
    """What it means.

    Examples
    --------
    >>> judge_clock(Clock(0.0, 0.001))[0].found
    'it keeps time'
    """
    remedy = "Have the clock set (NTP): certificates, prices by date and journals go by it."
    if facts.behind_s > 86_400:
        days = facts.behind_s / 86_400
        told = f"it is {days:,.0f} days behind the files of rtnb itself"
        return [Finding("clock", "problem", told, remedy)]
    if abs(facts.jumped_s) > 0.25:
        told = f"it jumped by {facts.jumped_s:+.1f} s while it was looked at; rtnb measures with another one"
        return [Finding("clock", "note", told, remedy)]
    return [Finding("clock", "ok", "it keeps time")]
