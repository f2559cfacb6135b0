"""AsyncSession: the verbs of a session on the loop that enters it."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, Literal, Self

from rtnb import _display
from rtnb.audio import Clip
from rtnb.errors import ConfigError, SessionClosedError, SessionError, TurnTimeoutError
from rtnb.pricing.bills.ledger import Ledger
from rtnb.protocol.envelope import Event
from rtnb.protocol.ids import new_id
from rtnb.session.config.content import BYTES_PER_MS, Content, checked_event, pcm_of, response_of, said_of
from rtnb.session.config.keywords import DEFAULT_MODEL, DEFAULT_TRANSCRIPTION, session_patch
from rtnb.session.conversation.state import TurnState
from rtnb.session.record import recording
from rtnb.session.record.log import EventLog
from rtnb.session.verbs.exchange import answered, over_of, say, settle, transcribed
from rtnb.session.verbs.interruption import interrupt, truncate_cut
from rtnb.session.verbs.run import Run
from rtnb.session.verbs.streaming import append_event, finish_turns, play_in
from rtnb.session.verbs.turn import Turn
from rtnb.session.views.shapes import SessionView, TurnView, UsageReport
from rtnb.session.views.snapshots import Observer
from rtnb.session.wire.connection import CLOSED, Connection
from rtnb.session.wire.endpoint import Endpoint
from rtnb.session.wire.place import Place, Progress

__all__ = ["AsyncSession"]


class AsyncSession:
    """A session on the running event loop. The sync :class:`rtnb.Session` has the same verbs without await.

    Parameters
    ----------
    place : Place
        Where to connect; ``rtnb.AsyncSession`` takes an endpoint's name or address instead.
    model : str
    **settings
        ``instructions``, ``voice``, ``modalities``, ``turn_detection``, ``transcription``, ``noise_reduction``,
        ``speed``, ``max_output_tokens``, ``tools``, ``tool_choice``, and
        ``session`` for a GA session object merged over them.
    """

    def __init__(self, place: Place, *, model: str = DEFAULT_MODEL, **settings: Any) -> None:
        settings.setdefault("transcription", DEFAULT_TRANSCRIPTION)
        self.place = place
        self._model = model
        self._patch = session_patch(settings)
        self._connection: Connection | None = None
        self._floor = asyncio.Lock()
        self._streaming = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._placing: asyncio.Future[Endpoint] | None = None
        self._closing: asyncio.Task[None] | None = None

    # Opening and closing

    async def open(self) -> Self:
        """Connect and apply the settings; also done by ``async with``.

        Raises
        ------
        UnreachableError, RefusedError
            There is no server, or it refuses.
        ApiError
            It refuses the settings.
        """
        if self._loop is not None or self._closed:
            raise SessionError("An AsyncSession is opened once; make a new one for a new connection.")
        self._loop = asyncio.get_running_loop()
        self._placing = asyncio.ensure_future(asyncio.to_thread(self.place.open))
        try:
            # Shielded: whatever is being started must be there to be stopped again.
            endpoint = await asyncio.shield(self._placing)
            self._connection = await Connection.open(endpoint, self._model, self._on_event)
            await self._connection.ask({"type": "session.update", "session": self._patch}, "session.updated")
        except BaseException:
            await self.close()
            raise
        return self

    async def close(self) -> None:
        """Close the connection; what was recorded stays readable. Closing twice is fine."""
        self._check_loop()
        self._closed = True
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        # Shielded, and one for all who close: what was begun is ended even if somebody stops waiting for it.
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()
        if self._placing is not None:
            await asyncio.wait([self._placing])
            if self._placing.exception() is None:
                await asyncio.to_thread(self.place.close)

    def _check_loop(self) -> None:
        if self._loop is not None and asyncio.get_running_loop() is not self._loop:
            raise SessionError(
                "An AsyncSession lives on the event loop that opened it, and this is another one.\n"
                "rtnb.connect() gives a session that can be used from any thread."
            )

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def warm(self, progress: Progress = lambda done, total, label: None) -> None:
        """Wait until the endpoint can answer without delay."""
        await asyncio.to_thread(self.place.warm, progress)

    # What it knows

    @property
    def connection(self) -> Connection:
        """The open connection.

        Raises
        ------
        SessionClosedError
            There is none any more, or not yet.
        """
        if self._connection is None:
            raise SessionClosedError(
                CLOSED if self._closed else "The session is not open: use 'async with', or await open()."
            )
        return self._connection

    @property
    def events(self) -> EventLog:
        """Everything sent and received so far."""
        return self.connection.log

    @property
    def config(self) -> Mapping[str, Any]:
        """The session settings in effect, as the server last said."""
        return self.connection.talk.config

    @property
    def status(self) -> Literal["open", "closed", "lost"]:
        """``open``, ``closed`` (by this side, or not opened yet), or ``lost``."""
        if self._connection is None:
            return "closed"
        if self._connection.lost:
            return "lost"
        return "closed" if self._closed else "open"

    @property
    def turns(self) -> list[Turn]:
        """All turns so far."""
        return [self._finished_handle(state) for state in self.connection.talk.turns]

    @property
    def usage(self) -> UsageReport:
        """Tokens and cost so far, by turn and by line; draws itself as a table."""
        return UsageReport.of(self.view(), self.ledger)

    @property
    def ledger(self) -> Ledger:
        """The session as its bill sees it, for the functions of :mod:`rtnb.pricing`."""
        return self._observer.ledger()

    def save(self, path: str | Path, *, audio: str | None = "pcm") -> Path:
        """Write the recording: every event and all audio, in one ``.rtnb`` file that :func:`rtnb.replay` reads.

        `audio` says how audio is kept, as for :meth:`rtnb.Session.save`.
        """
        return recording.save(path, self.connection.log, endpoint=self.connection.endpoint.label, audio=audio)

    def view(self) -> SessionView:
        """An immutable snapshot."""
        return self._observer.session(self.status, self.place.notes() if not self._closed else ())

    @property
    def _observer(self) -> Observer:
        connection = self.connection
        return Observer(connection.talk, connection.log, connection.endpoint.label)

    # Verbs

    async def update(self, **settings: Any) -> None:
        """Change settings; returns when the server has applied them.

        Raises
        ------
        ApiError
            The server refused; nothing changed.
        """
        self._check_loop()
        await self.connection.ask({"type": "session.update", "session": session_patch(settings)}, "session.updated")

    async def ask(self, content: Content, *, timeout: float | None = 120.0, **overrides: Any) -> Turn:
        """Say something and wait for the answer.

        Parameters
        ----------
        content : str, Clip or Path
            Text, or audio. Audio is exactly one turn: turn detection is set aside for it.
        timeout : float, optional
            Seconds to wait.
        **overrides
            ``instructions``, ``modalities``, ``max_output_tokens``, ``tools``, ``tool_choice``, ``voice``, ``metadata``
            for this response alone.

        Raises
        ------
        ApiError
            The server refused the request. A response that fails is a turn with ``status == "failed"``.
        TurnTimeoutError
        """
        turn = await self.send(content, **overrides)
        try:
            async with asyncio.timeout(timeout):
                return await turn
        except asyncio.CancelledError:
            # Whoever waited has gone; nobody wants the rest of the answer.
            self._keep(self.abandon(turn))
            raise
        except TimeoutError as error:
            if isinstance(error, SessionError):
                raise
            raise TurnTimeoutError(
                f"The turn is not over after {timeout:g} s. It goes on: wait for the turn again, or interrupt()."
            ) from None

    async def send(self, content: Content, **overrides: Any) -> Turn:
        """Say something; returns the turn at once, which fills while the answer arrives."""
        self._check_loop()
        connection = self.connection
        if connection.over:
            await connection.until(lambda: False)
        if not isinstance(content, str) and self._streaming:
            raise SessionError("A recording is being streamed; send the clip when run and stream are over.")
        said = await asyncio.to_thread(said_of, content)
        response = response_of(overrides)
        key = new_id("turn")
        over: concurrent.futures.Future[None] = concurrent.futures.Future()

        async def work() -> None:
            async with self._floor:
                await self.warm()
                await say(connection, said, response, key)
                state = await answered(connection, key)
            await transcribed(connection, [state])

        task = self._keep(work())
        settle(over, task)

        def observe() -> TurnView:
            state = connection.talk.turn_with_key(key)
            if state is not None:
                return self._observer.turn(state)
            # Not requested yet: it waits for its turn to speak.
            return TurnView(
                index=len(connection.talk.turns),
                status="waiting",
                user_text=said if isinstance(said, str) else "",
                user_kind="text" if isinstance(said, str) else "audio",
                model=self._observer.model,
                endpoint=connection.endpoint.label,
            )

        return Turn(observe, over, task)

    async def append(self, audio: bytes | Clip) -> None:
        """Append a clip, or bytes in the session's input format (PCM16 at 24 kHz), to the input buffer.

        Raises
        ------
        AudioError
            It is neither.
        """
        await self._send(append_event(pcm_of(audio)))

    async def commit(self) -> None:
        """Make a user item of the input buffer; asks for no response by itself."""
        await self._send({"type": "input_audio_buffer.commit"})

    async def clear(self) -> None:
        """Empty the input buffer."""
        await self._send({"type": "input_audio_buffer.clear"})

    async def send_event(self, event: Mapping[str, Any]) -> str:
        """Send any event; returns its ``event_id``.

        Raises
        ------
        ConfigError
            It is no mapping with a type, or not JSON.
        """
        return await self._send(checked_event(event))

    async def _send(self, event: Mapping[str, Any]) -> str:
        self._check_loop()
        return await self.connection.send(event)

    async def interrupt(self) -> None:
        """Stop the answer: cancels the response and truncates its item at what was played."""
        self._check_loop()
        if not self.connection.over:
            await interrupt(self.connection)

    async def abandon(self, turn: Turn) -> None:
        """Give a turn up: interrupt its answer, or never ask for it if it still waits for its turn to speak."""
        if turn.view().status == "waiting" and not self.connection.talk.requested():
            if turn.task is not None:
                turn.task.cancel()
            return
        await self.interrupt()

    async def stream(self, source: Content, *, name: str = "") -> Run:
        """Play a recording into the input buffer at real pace, so that turn detection really runs.

        Behind the recording silence follows until the last turn is over.

        Parameters
        ----------
        source : Clip, Path or str
            A clip, or the path of an audio file.
        name : str, optional
            What to call it in pictures; the file's name by default.

        Raises
        ------
        ConfigError
            Turn detection is off.
        SessionError
            Another stream is running.
        """
        run, work = await self.start_stream(source, name=name)
        await work
        return run

    async def start_stream(self, source: Content, *, name: str = "") -> tuple[Run, asyncio.Task[None]]:
        """As :meth:`stream`, but returns at once with the task that streams."""
        self._check_loop()
        connection = self.connection
        if connection.over:
            await connection.until(lambda: False)
        if self._streaming:
            raise SessionError("A recording is being streamed already; wait for it to end.")
        if connection.talk.input_settings().get("turn_detection") is None:
            raise ConfigError(
                "stream needs turn detection, which is off: update(turn_detection=rtnb.ServerVad()) turns it on; "
                "ask(clip) sends a clip as one turn without it."
            )
        data = await asyncio.to_thread(said_of, Path(source) if isinstance(source, str) else source)
        assert isinstance(data, bytes)
        self._streaming = True
        talk = connection.talk
        first, start_bytes = len(talk.turns), talk.clock.total_bytes
        name = name or (Path(source).name if isinstance(source, str | Path) else "clip")
        end: list[int] = []

        async def work() -> None:
            try:
                async with self._floor:
                    await self.warm()
                    await play_in(connection, data)
                    end.append(talk.clock.total_bytes)
                    await finish_turns(connection, first)
                    await transcribed(connection, talk.turns[first:])
            except asyncio.CancelledError:
                if not self._closed:
                    # Half a sentence in the buffer would become the beginning of the next turn.
                    self._keep(self.clear())
                raise
            finally:
                self._streaming = False
                end.append(talk.clock.total_bytes)

        task = self._keep(work())
        return (
            Run(
                lambda: self._observer.run(name, first, start_bytes, end[0] if end else None, done=task.done()),
                lambda: [self._finished_handle(state) for state in talk.turns[first:]],
                streamed=lambda: (talk.clock.total_bytes - start_bytes) / BYTES_PER_MS / 1000,
                duration_s=len(data) / BYTES_PER_MS / 1000,
            ),
            task,
        )

    # Inside

    def _keep(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that ends with the session at the latest."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _finished_handle(self, state: TurnState) -> Turn:
        return Turn(lambda: self._observer.turn(state), over_of(self.connection, state, self._keep))

    def _on_event(self, event: Event) -> None:
        # At the end of a response as well: of one that was cut before any of it had arrived.
        if event.type in ("input_audio_buffer.speech_started", "response.done"):
            self._keep(truncate_cut(self.connection))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> _display.Bundle:
        return {"text/plain": repr(self)} if self._connection is None else _display.bundle(self.view())

    def __repr__(self) -> str:
        if self._connection is None:
            return f"<{type(self).__name__}, {'closed' if self._closed else 'not open'}>"
        count = len(self._connection.talk.turns)
        return f"<{type(self).__name__} {self._connection.endpoint.label}, {self.status}, {count} turns>"
