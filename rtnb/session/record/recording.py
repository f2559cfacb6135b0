"""Recordings: every event and all audio of a session in one file, and a session made of it again.

The file is a ZIP archive: ``manifest.json``, ``events.jsonl`` (an event a line, without its audio) and
``audio/input.pcm``, ``audio/output.pcm`` and ``audio/items.pcm``, to which the events refer by offset and length.
Audio that is packed (version 2) ends in ``.flac`` or ``.opus``, or is not there at all; the manifest says which, and
how long each store was. The events are packed harder then too, and their wall-clock time, which follows from when the
session started, is left out.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import orjson

from rtnb import _display
from rtnb.errors import ConfigError, RecordingError
from rtnb.pricing.bills.ledger import Ledger
from rtnb.protocol.envelope import AudioStore
from rtnb.session.config.effective import Config
from rtnb.session.conversation.formats import PCM, format_of
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.record.journal_reading import read_journal
from rtnb.session.record.lines import decoded, event_of, written
from rtnb.session.record.log import EventLog
from rtnb.session.record.packing import (
    Codec,
    checked_codec,
    checked_packed,
    gathered,
    packed,
    scattered,
    sounding,
    unpacked,
)
from rtnb.session.record.whole_file import replacing
from rtnb.session.views.shapes import LateTurns, SessionView, TurnView, UsageReport
from rtnb.session.views.snapshots import Observer
from rtnb.session.views.timing_report import TimingReport, timing

if TYPE_CHECKING:
    from rtnb.session.record.replay import Replay
    from rtnb.session.timeline import Timeline
    from rtnb.session.verbs.transcript import Transcript

__all__ = ["Recording", "load", "save"]

FORMAT = "rtnb-recording"
VERSION = 2
"""1 keeps audio as it came, and is still what is written where nothing is packed: every rtnb reads it."""

SOUND = (".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a")

LEFT_OUT = "Saved without its audio: what sounds in its place is silence of the same length."


def save(path: str | Path, log: EventLog, *, endpoint: str, audio: str | None = "pcm") -> Path:
    """Write a recording; returns the path. A file that is there is replaced once the new one is whole.

    Parameters
    ----------
    path : str or Path
    log : EventLog
    endpoint : str
        What answered, in words.
    audio : {"pcm", "flac", "opus", "none"} or None
        How audio is kept: as it came (2.9 MB a minute each way), packed without loss, packed to about 24 kbit/s
        (which sounds the same, but has other samples), or not at all.

    Raises
    ------
    RecordingError
        The place cannot be written.
    ConfigError
        There is no such way to keep audio, or it is ``"opus"`` and the session did not speak PCM.
    """
    place, codec = Path(path), checked_codec(audio)
    if place.suffix.lower() in SOUND:
        raise ConfigError(
            f"save() writes a recording of everything, such as 'talk.rtnb', and no sound: "
            f"turn.audio.save({place.name!r}) does."
        )
    if codec == "opus":
        _check_pcm(log)
    # The log may be growing: its events first, so that the audio that they refer to is there.
    events = list(log)
    stores = {store.name: store.read(0, len(store)) for store in log.stores.values()}
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "version": 1 if codec == "pcm" else VERSION,
        "endpoint": endpoint,
        "started": datetime.fromtimestamp(log.start_wall_s, UTC).isoformat(),
        "start_wall_s": log.start_wall_s,
        "events": len(events),
    }
    if codec != "pcm":
        manifest["audio"] = {"codec": codec, "bytes": {name: len(data) for name, data in stores.items()}}
    if codec == "opus":
        # Long digital silence is left out, and comes back by these.
        spans = {name: sounding(data) for name, data in stores.items()}
        manifest["audio"]["spans"] = spans
        stores = {name: gathered(data, spans[name]) for name, data in stores.items()}
    try:
        with replacing(place) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("manifest.json", orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
            lines = b"".join(written(event, None if codec == "pcm" else log.start_wall_s) for event in events)
            archive.writestr("events.jsonl", lines, zipfile.ZIP_DEFLATED if codec == "pcm" else zipfile.ZIP_LZMA)
            for name, data in stores.items():
                if codec != "none":
                    packing = zipfile.ZIP_DEFLATED if codec == "pcm" else zipfile.ZIP_STORED
                    archive.writestr(f"audio/{name}.{codec}", packed(data, codec), packing)
    except OSError as error:
        raise RecordingError(f"'{path}' cannot be written: {error.strerror or error}.") from None
    except ValueError as error:  # a path that no system takes
        raise RecordingError(f"{str(path)!r} cannot be written: {error}.") from None
    return place


def _check_pcm(log: EventLog) -> None:
    """Opus packs samples; where the bytes are not samples, it would make noise of them."""
    sides: tuple[Literal["input", "output"], ...] = ("input", "output")
    for event in log.of_type("session"):
        for side in sides:
            kind = format_of(event.body.get("session") or {}, side)
            if kind not in ("", PCM):
                raise ConfigError(f"audio='opus' packs PCM only, and this session's {side} was {kind}: use 'flac'.")


def load(path: str | Path) -> Recording:
    """Read a recording, the directory of a journal, or an event log that another program wrote.

    Of a journal that was cut off everything is read that is there; the view's notes say what is not.

    Raises
    ------
    RecordingError
        There is no such file, or it is no recording.
    """
    place = Path(path)
    try:
        if not place.exists():
            raise RecordingError(f"There is no recording '{path}'.")
        if place.is_dir():
            found = read_journal(place)
            return Recording(found.log, endpoint=found.endpoint, notes=found.notes, name=place.name)
        with place.open("rb") as file:
            archive_at_all = file.read(2) == b"PK"
        if not archive_at_all:
            from rtnb.session.record.foreign import load_foreign

            return load_foreign(place)
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
            kept = manifest.get("audio") or {}
            codec = checked_codec(kept.get("codec", "pcm"))
            for store in stores.values():
                _fill(store, archive, codec, kept)
            for line in archive.read("events.jsonl").splitlines():
                log.restore(event_of(decoded(line), stores, start_wall_s))
        notes = (LEFT_OUT,) if codec == "none" else ()
        recording = Recording(log, endpoint=str(manifest.get("endpoint") or ""), notes=notes, name=place.name)
    except RecordingError:
        raise
    except Exception as error:  # a damaged archive, or lines made by hand, fail in any way there is
        raise RecordingError(f"'{path}' is not a recording of rtnb ({type(error).__name__}: {error}).") from None
    return recording


def _fill(store: AudioStore, archive: zipfile.ZipFile, codec: Codec, kept: Mapping[str, Any]) -> None:
    """Give a store its audio; `kept` is the manifest's word on how it was packed.

    What is packed is unpacked when it is first read: a bill is read off the events alone.
    """
    if codec == "pcm":
        store.append(archive.read(f"audio/{store.name}.pcm"))
        return
    length = int(kept["bytes"][store.name])
    data = b"" if codec == "none" else archive.read(f"audio/{store.name}.{codec}")
    spans = kept["spans"][store.name] if codec == "opus" else None
    checked_packed(data, codec)

    def load() -> bytes:
        try:
            if spans is None:
                return unpacked(data, codec, length)
            return scattered(unpacked(data, codec, sum(size for _, size in spans)), spans, length)
        except Exception as error:  # whatever a damaged stream makes of its decoder
            raise RecordingError(
                f"The audio of this recording cannot be read ({type(error).__name__}: {error})."
            ) from None

    store.fill_later(length, load)


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

    def __init__(self, log: EventLog, *, endpoint: str, notes: tuple[str, ...] = (), name: str = "") -> None:
        self.events = log
        self.name = name
        self._notes = notes
        self._talk = Conversation()
        for event in log:
            self._talk.apply(event)
        self._observer = Observer(self._talk, log, endpoint)

    @property
    def endpoint(self) -> str:
        """What answered, in words."""
        return self._observer.endpoint

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of this recording, such as what is missing of it."""
        return self._notes

    @property
    def turns(self) -> list[TurnView]:
        """The turns."""
        return [self._observer.turn(state) for state in self._talk.turns]

    @property
    def usage(self) -> UsageReport:
        """Tokens and cost, at the prices of the day of the recording."""
        seen = self._observer
        turns = LateTurns(len(self._talk.turns), lambda: self.turns)
        return UsageReport(turns, seen.usage(), seen.cost(), seen.model, seen.endpoint, self.ledger)

    @property
    def ledger(self) -> Ledger:
        """The session as its bill sees it, for the functions of :mod:`rtnb.pricing`."""
        return self._observer.ledger(self.name)

    @property
    def timing(self) -> TimingReport:
        """Every latency by name, with n, p50, p90, p95 and max."""
        return timing(self)

    @property
    def timeline(self) -> Timeline:
        """What happened over time, in lanes; also as a file: ``timeline.to_perfetto("run.json")``."""
        from rtnb.session.timeline.taking import timeline_of_observer

        return timeline_of_observer(self._observer, name=self.name)

    @property
    def notices(self) -> tuple[str, ...]:
        """What the session had to tell while it was recorded."""
        return tuple(self._talk.notices)

    @property
    def config(self) -> Config:
        """The settings that were in effect at the end."""
        spoken = any(item.audio for item in self._talk.items.values())
        return Config(self._talk.config, self._talk.config, assistant_audio=spoken)

    def view(self) -> SessionView:
        """The whole session.

        Examples
        --------
        >>> import rtnb
        >>> talk = rtnb.replay("talk.rtnb")
        >>> [turn.text for turn in talk.view().turns]
        ['6 times 7 is 42.']
        """
        return self._observer.session("recording", self._notes)

    def save(self, path: str | Path, *, audio: str | None = "pcm") -> Path:
        """Write it again, with its audio kept in another way: see :meth:`rtnb.Session.save`.

        Examples
        --------
        >>> import rtnb
        >>> talk = rtnb.replay("talk.rtnb")
        >>> print(*rtnb.replay(talk.save("small.rtnb", audio="none")).notes)
        Saved without its audio: what sounds in its place is silence of the same length.
        """
        if LEFT_OUT in self._notes:
            audio = "none"  # silence that stands for what is missing is not kept as if it were audio
        return save(path, self.events, endpoint=self._observer.endpoint, audio=audio)

    @property
    def transcript(self) -> Transcript:
        """What was heard in it, as a transcription session gives it."""
        from rtnb.session.verbs.transcribing import transcript_of

        return transcript_of(self.events, self._talk, name=self.name, endpoint=self.endpoint)

    def replay(self) -> Replay:
        """It again from its beginning: step by step, at its own pace or faster.

        Examples
        --------
        >>> import rtnb
        >>> talk = rtnb.replay("talk.rtnb")
        >>> again = talk.replay()
        >>> len(again.seek(0.0).view().turns), len(again.seek(60.0).view().turns)
        (0, 1)
        """
        from rtnb.session.record.replay import Replay

        return Replay.of(self)

    def at(self, t_s: float) -> SessionView:
        """The session as it stood at a time, in seconds from its start.

        Examples
        --------
        >>> import rtnb
        >>> talk = rtnb.replay("talk.rtnb")
        >>> [len(talk.at(t_s).turns) for t_s in (0.0, 60.0)]
        [0, 1]
        """
        return self.replay().seek(t_s).view()

    def steps(self, until: str | None = None) -> Iterator[Replay]:
        """A replay after each event, or after each of a type: see :meth:`Replay.steps`.

        Examples
        --------
        >>> import rtnb
        >>> talk = rtnb.replay("talk.rtnb")
        >>> [step.view().turns[0].text for step in talk.steps("response.output_text.done")]
        ['6 times 7 is 42.']
        """
        return self.replay().steps(until)

    def play(self, speed: float | str = 1.0, **options: Any) -> None:
        """Play it from its beginning: see :meth:`Replay.play`.

        Examples
        --------
        >>> import rtnb
        >>> talk = rtnb.replay("talk.rtnb")
        >>> seen = []
        >>> talk.play("fast", on_event=lambda event: seen.append(event.type))
        >>> seen.index("response.created") < seen.index("response.done")
        True
        """
        self.replay().play(speed, **options)

    async def play_async(self, speed: float | str = 1.0, **options: Any) -> None:
        """Play it without blocking the event loop: see :meth:`Replay.play_async`.

        Examples
        --------
        >>> import asyncio, rtnb
        >>> talk = rtnb.replay("talk.rtnb")
        >>> async def main():
        ...     seen = []
        ...     await talk.play_async("fast", on_event=seen.append)      # as it stands in a cell
        ...     return len(seen) == len(talk.events)
        >>> asyncio.run(main())
        True
        """
        await self.replay().play_async(speed, **options)

    def __repr__(self) -> str:
        turns = _display.counted(len(self._talk.turns), "turn")
        return f"<Recording of {self._observer.endpoint or 'a session'}, {turns}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> _display.Bundle:
        return _display.bundle(self.view())
