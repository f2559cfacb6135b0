"""Observed sessions out of recordings, sessions, journals and trials."""

from __future__ import annotations

import datetime
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rtnb.errors import ConfigError, RecordingError
from rtnb.protocol.envelope import Event
from rtnb.protocol.turn_detection import SemanticVad, ServerVad
from rtnb.vad.calibration.observed import Detection, Observed, impossible

__all__ = ["observed_in", "observed_of"]

EMPTY_COMMIT = "input_audio_buffer_commit_empty"
"""The error that can only mean a commit, also where a server does not name the event."""

SUFFIXES = (".rtnb", ".jsonl", ".json")

WITHOUT_AUDIO = "Saved without its audio"

SMALL = (
    "{name} was saved with audio='opus': its samples are not those that the server heard. What lies near a threshold "
    "may come out differently; calibrate from recordings saved with 'flac' or 'pcm'."
)


def observed_in(recordings: Any) -> Iterator[Observed]:
    """Every session in whatever was given: see :func:`rtnb.vad.calibrate`.

    Raises
    ------
    ConfigError
        Something is no recording.
    RecordingError
        A file is none, or was saved without its audio.
    """
    if isinstance(recordings, str | Path):
        yield from _of_path(Path(recordings))
    elif (held := getattr(recordings, "observed", None)) is not None:
        yield from (held,) if isinstance(held, Observed) else held
    elif _has_events(recordings):
        yield from observed_of(recordings)
    elif isinstance(getattr(recordings, "path", None), str | Path):
        yield from _of_path(Path(recordings.path))
    elif isinstance(recordings, Iterable) and not isinstance(recordings, bytes | bytearray | Mapping):
        for each in recordings:
            yield from observed_in(each)
    else:
        raise ConfigError(
            f"calibrate() takes recordings (.rtnb), sessions, journals, trials or Observed, not {recordings!r:.200}."
        )


def observed_of(recording: Any) -> tuple[Observed, ...]:
    """The connections of a recorded session, each with a clock of its own.

    Parameters
    ----------
    recording : rtnb.Recording or session
        Anything with ``events``.

    Raises
    ------
    RecordingError
        It was saved without its audio.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.vad.calibration.recorded import observed_of
    >>> with rtnb.connect(modalities=["text"], turn_detection=rtnb.ServerVad(create_response=False)) as session:
    ...     session.append(rtnb.Clip.silence(0.5))
    ...     session.clear()
    ...     observed_of(session)
    (Observed(0.5 s, 0 turns),)
    """
    name = str(getattr(recording, "name", "") or "")
    notes = tuple(getattr(recording, "notes", None) or ())
    if any(str(note).startswith(WITHOUT_AUDIO) for note in notes):
        raise RecordingError(f"{name or 'The recording'} was saved without its audio: there is nothing to listen to.")
    reading = _Reading(str(getattr(recording, "endpoint", "") or ""), name, tuple(map(str, notes)))
    for event in list(recording.events):
        reading.take(event)
    return reading.finished()


def _has_events(value: Any) -> bool:
    return not isinstance(value, type) and isinstance(getattr(value, "events", None), Iterable)


def _of_path(path: Path) -> Iterator[Observed]:
    from rtnb.session.record.recording import load

    if path.is_dir() and not (path / "manifest.json").exists():
        files = sorted(each for each in path.iterdir() if each.suffix.lower() == SUFFIXES[0])
        if files:
            for each in files:
                yield from _of_path(each)
            return
    notes = (SMALL.format(name=path.name),) if _packed_small(path) else ()
    for session in observed_of(load(path)):
        yield session if any("opus" in note for note in session.notes) else session.noted(*notes)


def _packed_small(path: Path) -> bool:
    """Whether the audio in a file is not the samples that were sent."""
    if path.is_dir() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        kept = json.loads(archive.read("manifest.json")).get("audio")
    return isinstance(kept, Mapping) and kept.get("codec") == "opus"


@dataclass(slots=True)
class _Update:
    """Settings on their way: they hold from where the client had got when it sent them."""

    event_id: str
    at_ms: float
    session: Mapping[str, Any]


@dataclass(slots=True)
class _Section:
    """One connection."""

    key: tuple[str, str] = ("", "")
    pieces: list[tuple[str, list[bytes]]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    settings: list[tuple[float, Detection]] = field(default_factory=list)
    turns: list[tuple[str, int, int | None]] = field(default_factory=list)
    cleared: list[tuple[str, float, str]] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)
    updates: list[_Update] = field(default_factory=list)
    filtered: bool = False
    told: bool = False
    date: str = ""
    notes: list[str] = field(default_factory=list)


class _Reading:
    """Reads a session's events in order."""

    def __init__(self, endpoint: str, name: str, notes: tuple[str, ...] = ()) -> None:
        self._endpoint, self._name, self._notes = endpoint, name, notes
        self._format = "audio/pcm"
        self._done: list[_Section] = []
        self._now = _Section()

    @property
    def _at_ms(self) -> float:
        from rtnb.audio.formats import AudioFormat

        sizes = zip(self._now.pieces, self._now.sizes, strict=True)
        return sum(size / AudioFormat.from_wire(kind).bytes_per_ms for (kind, _), size in sizes)

    def take(self, event: Event) -> None:
        if not self._now.date and event.wall_s:
            self._now.date = datetime.datetime.fromtimestamp(event.wall_s, datetime.UTC).date().isoformat()
        handler = _HANDLERS.get((event.direction, event.type))
        if handler is not None:
            handler(self, event)

    def finished(self) -> tuple[Observed, ...]:
        sections = [*self._done, self._now]
        held = [each for each in sections if each.pieces]
        found = []
        for place, each in enumerate(held):
            name = self._name if len(held) == 1 else f"{self._name or 'session'}, connection {place + 1}"
            found.append(self._observed(each, name))
        return tuple(found)

    def _observed(self, section: _Section, name: str) -> Observed:
        from rtnb.audio.formats import AudioFormat

        notes = [*(f"{name or 'A session'}: {note}" for note in self._notes), *section.notes]
        settings = sorted(section.settings, key=lambda pair: pair[0])
        if not settings:
            settings = [(0.0, ServerVad())]
            notes.append(f"{name or 'A session'} does not say its settings: the defaults of server_vad are supposed.")
        pieces, duration_ms = [], 0.0
        for kind, data in section.pieces:
            form = AudioFormat.from_wire(kind)
            pieces.append((kind, form.whole(b"".join(data))))
            duration_ms += len(pieces[-1][1]) / form.bytes_per_ms
        turns = []
        for _, start, end in section.turns:
            if why := impossible(start, end, duration_ms, settings):
                notes.append(f"{name or 'A session'}: {why}. The turn is left out.")
            else:
                turns.append((start, end))
        return Observed(
            pieces,
            settings,
            turns,
            cleared_ms=[at for _, at, _ in section.cleared],
            taken_ms=section.taken,
            noise_reduction=section.filtered,
            endpoint=self._endpoint,
            name=name,
            date=section.date,
            notes=notes,
        )

    # What the client sent

    def append(self, event: Event) -> None:
        data = b"".join(ref.bytes() for ref in event.audio)
        if not data:
            return
        now = self._now
        if not now.pieces or now.pieces[-1][0] != self._format:
            now.pieces.append((self._format, []))
            now.sizes.append(0)
        now.pieces[-1][1].append(data)
        now.sizes[-1] += len(data)

    def update(self, event: Event) -> None:
        session = event.body.get("session")
        if isinstance(session, Mapping):
            self._now.updates.append(_Update(str(event.body.get("event_id") or ""), self._at_ms, session))

    def clear(self, event: Event) -> None:
        self._now.cleared.append((str(event.body.get("event_id") or ""), self._at_ms, event.type))

    # What the server said

    def created(self, event: Event) -> None:
        session = event.body.get("session")
        own = session.get("id") if isinstance(session, Mapping) else ""
        key = (str(event.body.get("event_id") or ""), str(own or ""))
        if self._now.told and key != self._now.key:
            # The clock of another connection begins at 0.
            self._done.append(self._now)
            self._now = _Section()
        self._now.key, self._now.told = key, True
        self._settle(session, 0.0 if not self._now.pieces else self._at_ms)

    def updated(self, event: Event) -> None:
        at_ms = self._now.updates.pop(0).at_ms if self._now.updates else self._at_ms
        self._settle(event.body.get("session"), at_ms)

    def _settle(self, session: Any, at_ms: float) -> None:
        if not isinstance(session, Mapping):
            return
        audio = session.get("audio")
        given = audio.get("input") if isinstance(audio, Mapping) else None
        # The beta shape has the same members at the top, under longer names.
        source: Mapping[str, Any] = given if isinstance(given, Mapping) else session
        reduction = source.get("noise_reduction", session.get("input_audio_noise_reduction"))
        if reduction is not None:
            self._now.filtered = True
        kind = source.get("format") if source is given else session.get("input_audio_format")
        if kind is not None:
            self._format = _format(kind, self._format)
        if "turn_detection" in source:
            self._now.settings.append((at_ms, _detection(source["turn_detection"], self._now.notes)))

    def started(self, event: Event) -> None:
        start = event.body.get("audio_start_ms")
        if isinstance(start, int | float):
            self._now.turns.append((str(event.body.get("item_id") or ""), int(start), None))

    def stopped(self, event: Event) -> None:
        end, item = event.body.get("audio_end_ms"), str(event.body.get("item_id") or "")
        turns = self._now.turns
        if not isinstance(end, int | float):
            return
        for place in range(len(turns) - 1, -1, -1):
            if turns[place][2] is None and turns[place][0] == item:
                turns[place] = (item, turns[place][1], int(end))
                return

    def timed_out(self, event: Event) -> None:
        end = event.body.get("audio_end_ms")
        if isinstance(end, int | float):
            self._now.taken.append(float(end))

    def refused(self, event: Event) -> None:
        error = event.body.get("error")
        if not isinstance(error, Mapping):
            return
        event_id, code = str(error.get("event_id") or ""), error.get("code")
        now = self._now
        if event_id:
            now.updates = [each for each in now.updates if each.event_id != event_id]
            now.cleared = [each for each in now.cleared if each[0] != event_id]
        elif code == EMPTY_COMMIT:
            commits = [place for place, each in enumerate(now.cleared) if each[2].endswith("commit")]
            if commits:
                del now.cleared[commits[-1]]


def _format(value: Any, before: str) -> str:
    from rtnb.audio.formats import AudioFormat

    try:
        return AudioFormat.from_wire(value).type
    except ConfigError:
        return before


def _detection(value: Any, notes: list[str]) -> Detection:
    if not isinstance(value, Mapping):
        return None
    try:
        match value.get("type"):
            case ServerVad.type:
                return ServerVad.from_wire(value)
            case SemanticVad.type:
                return SemanticVad.from_wire(value)
    except ConfigError as error:
        notes.append(f"Turn detection that cannot be read was taken as none: {error}")
        return None
    notes.append(f"Turn detection of type {value.get('type')!r:.60} was taken as none.")
    return None


_HANDLERS = {
    ("sent", "input_audio_buffer.append"): _Reading.append,
    ("sent", "session.update"): _Reading.update,
    ("sent", "input_audio_buffer.clear"): _Reading.clear,
    ("sent", "input_audio_buffer.commit"): _Reading.clear,
    ("received", "session.created"): _Reading.created,
    ("received", "session.updated"): _Reading.updated,
    ("received", "input_audio_buffer.speech_started"): _Reading.started,
    ("received", "input_audio_buffer.speech_stopped"): _Reading.stopped,
    ("received", "input_audio_buffer.timeout_triggered"): _Reading.timed_out,
    ("received", "error"): _Reading.refused,
}
