"""What the parts of a session share: the record, the conversation, the connection, and whoever waits for something."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from rtnb.errors import (
    AnswerTimeoutError,
    ApiError,
    ConfigError,
    ConnectionLostError,
    RefusedError,
    SessionClosedError,
    SessionError,
)
from rtnb.protocol.envelope import Event
from rtnb.protocol.faults import classify
from rtnb.protocol.ids import new_id
from rtnb.session.behaviour import Behaviour
from rtnb.session.config.keywords import merged
from rtnb.session.hub import CLOSED, NOT_OPEN
from rtnb.session.record.journal import Journal
from rtnb.session.record.log import EventLog
from rtnb.session.record.secrets import header_secrets
from rtnb.session.succession import ANSWER_TIMEOUT_S, Status, Succession
from rtnb.session.verbs.budget import Budget
from rtnb.session.verbs.floor import Floor
from rtnb.session.verbs.keeper import Keeper
from rtnb.session.wire.connection import Connection
from rtnb.session.wire.endpoint import Endpoint
from rtnb.session.wire.place import Place
from rtnb.session.wire.refusal import GREETINGS, refusal
from rtnb.session.wire.transport import Intent

__all__ = ["CLOSED", "Core", "Status"]

STRAY = "conversation.item.input_audio_transcription."
"""What may still arrive on a connection that another one has taken over from, and is taken in."""

END_S = 2.0
"""How long the end of a connection on which nothing can be sent is waited for."""

SHOWN_CHARS = 2000
"""How much is kept of a frame that is no event."""


class Core(Succession):
    """The inside of a session; lives on the event loop that opens it.

    Parameters
    ----------
    place : Place
        Where to connect.
    model : str
    patch : mapping
        The session settings that are asked for.
    behaviour : Behaviour
        What the client does by itself.
    intent : {"realtime", "transcription"}
    """

    def __init__(
        self,
        place: Place,
        model: str,
        patch: Mapping[str, Any],
        *,
        behaviour: Behaviour | None = None,
        intent: Intent = "realtime",
    ) -> None:
        super().__init__()
        self.place, self.model, self.intent = place, model, intent
        self.behaviour = behaviour or Behaviour()
        self.requested: dict[str, Any] = dict(patch)
        """Everything that was ever asked for in a ``session.update`` and not refused."""
        self.status: Status = "new"
        self.journal: Journal | None = None
        self._endpoint: Endpoint | None = None
        self._gate = asyncio.Lock()
        self.updating = asyncio.Lock()
        """Held by whoever changes settings: two updates at once could not tell whose answer is whose."""
        self._closers: list[Callable[[], Awaitable[None]]] = []
        self.asking: list[str] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._placing: asyncio.Future[Endpoint] | None = None
        self.floor = Floor(self)
        self.budget = Budget(self)
        self.keeper = Keeper(self)

    # Opening and closing

    async def open(self) -> None:
        """Connect and apply the settings.

        Raises
        ------
        UnreachableError, RefusedError, ApiError
        """
        if self._loop is not None or self._closing is not None:
            raise SessionError("An AsyncSession is opened once; make a new one for a new connection.")
        self._loop = asyncio.get_running_loop()
        self._placing = asyncio.ensure_future(asyncio.to_thread(self.place.open))
        try:
            # Shielded: whatever is being started must be there to be stopped again.
            self._endpoint = await asyncio.shield(self._placing)
            await self._attach()
            for text in self._endpoint.notes:
                self.tell(text)
            self.budget.check_priced()
            await self.update(self.requested)
            self.status = "open"
            self.keeper.start()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the connection; what was recorded stays readable. Closing twice is fine."""
        self.check_loop()
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        # Shielded, and one for all who close: what was begun is ended even if somebody stops waiting for it.
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        lost = self.status == "lost"
        if not lost:
            self.status = "closed"
        for closer in self._closers:
            await closer()
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._finish(SessionClosedError(CLOSED))
        for connection in (*self._leaving, *((self._connection,) if self._connection is not None else ())):
            await connection.close()
        if self.journal is not None:
            await asyncio.to_thread(self.journal.close)
        if self._placing is not None:
            await asyncio.wait([self._placing])
            if self._placing.exception() is None:
                await asyncio.to_thread(self.place.close)

    def on_close(self, closer: Callable[[], Awaitable[None]]) -> None:
        """Have something awaited when the session closes, before its connection does."""
        self._closers.append(closer)

    def check_loop(self) -> None:
        """Raise where the running loop is not the session's."""
        if self._loop is not None and asyncio.get_running_loop() is not self._loop:
            raise SessionError(
                "An AsyncSession lives on the event loop that opened it, and this is another one.\n"
                "rtnb.connect() gives a session that can be used from any thread."
            )

    async def _attach(self) -> Connection:
        """The next connection, after the server's first word on it."""
        endpoint = self.endpoint
        connection = await Connection.open(endpoint, self.model, self._on_frame, self._on_end, intent=self.intent)
        if self._closing is not None:
            # Closed from elsewhere meanwhile: what is begun from here on, nobody would end.
            await connection.close()
            raise SessionClosedError(CLOSED)
        if self._log is None:
            self._begin_log(endpoint)
        self._connection = connection
        self.note("connection.opened", endpoint=endpoint.label, number=len(self.talk.connections) + 1)
        connection.start()
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                first = await asyncio.shield(connection.greeting)
        except TimeoutError:
            await connection.close()
            raise RefusedError(
                f"{endpoint.address} accepted the connection and then said nothing for {ANSWER_TIMEOUT_S:g} s; "
                "it does not seem to speak the Realtime API."
            ) from None
        except BaseException:
            await connection.close()
            raise
        if first is None or first.type == "error":
            await connection.close()
            raise refusal(endpoint, first, connection)
        return connection

    def _begin_log(self, endpoint: Endpoint) -> None:
        self.start_s = time.monotonic()
        log = self._log = EventLog(start_s=self.start_s, start_wall_s=time.time())
        log.hide(*((endpoint.key,) if endpoint.key else ()), *header_secrets(endpoint.headers))
        place = self.behaviour.journal
        if place is False:
            return
        loop = asyncio.get_running_loop()

        def problem(text: str) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self.tell, text)

        self.journal = Journal.start(log, None if place is True else Path(place), endpoint.label, problem)

    # What it knows

    @property
    def endpoint(self) -> Endpoint:
        """Where the session is connected."""
        if self._endpoint is None:
            raise SessionClosedError(NOT_OPEN)
        return self._endpoint

    # Sending and waiting

    async def send(self, event: Mapping[str, Any]) -> str:
        """Send one event; returns its ``event_id``, which is added where there is none.

        It is in the log, and the conversation knows of it, before it leaves. Waits while a connection is opened.
        """
        self.check_loop()
        if self.status != "reconnecting" and not self._gate.locked():
            return await self._send_now(event)
        # One after the other: what waited goes out in the order in which it came.
        async with self._gate:
            await self.until(lambda: self.status != "reconnecting")
            return await self._send_now(event)

    async def _send_now(self, event: Mapping[str, Any]) -> str:
        if self._end is not None:
            raise self._end
        event_id = event.get("event_id")
        if not isinstance(event_id, str):
            event_id = new_id("event")
            event = {**event, "event_id": event_id}
        connection = self._connection
        if connection is None:
            raise SessionClosedError(NOT_OPEN)
        try:
            recorded = self.log.record(event, "sent", now_s=time.monotonic())
        except ValueError as error:
            raise ConfigError(f"'{event.get('type')}' cannot be sent: {error}") from None
        self._apply(recorded)
        try:
            await connection.send(event)
        except SessionClosedError:
            # Its end is told a moment later, with the reason.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(END_S):
                    await connection.ended.wait()
            if self._end is not None:
                raise self._end from None
            raise ConnectionLostError(
                f"The connection dropped before '{event.get('type')}' had left; another one is being opened. "
                "Send it again."
            ) from None
        return event_id

    async def ask(self, event: Mapping[str, Any], answer: str, *, now: bool = False) -> Event:
        """Send an event and wait for the event of type `answer` or the error it causes.

        Raises
        ------
        ApiError
            The server refused it.
        AnswerTimeoutError
            It said nothing about it.
        """
        event_id = event.get("event_id")
        event_id = event_id if isinstance(event_id, str) else new_id("event")
        mark, sent_on = len(self.log), self._connection
        self.asking.append(event_id)
        found: list[Event] = []

        def answered() -> bool:
            nonlocal mark
            if not now and sent_on is not self._connection:
                raise ConnectionLostError(
                    f"The connection dropped before the server had answered '{event.get('type')}'. Send it again."
                )
            for received in self.log[mark:]:
                if received.direction == "received" and (received.type == answer or self._error_of(received, event_id)):
                    found.append(received)
                    return True
            mark = len(self.log)
            return False

        try:
            await (self._send_now if now else self.send)({**event, "event_id": event_id})
            sent_on = self._connection
            await self.until(answered, ANSWER_TIMEOUT_S)
        except TimeoutError as error:
            if isinstance(error, SessionError):
                raise
            raise AnswerTimeoutError(
                f"{self.endpoint.address} did not answer '{event.get('type')}' within {ANSWER_TIMEOUT_S:g} s."
            ) from None
        finally:
            self.asking.remove(event_id)
        if found[0].type == "error":
            body = found[0].body.get("error") or {}
            raise ApiError(body, advice=classify(body).advice)
        return found[0]

    def _error_of(self, event: Event, event_id: str) -> bool:
        error = event.body.get("error")
        if event.type != "error" or not isinstance(error, Mapping):
            return False
        if error.get("event_id") == event_id:
            return True
        # Some servers name no event: then it can only be about the one thing that waits for an answer.
        return not error.get("event_id") and self.asking == [event_id] and not self.talk.requests

    async def update(self, patch: Mapping[str, Any]) -> None:
        """Change settings; returns when the server has applied them.

        Raises
        ------
        ApiError
            The server refused; nothing changed.
        """
        async with self.updating:
            while True:
                try:
                    await self.ask({"type": "session.update", "session": patch}, "session.updated")
                    break
                except ConnectionLostError:
                    # It costs nothing to say it again, and the new connection has not heard it.
                    await self.until(lambda: self.status == "open")
            self.requested = merged(self.requested, patch)

    # Inside

    def _on_frame(self, connection: Connection, frame: str | bytes, now_s: float) -> None:
        event = self.log.receive(frame, now_s=now_s) if connection is self._connection else None
        if event is not None:
            if not connection.greeting.done() and event.type in GREETINGS:
                connection.greeting.set_result(event)
            self._apply(event)
        elif connection is not self._connection:
            self._on_stray(frame, now_s)
        else:
            shown = frame[:SHOWN_CHARS]
            text = shown if isinstance(shown, str) else shown.decode("utf-8", "replace")
            self.note(
                "frame",
                problem=f"a frame of {len(frame)} bytes that is no JSON object, or nested too deeply",
                text=text,
            )

    def _on_stray(self, frame: str | bytes, now_s: float) -> None:
        head = frame[:400] if isinstance(frame, str) else frame[:400].decode("utf-8", "replace")
        if STRAY in head and (event := self.log.receive(frame, now_s=now_s)) is not None:
            self._apply(event)

    def _on_end(self, connection: Connection) -> None:
        if connection is not self._connection or self._end is not None:
            return
        code, reason = connection.code, connection.reason
        self.note("connection.lost", code=code, reason=reason)
        if self.status == "open" and self.keeper.reconnects(code):
            self.status = "reconnecting"
            self.keep(self._regain(connection))
        elif self.status != "reconnecting":
            self.status = "lost" if self.status == "open" else self.status
            self._finish(SessionClosedError(self._ended_by(connection)))
