"""Reading a journal back: also one that ends in the middle of a line, or lacks a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rtnb.errors import RecordingError
from rtnb.protocol.envelope import AudioStore, Event
from rtnb.session.record.journal_files import CUT_OFF, OPEN, manifest_of, state_of
from rtnb.session.record.lines import decoded, event_of
from rtnb.session.record.log import EventLog

__all__ = ["Journalled", "read_journal"]


@dataclass(frozen=True, slots=True)
class Journalled:
    """What a journal holds."""

    log: EventLog
    endpoint: str
    notes: tuple[str, ...]
    """What is missing, in words."""


def read_journal(folder: Path) -> Journalled:
    """Read the journal in a directory as far as it goes.

    Raises
    ------
    RecordingError
        There is none.
    OSError
        It cannot be read.
    """
    if not (folder / "events.jsonl").is_file() and not (folder / "manifest.json").is_file():
        raise RecordingError(
            f"'{folder}' is not a recording of rtnb: a directory is one if it is a journal, with 'events.jsonl' in it."
        )
    manifest = manifest_of(folder)
    notes: list[str] = []
    lines = _lines(folder / "events.jsonl", notes)
    start_wall_s = _start(manifest, lines)
    if start_wall_s is None:
        start_wall_s = 0.0
        notes.append("The journal does not say when it began.")
    log = EventLog(start_s=0.0, start_wall_s=start_wall_s)
    stores = {store.name: store for store in log.stores.values()}
    for store in stores.values():
        file = folder / "audio" / f"{store.name}.pcm"
        if file.is_file():
            store.append(file.read_bytes())
    unread = 0
    for line in lines:
        try:
            log.restore(event_of(line, stores, start_wall_s))
        except Exception:  # a line that a failing disk or somebody's hand changed
            unread += 1
    if unread:
        notes.append(f"{unread} line{'s' * (unread > 1)} of the journal cannot be read and {_are(unread)} left out.")
    _pad(log, stores, notes)
    if (state := state_of(folder)) == OPEN:
        notes.append("The session is still running; this is what its journal held a moment ago.")
    elif state == CUT_OFF:
        last_s = max((event.t_s for event in log), default=0.0)
        notes.append(
            f"The session was cut off: its journal ends at {last_s:.1f} s without a close. save(...) keeps what it has."
        )
    return Journalled(log, str(manifest.get("endpoint") or ""), tuple(notes))


def _lines(file: Path, notes: list[str]) -> list[Mapping[str, object]]:
    found: list[Mapping[str, object]] = []
    unread = 0
    held = file.read_bytes() if file.is_file() else b""
    whole, _, half = held.rpartition(b"\n")
    for line in whole.split(b"\n") if whole else ():
        try:
            read = decoded(line.strip())
        except ValueError:
            unread += 1
            continue
        if isinstance(read, dict):
            found.append(read)
        else:
            unread += 1
    if half.strip(b"\0\r "):
        try:
            read = decoded(half)
        except ValueError:
            notes.append("The last line of the journal is not whole and is left out.")
        else:
            found += [read] if isinstance(read, dict) else []
    if unread:
        notes.append(f"{unread} line{'s' * (unread > 1)} of the journal {_are(unread)} no JSON and left out.")
    return found


def _are(count: int) -> str:
    return "are" if count > 1 else "is"


def _start(manifest: Mapping[str, object], lines: list[Mapping[str, object]]) -> float | None:
    """When the session started, in Unix seconds: as the manifest says, or as the first line does."""
    said = manifest.get("start_wall_s")
    if not isinstance(said, int | float):
        for line in lines:
            wall_s, t_s = line.get("wall_s"), line.get("t_s")
            if isinstance(wall_s, int | float) and isinstance(t_s, int | float):
                said = wall_s - t_s
                break
    if not isinstance(said, int | float):
        begun = manifest.get("started")
        try:
            said = datetime.fromisoformat(begun).timestamp() if isinstance(begun, str) else None
        except ValueError:
            said = None
    try:
        datetime.fromtimestamp(said or 0.0, UTC)  # raises what no clock can show
    except (ValueError, OverflowError, OSError):
        return None
    return None if said is None else float(said)


def _pad(log: EventLog, stores: Mapping[str, AudioStore], notes: list[str]) -> None:
    """Silence where the events speak of audio that is not there."""
    needed = dict.fromkeys(stores, 0)
    event: Event
    for event in log:
        for ref in event.audio:
            needed[ref.store.name] = max(needed[ref.store.name], ref.offset + ref.length)
    for name, store in stores.items():
        # A damaged line may say anything: what no session holds is not filled up.
        if 0 < (lacking := needed[name] - len(store)) < MOST_LACKING_BYTES:
            store.append(bytes(lacking))
            notes.append(f"The last {lacking:,} bytes of '{name}.pcm' are missing; silence stands in their place.")


MOST_LACKING_BYTES = 1 << 28
"""An hour and a half of PCM16 at 24 kHz."""
