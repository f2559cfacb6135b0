"""One client's connection, from handshake to close."""

from __future__ import annotations

import asyncio
import logging
import time
import weakref
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from rtnb.protocol import Problem
from rtnb.protocol.beta import BetaTranslator
from rtnb.protocol.ids import new_id
from rtnb.server import problems
from rtnb.server.faults import Injector
from rtnb.server.faults.gate import Gate
from rtnb.server.opening import Opening
from rtnb.server.options import Options
from rtnb.server.session import ServerSession
from rtnb.server.watching import SESSION_ID, Facts, Watch
from rtnb.server.web import refusals
from rtnb.server.web.admission import BAD_REQUEST, Door, Refusal, admit, refusal_of_settings
from rtnb.server.web.bodies import error_answer
from rtnb.server.web.frames import event_of
from rtnb.server.web.keys import Keyring
from rtnb.server.web.limits import SessionCount, byte_rate, event_rate
from rtnb.server.web.outbox import Closing, Cut, Outbox
from rtnb.server.web.transport import LINE, SHUTDOWN_REASON, Line
from rtnb.server.workers import Workers
from rtnb.speech import VoiceStack

__all__ = ["Connection", "Shared"]

log = logging.getLogger(__name__)

Json = dict[str, Any]

GOING_AWAY = 1001
"""Close code at the end of a session's time, as the live service closes, and when the server stops."""

FAILED = 1011
"""Close code when the server itself fails (RFC 6455, section 7.4.1)."""

CLOSE_S = 5.0
"""How long the last events and the close may take to leave."""

LOOK_S = 5.0
"""How often a connection is looked at, at least: for its end, for idleness, for a reader that stalls."""

SHARE = 32
"""After so many events in a row the other connections have their turn. Own choice, because so many small events take
about a millisecond, which is short against the 20 ms of an audio chunk, and long against what a turn costs."""


ABNORMAL: Final = 1006
"""What ends without a close frame (RFC 6455, section 7.1.5)."""

GOODBYE_S: Final = 0.5
"""How long the goodbye of a client that has gone is looked for among what it has sent. Own choice."""

VANISHED: Final = "the client was gone without a close"
CUT_OFF: Final = "the server cut it off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the connections of a server have in common."""

    options: Options
    voices: Callable[[], Awaitable[VoiceStack]]
    workers: Workers
    keyring: Keyring
    sessions: SessionCount
    outboxes: weakref.WeakSet[Outbox] = field(default_factory=weakref.WeakSet)
    faults: Injector = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "faults", Injector.of(self.options.faults))


class Connection:
    """One socket: who it is, its session, and the limits that a session does not know of.

    Four tasks run beside each other: one reads client events and hands them to the session one by one, one
    writes what is in the outbox, one looks at the clock, one waits for the server to stop. Whichever ends first
    ends the connection.
    """

    def __init__(self, socket: WebSocket, door: Door, shared: Shared) -> None:
        self._socket = socket
        self._door: Door = door
        self._shared = shared
        self._limits = shared.options.limits
        self._outbox = Outbox(shared.options.latency_ms / 1000)
        shared.outboxes.add(self._outbox)
        self._translator: BetaTranslator | None = None
        self._heard_s = time.monotonic()
        self._sending_since_s: float | None = None
        extensions = socket.scope.get("extensions") or {}
        line: Line | None = extensions.get(LINE)
        self._transport = line.transport if line is not None else None
        self._going = line.going if line is not None else asyncio.Event()
        self._watches: tuple[Watch, ...] = ()
        self._closing: Closing | None = None
        self._gate: Gate | None = None
        self._number = 0
        self._session: ServerSession | None = None
        self._lost = ""
        """How the connection ended where nobody closed it, in words."""

    async def run(self) -> None:
        """Everything; returns when the connection is over."""
        offered = [name.strip() for name in self._socket.headers.get("sec-websocket-protocol", "").split(",")]
        self._number, fault = self._shared.faults.connecting()
        opening: Opening | Refusal
        if fault is not None:
            opening = Refusal(fault.problem, fault.close, fault.status, fault.retry_after_s)
        else:
            opening = admit(
                door=self._door,
                headers=self._socket.headers,
                query=self._socket.query_params,
                offered=offered,
                keyring=self._shared.keyring,
                options=self._shared.options,
            )
        if isinstance(opening, Refusal) and opening.status is not None:
            self._refused(opening)
            answer = error_answer(opening.problem, opening.status, opening.headers)
            await self._socket.send_denial_response(answer)
            return
        await self._socket.accept(subprotocol="realtime" if "realtime" in offered else None)
        writer = asyncio.create_task(self._write())
        try:
            if isinstance(opening, Refusal):
                self._refused(opening)
                await self._end(writer, opening.problem, opening.code, opening.reason)
            elif not self._shared.sessions.enter():
                refusal = Refusal(refusals.too_many_sessions(self._shared.sessions.limit or 0), BAD_REQUEST)
                self._refused(refusal)
                await self._end(writer, refusal.problem, refusal.code, refusal.reason)
            else:
                try:
                    await self._converse(opening, writer)
                finally:
                    self._shared.sessions.leave()
        finally:
            self._outbox.close()
            await _ended(writer)

    async def _converse(self, opening: Opening, writer: asyncio.Task[None]) -> None:
        if opening.beta:
            self._translator = BetaTranslator(temperature=opening.temperature)
        session = reader = watch = going = None
        try:
            # Counting the tokens of its instructions takes a while, in which other sessions go on.
            if (refusal := await self._unfit(opening)) is not None:
                self._refused(refusal)
                await self._end(writer, refusal.problem, refusal.code, refusal.reason)
                return
            session = ServerSession(
                self._shared.options,
                opening,
                voices=self._shared.voices,
                workers=self._shared.workers,
                send=self._send,
                drained=self._outbox.drained,
            )
            SESSION_ID.set(session.id)
            self._watches = self._watched(session.id, opening)
            self._session = session
            self._gate = Gate(self._shared.faults, self._number, self)
            session.open()
            reader = asyncio.create_task(self._read(session))
            watch = asyncio.create_task(self._watch(session))
            going = asyncio.create_task(self._going.wait())
            await asyncio.wait({reader, writer, watch, going}, return_when=asyncio.FIRST_COMPLETED)
            if reader.done():
                reader.result()
            elif going.done():
                await _ended(reader)
                await self._wind_down(session)
                await self._close(writer, GOING_AWAY, SHUTDOWN_REASON)
            elif watch.done() and (problem := watch.result()) is not None:
                await _ended(reader)
                await self._wind_down(session)
                await self._end(writer, problem, GOING_AWAY, problem.message)
            elif watch.done():
                self._abort()
        except Exception as error:
            log.exception("connection failed")
            await self._end(writer, _failure(error), FAILED, "server_error")
        finally:
            if self._gate is not None:
                self._gate.close()
            self._outbox.close()
            if reader is not None and self.gone:
                # A write may fail before the reader has come to the client's goodbye, which tells leaving from loss.
                await asyncio.wait({reader}, timeout=GOODBYE_S)
            for task in (reader, watch, going):
                if task is not None:
                    await _ended(task)
            if session is not None:
                await session.close()
            for each in self._watches:
                closing = self._closing
                each.closed(closing.code if closing else None, closing.reason if closing else self._lost)

    def _watched(self, session_id: str, opening: Opening) -> tuple[Watch, ...]:
        peer = self._socket.client.host if self._socket.client is not None else ""
        facts = Facts(session_id=session_id, opening=opening, peer=peer)
        found = (watcher.opened(facts) for watcher in self._shared.options.watchers)
        return tuple(watch for watch in found if watch is not None)

    def _refused(self, refusal: Refusal) -> None:
        for watcher in self._shared.options.watchers:
            watcher.refused(refusal.problem, status=refusal.status)

    async def _unfit(self, opening: Opening) -> Refusal | None:
        if not opening.config:
            return None
        return await asyncio.to_thread(refusal_of_settings, opening, self._shared.options)

    async def _wind_down(self, session: ServerSession) -> None:
        """Let what runs come to its end, so that a client sees whole answers, cancelled."""
        with suppress(TimeoutError):
            await asyncio.wait_for(session.wind_down(), CLOSE_S)

    # Out

    def _send(self, event: Json) -> None:
        if self._gate is None or self._gate.idle:
            self.deliver(event)
        else:
            self._gate.sent(event)

    def deliver(self, event: Json) -> None:
        """Put an event on its way, past the failures."""
        for watch in self._watches:
            watch.sent(event)
        if self._translator is None:
            self._outbox.put(event)
            return
        for translated in self._translator.outgoing(event):
            self._outbox.put(translated)

    def raw(self, frame: str | bytes) -> None:
        """Put a frame on its way, whatever is in it."""
        self._outbox.raw(frame)

    def hold(self, seconds: float) -> None:
        """What is sent from here on waits for so long."""
        self._outbox.hold(seconds)

    def finish(self, code: int, reason: str) -> None:
        """Close behind what was sent."""
        self._closing = Closing(code, reason)
        self._outbox.finish(code, reason)

    def cut(self) -> None:
        """Cut off behind what was sent."""
        self._lost = CUT_OFF
        self._outbox.cut()

    def expire(self) -> None:
        """End as at the end of the session's time."""
        problem = refusals.session_expired(self._limits.session_s)
        self.deliver({"type": "error", "event_id": new_id("event"), "error": problem.as_error()})
        self.finish(GOING_AWAY, problem.message)

    @property
    def answering(self) -> bool:
        """Whether a response is in progress."""
        return self._session is not None and self._session.answering

    def fail(self, problem: Problem) -> None:
        """Let the responses in progress fail."""
        if self._session is not None:
            self._session.fail(problem)

    @property
    def gone(self) -> bool:
        """Whether the client has left."""
        return self._transport is not None and self._transport.is_closing()

    def _error(self, problem: Problem, client_id: object = None) -> None:
        client_id = client_id if isinstance(client_id, str) else None
        self._send({"type": "error", "event_id": new_id("event"), "error": problem.as_error(client_id)})

    async def _end(self, writer: asyncio.Task[None], problem: Problem, code: int, reason: str) -> None:
        """An ``error`` event, then the close."""
        self._error(problem)
        await self._close(writer, code, reason)

    async def _close(self, writer: asyncio.Task[None], code: int, reason: str) -> None:
        """The close behind everything that is unsent; a client that does not take it is cut off."""
        self._closing = Closing(code, reason)
        self._outbox.finish(code, reason)
        done, _ = await asyncio.wait({writer}, timeout=CLOSE_S + self._shared.options.latency_ms / 1000)
        if not done:
            self._abort()

    async def _write(self) -> None:
        in_a_row = 0
        try:
            with suppress(WebSocketDisconnect, RuntimeError, OSError):
                # A client that is gone shows on its transport at once, and on the socket only some writes later.
                while self._transport is None or not self._transport.is_closing():
                    frame = await self._outbox.get()
                    self._sending_since_s = time.monotonic()
                    if isinstance(frame, Closing):
                        await self._socket.close(frame.code, frame.reason)
                        return
                    if isinstance(frame, Cut):
                        self._abort()
                        return
                    if isinstance(frame, str):
                        await self._socket.send_text(frame)
                    else:
                        await self._socket.send_bytes(frame)
                    self._sending_since_s = None
                    in_a_row += 1
                    if in_a_row % SHARE == 0:
                        await asyncio.sleep(0)
        finally:
            # Whoever waits for this writer would wait for ever.
            self._outbox.close()

    def _abort(self) -> None:
        """Drop the connection where a close could not be delivered."""
        self._lost = CUT_OFF
        if self._transport is not None:
            self._transport.abort()

    # The clock

    async def _watch(self, session: ServerSession) -> Problem | None:
        """Wait for the end of the session's time; None when the client does not take what it is sent."""
        limits = self._limits
        end_s = time.monotonic() + limits.session_s
        while True:
            now_s = time.monotonic()
            if now_s >= end_s:
                return refusals.session_expired(limits.session_s)
            if self._sending_since_s is not None and now_s - self._sending_since_s >= limits.stall_s:
                return None
            if session.busy:
                self._heard_s = now_s
            idle_end_s = self._heard_s + limits.idle_s
            if now_s >= idle_end_s:
                return refusals.idle(limits.idle_s)
            await asyncio.sleep(max(0.001, min(LOOK_S, limits.stall_s / 2, end_s - now_s, idle_end_s - now_s)))

    # In

    async def _read(self, session: ServerSession) -> None:
        events = event_rate(self._limits, now_s=time.monotonic())
        sizes = byte_rate(self._limits, now_s=time.monotonic())
        in_a_row = 0
        while True:
            # A client that does not read its answers is not read either: else they would pile up without bound.
            await self._outbox.drained()
            try:
                message = await self._socket.receive()
            except RuntimeError:
                return
            if message["type"] == "websocket.disconnect":
                if message.get("code") == ABNORMAL and not self._lost:
                    self._lost = VANISHED
                return
            self._heard_s = time.monotonic()
            event, problem = event_of(message)
            size, wait_s = len(message.get("text") or message.get("bytes") or ""), 0.0
            # Refusing a flood must not take more time than it would to serve what is allowed: hence the waits.
            if not events.take(self._heard_s):
                problem, wait_s = refusals.too_many_events(events.a_second), 1 / events.a_second
            elif not sizes.take(self._heard_s, size):
                problem, wait_s = refusals.too_many_bytes(sizes.a_second), size / sizes.a_second
            if problem is not None:
                self._error(problem, _id_of(event))
            else:
                await self._handle(session, event, size)
            in_a_row += 1
            if wait_s:
                await asyncio.sleep(wait_s)
            elif in_a_row % SHARE == 0:
                await asyncio.sleep(0)

    async def _handle(self, session: ServerSession, event: object, size: int) -> None:
        try:
            if self._translator is not None:
                event = self._translator.incoming(event)
            for watch in self._watches:
                watch.received(event, size)
            if self._gate is None or self._gate.idle or await self._gate.received(event):
                await session.handle(event)
        except Exception as error:
            log.exception("client event failed")
            self._error(_failure(error), _id_of(event))


def _failure(error: Exception) -> Problem:
    return problems.server_failure(f"The embedded server failed: {type(error).__name__}: {error}")


def _id_of(event: object) -> object:
    return event.get("event_id") if isinstance(event, dict) else None


async def _ended(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it is over."""
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task
