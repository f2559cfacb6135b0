"""Session: the blocking verbs, for notebook cells and scripts. The work happens on the loop thread."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from rtnb import _display
from rtnb.audio import Clip
from rtnb.errors import SessionClosedError
from rtnb.pricing.bills.ledger import Ledger
from rtnb.session.aio import AsyncSession
from rtnb.session.config.content import Content
from rtnb.session.live import Card, ProgressBar, current_cell, notice
from rtnb.session.record import recording
from rtnb.session.record.log import EventLog
from rtnb.session.verbs.run import Run
from rtnb.session.verbs.turn import Turn
from rtnb.session.views.shapes import SessionView, UsageReport
from rtnb.session.wire.connection import CLOSED
from rtnb.session.wire.loop import shared_loop
from rtnb.session.wire.place import Place

__all__ = ["Session", "close_all", "open_sessions"]

T = TypeVar("T")

_OPEN: list[Session] = []
_LOCK = threading.Lock()

PROGRESS_S = 0.5
"""How often a blocking stream reports."""


def open_sessions() -> list[Session]:
    """The sessions of this process that are still open."""
    with _LOCK:
        return list(_OPEN)


def close_all() -> None:
    """Close every open session."""
    for session in open_sessions():
        session.close()


class Session:
    """A conversation with a realtime voice model; made by :func:`rtnb.connect`.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     print(s.ask("Spell cat.").text)
    C, A, T.
    """

    def __init__(self, place: Place, **settings: Any) -> None:
        self._loop = shared_loop()
        self._async = AsyncSession(place, **settings)
        self._closed = False
        self._warmed = False
        try:
            self._loop.acquire(self)
            self._loop.run(self._async.open())
            others = open_sessions()
            with _LOCK:
                _OPEN.append(self)
        except BaseException:
            self.close()
            raise
        if others:
            listed = "\n".join(f"  {session!r}" for session in others)
            notice(f"Still open from before (rtnb.close_all() closes all):\n{listed}")

    def close(self) -> None:
        """Close the connection; what was recorded stays readable. Closing twice is fine."""
        if self._closed:
            return
        self._closed = True
        with _LOCK:
            if self in _OPEN:
                _OPEN.remove(self)
        try:
            if self._loop.running:
                self._loop.run(self._async.close())
        finally:
            self._loop.release(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Verbs

    def ask(self, content: Content, *, timeout: float | None = 120.0, show: bool = True, **overrides: Any) -> Turn:
        """Say something, wait for the answer, and show it as a card.

        Parameters
        ----------
        content : str, Clip or Path
            Text; or audio, which is exactly one turn: turn detection is set aside for it.
        timeout : float, optional
            Seconds to wait; None waits for ever.
        show : bool
            Whether the cell shows a card.
        **overrides
            ``instructions``, ``modalities``, ``max_output_tokens``, ``tools``, ``tool_choice``, ``voice``, ``metadata``
            for this response alone.

        Returns
        -------
        Turn
            A response that failed is a turn with ``status == "failed"``.

        Raises
        ------
        ApiError
            The server refused the request.
        TurnTimeoutError
            It took longer; the turn goes on.
        SessionClosedError
            The session is over.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     turn = s.ask("What is 12 times 12?", show=False)
        >>> "144" in turn.text
        True
        """
        turn: Turn | None = None
        card: Card | None = None
        try:
            turn = self._say(content, overrides)
            card = self._present(turn, lambda: turn.done, show)
            turn.wait(timeout)
        except KeyboardInterrupt:
            self._run(self._async.interrupt() if turn is None else self._async.abandon(turn))
            raise
        finally:
            # Drawn by the cell itself, so that the picture is there when the cell is done.
            if card is not None:
                card.finish()
        return turn

    def send(self, content: Content, *, show: bool = True, **overrides: Any) -> Turn:
        """As :meth:`ask`, but returns at once; the card fills while the answer arrives."""
        turn = self._say(content, overrides)
        self._present(turn, lambda: turn.done, show)
        return turn

    def _say(self, content: Content, overrides: Mapping[str, Any]) -> Turn:
        self._warm()
        return self._wrapped(self._run(self._async.send(content, **overrides)))

    def stream(
        self,
        source: Content,
        *,
        name: str = "",
        show: bool = True,
        progress: Callable[[float, float], None] | None = None,
    ) -> Run:
        """Play a recording into the session at real pace, so that turn detection really runs.

        Blocks until the recording is over and its last turn answered; silence follows it meanwhile.

        Parameters
        ----------
        source : Clip, Path or str
            A clip, or the path of an audio file.
        name : str, optional
            What to call it in pictures; the file's name by default.
        show : bool
            Whether the cell shows a picture of the run with its turns.
        progress : callable, optional
            Called about twice a second with the seconds that were streamed and the seconds of the recording.

        Raises
        ------
        ConfigError
            Turn detection is off.
        """
        self._warm()
        inner, work = self._run(self._async.start_stream(source, name=name))

        async def finish() -> None:
            await work

        def turns() -> list[Turn]:
            return [self._wrapped(turn) for turn in self._call(lambda: inner.turns)]

        run = Run(
            lambda: self._call(inner.view),
            turns,
            streamed=lambda: self._call(lambda: inner.streamed_s),
            duration_s=inner.duration_s,
        )
        over = self._loop.submit(finish())
        card: Card | None = None
        try:
            card = self._present(run, over.done, show)
            while progress is not None and not over.done():
                progress(run.streamed_s, run.duration_s)
                concurrent.futures.wait([over], PROGRESS_S)
            over.result()
        except KeyboardInterrupt:
            self._loop.call(work.cancel)
            self.interrupt()
            raise
        finally:
            if card is not None:
                card.finish()
        return run

    def update(self, **settings: Any) -> None:
        """Change settings; returns when the server has applied them. See :func:`rtnb.connect` for the names.

        Raises
        ------
        ApiError
            The server refused; nothing changed.
        ConfigError
            An unknown setting.
        """
        self._run(self._async.update(**settings))

    def interrupt(self) -> None:
        """Stop the answer: cancels the response and truncates its item at what was played."""
        self._run(self._async.interrupt())

    def append(self, audio: bytes | Clip) -> None:
        """Append a clip, or bytes in the session's input format (PCM16 at 24 kHz), to the input buffer."""
        self._run(self._async.append(audio))

    def commit(self) -> None:
        """Make a user item of the input buffer; asks for no response by itself."""
        self._run(self._async.commit())

    def clear(self) -> None:
        """Empty the input buffer."""
        self._run(self._async.clear())

    def send_event(self, event: Mapping[str, Any]) -> str:
        """Send any event; returns its ``event_id``."""
        return self._run(self._async.send_event(event))

    # What it knows

    @property
    def events(self) -> EventLog:
        """Everything sent and received so far."""
        return self._async.events

    @property
    def config(self) -> Mapping[str, Any]:
        """The session settings in effect, as the server last said."""
        return self._call(lambda: dict(self._async.config))

    @property
    def turns(self) -> list[Turn]:
        """All turns so far."""
        return [self._wrapped(turn) for turn in self._call(lambda: self._async.turns)]

    @property
    def usage(self) -> UsageReport:
        """Tokens and cost so far, by turn and by line; draws itself as a table."""
        view, ledger = self._call(lambda: (self._async.view(), self._async.ledger))
        return UsageReport.of(view, ledger)

    @property
    def ledger(self) -> Ledger:
        """The session as its bill sees it, for the functions of :mod:`rtnb.pricing`."""
        return self._call(lambda: self._async.ledger)

    @property
    def status(self) -> str:
        """``open``, ``closed`` by this side, or ``lost``."""
        return self._async.status

    def view(self) -> SessionView:
        """An immutable snapshot."""
        return self._call(self._async.view)

    def save(self, path: str | Path, *, audio: str | None = "pcm") -> Path:
        """Write the recording: every event and all audio, in one ``.rtnb`` file that :func:`rtnb.replay` reads.

        Parameters
        ----------
        path : str or Path
            The file; what stands there is replaced.
        audio : {"pcm", "flac", "opus", "none"} or None
            How audio is kept: as it came, packed without loss, packed to about 24 kbit/s (which sounds the same,
            but has other samples), or not at all. ``"opus"`` takes time, in which the cell waits and shows no
            progress: a second or two for each minute of audio, depending on the machine; the others do not.

        Raises
        ------
        RecordingError
            The place cannot be written.
        ConfigError
            There is no such way to keep audio, or it is ``"opus"`` and the session did not speak PCM.
        """
        connection = self._async.connection
        # On the caller's thread: packing minutes of audio would stall the loop. The log only grows.
        return recording.save(path, connection.log, endpoint=connection.endpoint.label, audio=audio)

    def __repr__(self) -> str:
        return repr(self._async).replace("AsyncSession", "Session", 1)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> _display.Bundle:
        return _display.bundle(self.view())

    # Inside

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._closed:
            work.close()
            raise SessionClosedError(CLOSED)
        return self._loop.run(work)

    def _call(self, look: Callable[[], T]) -> T:
        """Look at the reducer's state where it lives; after the end nothing changes it any more."""
        return look() if self._closed else self._loop.call(look)

    def _wrapped(self, turn: Turn) -> Turn:
        return Turn(lambda: self._call(turn.view), turn.over, turn.task)

    def _warm(self) -> None:
        """Wait, with a bar, until the endpoint answers without delay; only the first time."""
        if self._warmed or self._closed:
            return
        bar = ProgressBar("Loading the local voices")
        shown = False

        def progress(done: int, total: int, label: str) -> None:
            nonlocal shown
            shown = True
            bar(done, total, label)

        # On the caller's thread: it may draw, and an interrupt ends it.
        self._async.place.warm(progress)
        if shown:
            bar.close("Local voices ready.")
        self._warmed = True
        for note in self._async.place.notes():
            notice(note)

    def _present(self, subject: Turn | Run, done: Callable[[], bool], show: bool) -> Card | None:
        card = Card.show(subject.view) if show else None
        if card is not None:
            subject.shown_in = current_cell()
            self._loop.submit(card.follow(done))
        return card
