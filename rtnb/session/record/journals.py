"""The journals that are there: which sessions, when, and whether they came to their end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import overload

from rtnb._display import Drawable
from rtnb.session.record.journal_files import default_place, found_in, manifest_of, size_of, state_of
from rtnb.session.record.recording import Recording, load

__all__ = ["JournalEntry", "Journals", "journals"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class JournalEntry:
    """One journal.

    Parameters
    ----------
    path : Path
        Its directory; `rtnb.replay` takes it.
    started : datetime or None
        When the session began, in UTC; None where the journal does not say.
    endpoint : str
        What answered, in words.
    events : int
        How many it holds.
    size_bytes : int
        Of all its files.
    state : {"open", "closed", "cut off"}
        ``cut off``: the process ended before the session was closed.
    """

    path: Path
    started: datetime | None
    endpoint: str
    events: int
    size_bytes: int
    state: str

    def __repr__(self) -> str:
        started = f"{self.started:%Y-%m-%d %H:%M:%S} UTC" if self.started else "at an unknown time"
        events = f"{self.events:,} event{'' if self.events == 1 else 's'}"
        size = f"{self.size_bytes / 1e6:.1f} MB"
        parts = (started, self.state, events, size, *([self.endpoint] if self.endpoint else []), repr(str(self.path)))
        return f"JournalEntry({', '.join(parts)})"

    def load(self) -> Recording:
        """The session, as `rtnb.replay` gives it."""
        return load(self.path)


class Journals(Drawable, Sequence[JournalEntry]):
    """Journals, the newest first."""

    __slots__ = ("_entries", "place")

    def __init__(self, place: Path | None, entries: Sequence[JournalEntry]) -> None:
        self.place = place
        """The directory they are in; None where none are kept."""
        self._entries = tuple(entries)

    @overload
    def __getitem__(self, index: int) -> JournalEntry: ...
    @overload
    def __getitem__(self, index: slice) -> Journals: ...
    def __getitem__(self, index: int | slice) -> JournalEntry | Journals:
        if isinstance(index, slice):
            return Journals(self.place, self._entries[index])
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[JournalEntry]:
        return iter(self._entries)

    def __repr__(self) -> str:
        if self.place is None:
            return "No journals are kept: RTNB_JOURNAL is 'off'."
        if not self._entries:
            return f"No journals in {self.place}."
        lines = [f"{len(self)} journal{'s' * (len(self) > 1)} in {self.place}, the newest first:"]
        for index, entry in enumerate(self._entries):
            started = f"{entry.started:%Y-%m-%d %H:%M:%S}" if entry.started else "at an unknown time"
            lines.append(
                f"  [{index}] {started} UTC  {entry.state:<7}  {entry.events:>7,} events  "
                f"{entry.size_bytes / 1e6:>7.1f} MB  {entry.endpoint}"
            )
        lines.append("rtnb.replay(rtnb.journals()[0].path) shows one; its save(...) keeps it.")
        return "\n".join(lines)


def journals(place: str | Path | None = None) -> Journals:
    """The journals of earlier sessions, and of those that are running, the newest first.

    Parameters
    ----------
    place : str or Path, optional
        The directory they are in; else where sessions keep them: ``$RTNB_JOURNAL``, or the user's state directory.

    Examples
    --------
    >>> journals("/there/is/none")
    No journals in /there/is/none.
    """
    found = default_place() if place is None else Path(place).expanduser()
    return Journals(found, [] if found is None else [_entry(folder) for folder in found_in(found)])


def _entry(folder: Path) -> JournalEntry:
    manifest = manifest_of(folder)
    try:
        started = datetime.fromtimestamp(float(manifest["start_wall_s"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        started = None
    try:
        size_bytes, events = size_of(folder), _count(folder / "events.jsonl")
    except OSError:  # being thrown away at this moment
        size_bytes, events = 0, 0
    return JournalEntry(
        path=folder,
        started=started,
        endpoint=str(manifest.get("endpoint") or ""),
        events=events,
        size_bytes=size_bytes,
        state=state_of(folder),
    )


def _count(file: Path) -> int:
    if not file.is_file():
        return 0
    with file.open("rb") as lines:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: lines.read(1 << 20), b""))
