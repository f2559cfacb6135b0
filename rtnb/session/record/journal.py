"""The journal of a session: what is known so far, on disk, while the session runs.

A journal is a directory with what a recording has: ``manifest.json``, ``events.jsonl`` and ``audio/input.pcm``,
``audio/output.pcm``, ``audio/items.pcm``. A thread appends to them what the log has grown by, audio first, so that a
line never speaks of audio that is not there. What was handed to the system survives the process, also one that is
killed with SIGKILL; it is not forced onto the disk (no fsync), so a power failure may take some seconds more.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from rtnb.protocol.envelope import AudioStore
from rtnb.session.record import journal_thread
from rtnb.session.record.journal_files import Lock, default_place, new_folder, prune, thrown_away
from rtnb.session.record.lines import written
from rtnb.session.record.log import EventLog
from rtnb.session.record.secrets import Secrets

__all__ = ["FORMAT", "VERSION", "Journal"]

FORMAT = "rtnb-recording"
VERSION = 1

CHUNK_BYTES = 1 << 20
"""Audio written at a time, so that a loaded hour does not stand in memory twice."""
CHUNK_EVENTS = 1000
AGAIN_S = 1.0
"""How long a place that could not be written is left alone before the next attempt: once it can be written again, no
more than the usual second should be at stake."""


class Journal:
    """The journal of one session.

    Examples
    --------
    >>> import tempfile
    >>> log = EventLog(start_s=0.0, start_wall_s=0.0)
    >>> with tempfile.TemporaryDirectory() as place:
    ...     journal = Journal.start(log, Path(place), "a server", print)
    ...     event = log.record({"type": "input_audio_buffer.clear"}, "sent", now_s=0.5)
    ...     journal.flush()
    ...     (journal.path / "events.jsonl").read_text().strip()
    ...     journal.close()
    '{"seq":0,"t_s":0.5,"direction":"sent","event":{"type":"input_audio_buffer.clear"}}'
    """

    def __init__(self, log: EventLog, path: Path, endpoint: str, on_problem: Callable[[str], None]) -> None:
        self.path = path
        """Its directory."""
        self._log = log
        self._endpoint = Secrets().text(endpoint)
        self._on_problem = on_problem
        self._lock = threading.Lock()
        self._failing = False
        self._again_s = 0.0
        self._closed = False
        self._held = Lock(path)
        self._tails: list[tuple[AudioStore, _Tail]] = []
        try:
            self._write_manifest()
            (path / "audio").mkdir(mode=0o700, exist_ok=True)
            self._tails = [(store, _Tail(path / "audio" / f"{store.name}.pcm")) for store in log.stores.values()]
            self._lines = _Tail(path / "events.jsonl")
        except OSError:
            self.forget()
            raise
        self._events = 0

    @classmethod
    def start(
        cls, log: EventLog, place: Path | None, endpoint: str, on_problem: Callable[[str], None]
    ) -> Journal | None:
        """Begin the journal of a session; None where none is kept.

        Parameters
        ----------
        log : EventLog
        place : Path, optional
            The directory in which the journal's own directory is made: else ``$RTNB_JOURNAL``, which may be ``off``,
            or the user's directory for the state of programs. There old journals are thrown away; in a directory that
            is named here nothing is.
        endpoint : str
            What answers, in words.
        on_problem : callable
            Told, in words, that the journal cannot be written, and that it can be again; and which journals that
            somebody may miss were thrown away. Called here or in the journals' thread.
        """
        given = place
        try:
            place = default_place() if given is None else Path(given).expanduser()
            if place is None:
                return None
            journal = cls(log, new_folder(place, log.start_wall_s), endpoint, on_problem)
        except (OSError, RuntimeError, ValueError) as error:
            # RuntimeError: a user without a home directory; ValueError: a path that no system takes.
            on_problem(_problem(place or "the home directory", error))
            return None
        _living.add(journal)
        journal_thread.follow(journal)
        if given is None:
            journal_thread.once(lambda: _make_room(place, on_problem))
        return journal

    def flush(self) -> None:
        """Write everything so far; returns when the system has it."""
        self._write()

    def turn(self) -> None:
        """What the thread does every time."""
        if time.monotonic() >= self._again_s:
            self._write()

    def close(self) -> None:
        """Write the rest and note that the session was closed. Nothing is written after that."""
        journal_thread.unfollow(self)
        self._write(last=True)

    def forget(self) -> None:
        """Let go of the files as they are."""
        self._lock = threading.Lock()  # in a fork, nobody would ever release the other one
        self._closed = True
        for _, tail in self._tails:
            tail.close()
        if hasattr(self, "_lines"):
            self._lines.close()
        self._held.release()
        _living.discard(self)

    def _write(self, *, last: bool = False) -> None:
        with self._lock:
            if self._closed:
                return
            try:
                self._grow()
                if last:
                    self._write_manifest(events=self._events, closed=True)
            except Exception as error:  # whatever it is, the session goes on, and its thread too
                self._again_s = time.monotonic() + AGAIN_S
                if not self._failing:
                    self._failing = True
                    self._tell(_problem(self.path, error))
            else:
                if self._failing:
                    self._failing = False
                    self._tell(f"The journal in '{_shown(self.path)}' is written again, and lacks nothing.")
            if last:
                self.forget()

    def _grow(self) -> None:
        # The number of events first: the audio that they refer to is in the stores by then.
        count = len(self._log)
        for store, tail in self._tails:
            length = len(store)
            while tail.size < length:
                tail.append(store.read(tail.size, min(CHUNK_BYTES, length - tail.size)))
        while self._events < count:
            events = self._log[self._events : min(count, self._events + CHUNK_EVENTS)]
            start_wall_s = self._log.start_wall_s
            self._lines.append(b"".join(written(event, start_wall_s) for event in events))
            self._events += len(events)

    def _write_manifest(self, **more: Any) -> None:
        closed = bool(more.pop("closed", False))
        start_wall_s = self._log.start_wall_s
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "endpoint": self._endpoint,
            "started": datetime.fromtimestamp(start_wall_s, UTC).isoformat(),
            "start_wall_s": start_wall_s,
            **more,
            "journal": {"closed": closed, "pid": os.getpid()},
        }
        half = self.path / "manifest.json.new"
        half.touch(0o600)
        half.write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        half.replace(self.path / "manifest.json")

    def _tell(self, text: str) -> None:
        with contextlib.suppress(Exception):  # whoever is told may have ended
            self._on_problem(text)

    def __repr__(self) -> str:
        return f"<Journal in {self.path}>"


class _Tail:
    """A file that grows. Where an attempt failed half-way, the next one writes over it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self.size = 0

    def append(self, data: bytes) -> None:
        os.lseek(self._file, self.size, os.SEEK_SET)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]
        self.size += len(data)

    def close(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


def _problem(place: object, error: Exception) -> str:
    reason = (error.strerror if isinstance(error, OSError) else None) or error
    return (
        f"The journal in '{_shown(place)}' cannot be written ({reason}): if this process ends early, the session is "
        "lost.\ns.save(...) keeps it; RTNB_JOURNAL names another directory for journals, or is 'off'."
    )


def _shown(place: object) -> str:
    said = str(place)
    return said if said.isprintable() else ascii(said)[1:-1]


def _make_room(place: Path, on_problem: Callable[[str], None]) -> None:
    if said := thrown_away(prune(place)):
        on_problem(said)


_living: weakref.WeakSet[Journal] = weakref.WeakSet()


@atexit.register
def _flush_all() -> None:
    """An interpreter that ends keeps the last moments too."""
    for journal in tuple(_living):
        journal.flush()
