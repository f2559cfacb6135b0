"""Recordings: every event and all audio of a session in one file, and a session made of it again.

The file is a ZIP archive: ``manifest.json``, ``events.jsonl`` (an event a line, without its audio) and
``audio/input.pcm``, ``audio/output.pcm`` and ``audio/items.pcm``, to which the events refer by offset and length.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from rtnb import _display
from rtnb.errors import RecordingError
from rtnb.protocol.envelope import AudioRef, AudioStore, Event
from rtnb.session.log import EventLog
from rtnb.session.reducer import Conversation
from rtnb.session.snapshots import Observer
from rtnb.session.views import SessionView, TurnView, UsageReport

__all__ = ["Recording", "load", "save"]

FORMAT = "rtnb-recording"
VERSION = 1


def save(path: str | Path, log: EventLog, *, endpoint: str) -> Path:
    """Write a recording; returns the path.

    Raises
    ------
    RecordingError
        The place cannot be written.
    """
    place = Path(path)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "endpoint": endpoint,
        "started": datetime.fromtimestamp(log.start_wall_s, UTC).isoformat(),
        "start_wall_s": log.start_wall_s,
        "events": len(log),
    }
    try:
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("manifest.json", orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
            archive.writestr("events.jsonl", b"".join(_encoded(_line(event)) + b"\n" for event in log))
            for store in log.stores.values():
                archive.writestr(f"audio/{store.name}.pcm", store.read(0, len(store)))
    except OSError as error:
        raise RecordingError(f"'{path}' cannot be written: {error.strerror or error}.") from None
    return place


def _line(event: Event) -> dict[str, Any]:
    line: dict[str, Any] = {
        "seq": event.seq,
        "t_s": event.t_s,
        "wall_s": event.wall_s,
        "direction": event.direction,
        "event": event.body,
    }
    if event.audio:
        line["audio"] = [
            {"path": list(ref.path), "store": ref.store.name, "offset": ref.offset, "length": ref.length}
            for ref in event.audio
        ]
    return line


def _encoded(line: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(line)
    except TypeError:
        # What orjson refuses and JSON can hold, such as integers of more than 64 bits.
        return json.dumps(line).encode()


def _decoded(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return json.loads(line)


def load(path: str | Path) -> Recording:
    """Read a recording.

    Raises
    ------
    RecordingError
        There is no such file, or it is no recording.
    """
    place = Path(path)
    try:
        if not place.exists():
            raise RecordingError(f"There is no recording '{path}'.")
        with zipfile.ZipFile(place) as archive:
            manifest = orjson.loads(archive.read("manifest.json"))
            if manifest.get("format") != FORMAT or manifest.get("version", 0) > VERSION:
                raise RecordingError(
                    f"'{path}' is a recording of another format (version {manifest.get('version')}); update rtnb."
                )
            start_wall_s = float(manifest["start_wall_s"])
            datetime.fromtimestamp(start_wall_s, UTC)  # raises what no clock can show
            log = EventLog(start_s=0.0, start_wall_s=start_wall_s)
            stores = {store.name: store for store in log.stores.values()}
            for store in stores.values():
                store.append(archive.read(f"audio/{store.name}.pcm"))
            for line in archive.read("events.jsonl").splitlines():
                log.restore(_event(_decoded(line), stores))
        recording = Recording(log, endpoint=str(manifest.get("endpoint") or ""))
    except RecordingError:
        raise
    except Exception as error:  # a damaged archive, or lines made by hand, fail in any way there is
        raise RecordingError(f"'{path}' is not a recording of rtnb ({type(error).__name__}: {error}).") from None
    return recording


def _event(line: Mapping[str, Any], stores: Mapping[str, AudioStore]) -> Event:
    body = line["event"]
    kind = body.get("type")
    return Event(
        seq=int(line["seq"]),
        t_s=float(line["t_s"]),
        wall_s=float(line["wall_s"]),
        direction=line["direction"],
        type=kind if isinstance(kind, str) else "",
        body=body,
        audio=tuple(
            AudioRef(tuple(ref["path"]), stores[ref["store"]], int(ref["offset"]), int(ref["length"]))
            for ref in line.get("audio", ())
        ),
    )


class Recording:
    """A session that is over: the same views, with no server at all.

    Examples
    --------
    >>> import rtnb, tempfile, pathlib
    >>> with rtnb.connect(modalities=["text"]) as s, tempfile.TemporaryDirectory() as folder:
    ...     turn = s.ask("Spell cat.")
    ...     again = rtnb.replay(s.save(pathlib.Path(folder) / "talk.rtnb"))
    >>> again.turns[0].assistant_text
    'C, A, T.'
    """

    def __init__(self, log: EventLog, *, endpoint: str) -> None:
        self.events = log
        self._talk = Conversation()
        for event in log:
            self._talk.apply(event)
        self._observer = Observer(self._talk, log, endpoint)

    @property
    def turns(self) -> list[TurnView]:
        """The turns."""
        return [self._observer.turn(state) for state in self._talk.turns]

    @property
    def usage(self) -> UsageReport:
        """Tokens and cost, at the prices of the day of the recording."""
        return UsageReport.of(self.view())

    def view(self) -> SessionView:
        """The whole session."""
        return self._observer.session("recording")

    def __repr__(self) -> str:
        return f"<Recording of {self._observer.endpoint or 'a session'}, {len(self._talk.turns)} turns>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> _display.Bundle:
        return _display.bundle(self.view())
