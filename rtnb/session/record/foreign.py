"""Recordings made by others: event logs of any common shape, beta or GA, as a :class:`Recording`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtnb.errors import RecordingError
from rtnb.protocol.beta_logs import BetaLog
from rtnb.protocol.envelope import DIRECT
from rtnb.session.conversation.formats import bytes_per_ms
from rtnb.session.conversation.reading import number
from rtnb.session.record.foreign_entries import Entry, Way, entry_of, way_of_word
from rtnb.session.record.foreign_lines import Found, objects, spread
from rtnb.session.record.foreign_text import looks_like, text_of
from rtnb.session.record.foreign_times import newest_first, times_of
from rtnb.session.record.log import EventLog
from rtnb.session.record.secrets import Secrets

if TYPE_CHECKING:
    from rtnb.session.record.recording import Recording

__all__ = ["Foreign", "load_foreign", "read_foreign"]

Json = dict[str, Any]

ENDPOINT = "recorded elsewhere"

STEP_S = 0.01
"""How far apart events are put that nobody timed, so that their order can be seen."""

LISTED = 5
"""How many lines a note names."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """What somebody else's log holds, as a log of rtnb.

    Attributes
    ----------
    log : EventLog
    notes : tuple of str
        What was assumed, and what could not be read.
    """

    log: EventLog
    notes: tuple[str, ...]


def load_foreign(path: str | Path) -> Recording:
    """Read an event log that another program wrote.

    JSON lines (bare events, or wrapped ones that say which way they went and when), one JSON array, one object around
    a list, a browser's HAR file, a text log with a JSON object or a printed dict of Python a line, a table (CSV) with
    the JSON in a column; any of them packed with gzip, also where the packed file was cut off.

    Raises
    ------
    RecordingError
        There is no such file, or no event in it; the message names the line.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> item = {"id": "i", "type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hi."}]}
    >>> done = {"type": "response.done", "response": {"id": "r", "status": "completed", "output": [item]}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = pathlib.Path(folder) / "log.jsonl"
    ...     _ = place.write_text(json.dumps({"time": "2025-06-01T12:00:00Z", "source": "server", "event": done}))
    ...     load_foreign(place).turns[0].assistant_text
    'Hi.'
    """
    from rtnb.session.record.recording import Recording

    place = Path(path)
    try:
        data, written_s = place.read_bytes(), place.stat().st_mtime
    except FileNotFoundError:
        raise RecordingError(f"There is no recording '{path}'.") from None
    except OSError as error:
        raise RecordingError(f"'{path}' cannot be read: {error.strerror or error}.") from None
    found = read_foreign(data, name=str(path), written_s=written_s)
    return Recording(found.log, endpoint=ENDPOINT, notes=found.notes, name=place.name)


def read_foreign(data: bytes, *, name: str, written_s: float = 0.0) -> Foreign:
    """The log in a file's bytes.

    Parameters
    ----------
    data : bytes
    name : str
        Of the file, for messages.
    written_s : float
        Unix time at which it was written, for logs that do not say when they were made.

    Raises
    ------
    RecordingError
        There is no event in it.

    Examples
    --------
    >>> read_foreign(b'{"type": "input_audio_buffer.clear"}', name="log.jsonl").log
       0.000 → input_audio_buffer.clear
    """
    text, cut = text_of(data, name)
    found = objects(text)
    entries = _entries(found)
    if len(found.damaged) > len(entries) and (among := _entries(over_lines := spread(text))):
        # Objects that are printed over several lines leave many lines that begin one and do not end it.
        found, entries = over_lines, among
    if not entries:
        looks = f"\nIt looks like {said}." if (said := looks_like(text)) else ""
        looks += f"\n{cut}" if cut else ""
        raise RecordingError(
            f"'{name}' is not a recording of rtnb, and no log of realtime events: {_why(found)}.{looks}"
        )
    notes = [cut] if cut else []
    if newest_first(entries):
        entries.reverse()
        notes.append("The log has its latest event first; it was turned round.")
    ways = _ways(entries)
    times = times_of(entries)
    notes += times.notes
    start_wall_s = times.start_wall_s
    if start_wall_s is None:
        start_wall_s = written_s
        notes.append("The log names no day; prices are those of the day on which its file was written.")
    filler = _Filler(entries)
    if all(t_s is None for t_s in times.t_s):
        notes.append(
            "The log has no times: its events were spread by their order and the length of their audio, "
            "so latencies mean nothing."
        )
    log = EventLog(start_s=0.0, start_wall_s=start_wall_s)
    beta, damaged = BetaLog(), list(found.damaged)
    silent = 0
    for entry, way, t_s in zip(entries, ways, times.t_s, strict=True):
        try:
            translated = _translated(beta, entry.event, way)
            for event in translated:
                recorded = log.record(event, way, now_s=filler.time(t_s))
                filler.passed(recorded.type, recorded.body, sum(ref.length for ref in recorded.audio))
                silent += recorded.type in DIRECT and not recorded.audio
        except (TypeError, ValueError, RecursionError, AttributeError) as error:
            # Whatever a member of a wrong type makes of what reads it; the rest of the log is worth having.
            damaged.append((entry.line, f"its event cannot be used ({type(error).__name__})"))
    notes += _told(beta, found, damaged, entries, silent)
    return Foreign(log, tuple(notes))


def _entries(found: Found) -> list[Entry]:
    return [entry for text, value in found.objects if (entry := entry_of(text, value)) is not None]


def _translated(beta: BetaLog, event: Json, way: Way) -> list[Json]:
    if way == "local":
        return [event]
    return beta.client(event) if way == "sent" else beta.server(event)


def _why(found: Found) -> str:
    if found.damaged:
        line, reason = found.damaged[0]
        return f"line {line}: {reason}"
    if found.objects:
        text, value = found.objects[0]
        members = Secrets().text(", ".join(sorted(value)[:6])) or "none"
        return f"the JSON of line {text.line} is no event and holds none (members: {members})"
    return "line 1: there is no JSON in it" if found.text_lines else "it is empty"


def _ways(entries: Sequence[Entry]) -> list[Way]:
    """Which way each event went: as its type says; else as the log's own word is used for types that are known."""
    used: dict[str, Counter[Way]] = {}
    for entry in entries:
        if entry.way is not None and entry.word:
            used.setdefault(entry.word, Counter())[entry.way] += 1
    found: list[Way] = []
    for entry in entries:
        way = entry.way
        if way is None and entry.word in used:
            way = used[entry.word].most_common(1)[0][0]
        found.append(way or way_of_word(entry.word) or "received")
    return found


class _Filler:
    """Times of events that have none: those of the audio that passes, and a little for each event."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._t_s = -STEP_S
        self._said = False
        self._config: Json = {}
        self._streaming = _streaming(entries)

    def time(self, t_s: float | None) -> float:
        """When the next event happens."""
        self._t_s = self._t_s + STEP_S if t_s is None else max(t_s, 0.0)
        self._said = t_s is not None
        return self._t_s

    def passed(self, kind: str, body: Any, size: int) -> None:
        """An event was recorded; `size` bytes of audio are in it."""
        if kind in ("session.created", "session.updated") and isinstance(body.get("session"), dict):
            self._config = body["session"]
        if self._said:
            return
        if kind == "input_audio_buffer.append":
            self._t_s += size / bytes_per_ms(self._config, "input") / 1000
        elif kind == "response.output_audio.delta" and not self._streaming:
            self._t_s += size / bytes_per_ms(self._config, "output") / 1000
        elif kind.startswith("input_audio_buffer.speech_"):
            # Where the input's audio was left out, positions in it still tell the time.
            position = number(body.get("audio_start_ms", body.get("audio_end_ms")))
            if position is not None and position < 1e8:
                self._t_s = max(self._t_s, position / 1000)


def _streaming(entries: Sequence[Entry]) -> bool:
    """Whether the microphone went on while answers came: then its audio tells the time, and theirs does not."""
    answering = False
    for entry in entries:
        kind = entry.event["type"]
        if kind in ("response.created", "response.done"):
            answering = kind == "response.created"
        elif answering and kind == "input_audio_buffer.append":
            return True
    return False


def _told(
    beta: BetaLog, found: Found, damaged: Sequence[tuple[int, str]], entries: Sequence[Entry], silent: int
) -> Iterator[str]:
    """What the reader of a recording should know about how it was read."""
    if beta.beta:
        yield "The log is of the beta protocol; its events were translated to GA."
    if damaged:
        count = len(damaged)
        lines = ", ".join(str(line) for line, _ in sorted(damaged)[:LISTED])
        more = f" and {count - LISTED} more" if count > LISTED else ""
        yield f"{_were(count, 'line')} left out, which could not be read: {lines}{more} ({damaged[0][1]})."
    if others := len(found.objects) - len(entries):
        yield f"{_were(others, 'JSON object')} left out, which held no realtime event."
    if folded := sum(entry.count - 1 for entry in entries):
        yield f"{_were(folded, 'event')} folded into others by who made the log; what they held is not in it."
    if silent:
        yield f"{_were(silent, 'event')} recorded without their audio, or with only the beginning of it."
    if unknown := {entry.event["type"] for entry in entries if entry.way is None}:
        names = ", ".join(sorted(unknown)[:LISTED])
        yield f"The protocol has no {names}: taken as sent or received as the log says."


def _were(count: int, what: str) -> str:
    return f"{count} {what} was" if count == 1 else f"{count} {what}s were"
