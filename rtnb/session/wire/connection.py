"""One open connection: events out, events in, the log, the conversation, and whoever waits for something."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from rtnb.errors import AnswerTimeoutError, ApiError, RefusedError, SessionClosedError
from rtnb.protocol.envelope import Event
from rtnb.protocol.ids import new_id
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.record.log import EventLog
from rtnb.session.wire.endpoint import Endpoint
from rtnb.session.wire.transport import Transport

__all__ = ["Connection"]

ANSWER_TIMEOUT_S = 30.0
"""How long a server may take to acknowledge an event."""

Json = dict[str, Any]


class Connection:
    """A transport with its log and its conversation; lives on one event loop.

    Parameters
    ----------
    endpoint, transport
        Already connected.
    on_event : callable
        Called after each received event was applied; must not block.
    """

    def __init__(self, endpoint: Endpoint, transport: Transport, on_event: Callable[[Event], None]) -> None:
        self.endpoint = endpoint
        self.start_s = time.monotonic()
        """Zero of the session's clock."""
        self.log = EventLog(start_s=self.start_s, start_wall_s=time.time())
        self.talk = Conversation()
        self.oddities: list[str] = []
        """Frames that were no events, in words."""
        self._transport = transport
        self._on_event = on_event
        self._waiters: set[tuple[Callable[[], bool], asyncio.Future[None]]] = set()
        self._end: Exception | None = None
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, endpoint: Endpoint, model: str, on_event: Callable[[Event], None]) -> Connection:
        """Connect and wait for the server's first word.

        Raises
        ------
        UnreachableError, RefusedError
        """
        self = cls(endpoint, await Transport.open(endpoint, model), on_event)
        try:
            await self.until(lambda: bool(self.talk.config or self.talk.errors), ANSWER_TIMEOUT_S)
        except TimeoutError:
            await self.close()
            raise RefusedError(
                f"{endpoint.address} accepted the connection and then said nothing for {ANSWER_TIMEOUT_S:g} s; "
                "it does not seem to speak the Realtime API."
            ) from None
        except SessionClosedError:
            await self.close()
            code = self._transport.close_code
            raise RefusedError(
                f"{endpoint.address} closed the connection at once ({code} {self._transport.close_reason}).",
                close_code=code,
            ) from None
        if not self.talk.config:
            await self.close()
            error = self.talk.errors[0]
            raise RefusedError(
                f"{endpoint.address} refused the session: {error.message}{_advice(error.code, error.message)}",
                code=error.code,
                close_code=self._transport.close_code,
            )
        return self

    @property
    def over(self) -> bool:
        """Whether nothing more can be sent."""
        return self._end is not None

    @property
    def lost(self) -> bool:
        """Whether the other side ended it."""
        return isinstance(self._end, SessionClosedError) and self._end.args != (CLOSED,)

    async def send(self, event: Mapping[str, Any]) -> str:
        """Send one event; returns its ``event_id``, which is added where there is none.

        It is in the log, and the conversation knows of it, before it leaves.
        """
        if self._end is not None:
            raise self._end
        event_id = event.get("event_id")
        if not isinstance(event_id, str):
            event_id = new_id("event")
            event = {**event, "event_id": event_id}
        self.talk.apply(self.log.record(event, "sent", now_s=time.monotonic()))
        await self._transport.send(event)
        return event_id

    async def ask(self, event: Mapping[str, Any], answer: str) -> Event:
        """Send an event and wait for the event of type `answer` or the error it causes.

        Raises
        ------
        ApiError
            The server refused it.
        AnswerTimeoutError
            It said nothing about it.
        """
        mark = len(self.log)
        event_id = await self.send(event)
        found: list[Event] = []

        def answered() -> bool:
            nonlocal mark
            for received in self.log[mark:]:
                if received.type == answer or _error_of(received, event_id):
                    found.append(received)
                    return True
            mark = len(self.log)
            return False

        try:
            await self.until(answered, ANSWER_TIMEOUT_S)
        except TimeoutError:
            raise AnswerTimeoutError(
                f"{self.endpoint.address} did not answer '{event.get('type')}' within {ANSWER_TIMEOUT_S:g} s."
            ) from None
        if found[0].type == "error":
            raise ApiError(found[0].body.get("error") or {})
        return found[0]

    async def until(self, condition: Callable[[], bool], timeout: float | None = None) -> None:
        """Wait until `condition` holds after some event.

        Raises
        ------
        TimeoutError
            It did not within `timeout` seconds.
        SessionClosedError
            The connection ended first.
        """
        if condition():
            return
        if self._end is not None:
            raise self._end
        waiter = (condition, asyncio.get_running_loop().create_future())
        self._waiters.add(waiter)
        try:
            async with asyncio.timeout(timeout):
                await waiter[1]
        finally:
            self._waiters.discard(waiter)

    def give_up(self) -> None:
        """Stop waiting for responses that were asked for and that the server never created."""
        for turn in self.talk.waiting():
            turn.failure = {"message": "Given up: the server never created the response.", "code": None}
        self._wake()

    async def close(self) -> None:
        """End it from this side."""
        if self._end is None:
            self._finish(SessionClosedError(CLOSED))
        await self._transport.close()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        async for frame in self._transport.frames():
            now_s = time.monotonic()
            try:
                event = orjson.loads(frame) if isinstance(frame, str) else None
            except orjson.JSONDecodeError:
                event = None
            if not isinstance(event, dict):
                self.oddities.append(f"a frame of {len(frame)} bytes that is no JSON object")
                continue
            recorded = self.log.record(event, "received", now_s=now_s)
            self.talk.apply(recorded)
            self._on_event(recorded)
            if not recorded.type.endswith(".delta"):
                self._wake()
        if self._end is None:
            code, reason = self._transport.close_code, self._transport.close_reason
            said = f" saying '{reason}'" if reason else ""
            self._finish(
                SessionClosedError(
                    f"{self.endpoint.address} ended the connection (code {code}){said}.\nWhat was recorded stays "
                    "readable; rtnb.connect() opens a new session."
                )
            )

    def _wake(self) -> None:
        for condition, future in list(self._waiters):
            if not future.done() and condition():
                future.set_result(None)

    def _finish(self, reason: Exception) -> None:
        self._end = reason
        for condition, future in list(self._waiters):
            if future.done():
                continue
            if condition():
                future.set_result(None)
            else:
                future.set_exception(reason)


CLOSED = "The session is closed. What was recorded stays readable; rtnb.connect() opens a new one."


def _error_of(event: Event, event_id: str) -> bool:
    error = event.body.get("error")
    return event.type == "error" and isinstance(error, Mapping) and error.get("event_id") == event_id


def _advice(code: str | None, message: str) -> str:
    """What to do about a session refused for its key; a missing one has a sentence and no code."""
    about_key = code == "invalid_api_key" or message.startswith("Missing bearer")
    return "\nPass key=... to rtnb.connect." if about_key else ""
