"""A recorder on a server: each session becomes a file that rtnb opens and ``rtnb check`` judges."""

from __future__ import annotations

import itertools
import json
import logging
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from rtnb.errors import ConfigError, RecordingError, RtnbError
from rtnb.protocol import Problem
from rtnb.server.watching import Facts, Watch, Watcher
from rtnb.testing.session_log import SessionLog
from rtnb.testing.steps import Closed, Step, end_lines, hidden, line_of

__all__ = ["REFUSED", "FolderRecorder", "Sessions", "load_refusals"]

log = logging.getLogger(__name__)

REFUSED = "refused.jsonl"
"""The connections that were turned away."""


class Sessions(Watcher):
    """Keeps what it sees of each session.

    Attributes
    ----------
    logs : list of SessionLog
        In the order in which they began.
    refusals : list of Problem
        Why connections were turned away.
    changed : threading.Condition
        Notified at everything that happens.
    """

    def __init__(self) -> None:
        self.logs: list[SessionLog] = []
        self.refusals: list[Problem] = []
        self.changed = threading.Condition()

    def opened(self, facts: Facts) -> SessionLog:
        """A session begins."""
        session = SessionLog(facts, changed=self.changed)
        with self.changed:
            self.logs.append(session)
            self.changed.notify_all()
        return session

    def refused(self, problem: Problem, *, status: int | None = None) -> None:
        """A connection was turned away."""
        with self.changed:
            self.refusals.append(problem)
            self.changed.notify_all()


class FolderRecorder(Watcher):
    """Writes each session to a folder: its events as JSON lines as they pass, its audio as WAV at its end.

    Parameters
    ----------
    folder : Path
        Made if need be; what is in it stays.

    Raises
    ------
    ConfigError
        The folder cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> recorder = FolderRecorder(Path(tempfile.mkdtemp()) / "calls")
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._numbers = itertools.count(1)
        self._run = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            probe = self.folder / f".{self._run}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise ConfigError(f"Recordings cannot be written to '{self.folder}': {error.strerror}.") from None

    def opened(self, facts: Facts) -> Watch | None:
        """A session begins."""
        try:
            return _Written(facts, self.folder / f"{self._run}-{next(self._numbers):03d}.jsonl")
        except OSError as error:
            log.warning("session %s is not on record: %s", facts.session_id, error.strerror)
            return None

    def refused(self, problem: Problem, *, status: int | None = None) -> None:
        """A connection was turned away."""
        line = {"timestamp": time.time(), "status": status, "code": problem.code, "message": problem.message}
        try:
            with (self.folder / REFUSED).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            log.warning("a refusal is not on record: %s", error.strerror)


def load_refusals(folder: Path) -> list[Problem]:
    """Why connections were turned away, as :class:`FolderRecorder` wrote it.

    Raises
    ------
    RecordingError
        It cannot be read.
    """
    path = folder / REFUSED
    if not path.exists():
        return []
    found = []
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        for line in lines:
            value = json.loads(line)
            code, message = value["code"], value["message"]
            if not isinstance(message, str) or not isinstance(code, str | None):
                raise TypeError("code and message are texts")
            found.append(Problem(code, message, None))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordingError(f"{path.name} is no record of refused connections: {error}") from None
    return found


class _Written(Watch):
    """Writes each event as it passes, so that a server that is killed leaves what there was, and holds nothing."""

    def __init__(self, facts: Facts, path: Path) -> None:
        self._facts = facts
        self._path = path
        self._file: TextIO | None = path.open("w", encoding="utf-8", buffering=1)

    def received(self, event: object, size_bytes: int) -> None:
        self._write(line_of(Step("client", hidden(event if isinstance(event, dict) else {}), time.time())))

    def sent(self, event: Mapping[str, Any]) -> None:
        self._write(line_of(Step("server", hidden(event), time.time())))

    def closed(self, code: int | None, reason: str) -> None:
        facts = self._facts
        for line in end_lines(facts.session_id, facts.opening.model, Closed(code, reason), time.time()):
            self._write(line)
        if self._file is not None:
            self._file.close()
            # Not on the event loop, where other sessions wait; a thread that is no daemon ends before the process does.
            threading.Thread(target=self._save_audio, name="rtnb-record").start()

    def _write(self, line: str) -> None:
        if self._file is None:
            return
        try:
            self._file.write(f"{line}\n")
        except OSError as error:
            log.warning("the record of %s ends early: %s", self._facts.session_id, error.strerror)
            self._file = None

    def _save_audio(self) -> None:
        try:
            SessionLog.load(self._path).save_audio(self._path)
        except (OSError, RtnbError) as error:
            log.warning("the audio of %s is not on record: %s", self._facts.session_id, error)
