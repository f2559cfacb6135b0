"""Where the events of one connection pass, and where the failures of the plan befall them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, Protocol

import orjson

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.protocol import Problem
from rtnb.protocol.ids import new_id
from rtnb.server.faults.actions import Action, Delay, Drop, Error, Expire, Fail, Garbage, Numbers
from rtnb.server.faults.injector import Armed, Injector
from rtnb.server.faults.plan import Direction

__all__ = ["Gate", "Port"]

Json = dict[str, Any]

LOOK_S: Final = 0.1
"""How often a connection that stalls is looked at, whether its client is gone."""


class Port(Protocol):
    """What a connection does for its gate."""

    def deliver(self, event: Json) -> None:
        """Put an event on its way."""

    def raw(self, frame: str | bytes) -> None:
        """Put a frame on its way, whatever is in it."""

    def hold(self, seconds: float) -> None:
        """What comes behind waits for so long; infinite seconds are for ever."""

    def finish(self, code: int, reason: str) -> None:
        """Close behind what was delivered."""

    def cut(self) -> None:
        """Cut off behind what was delivered."""

    def expire(self) -> None:
        """End as at the end of the session's time."""

    def fail(self, problem: Problem) -> None:
        """Let the responses in progress fail."""

    @property
    def answering(self) -> bool:
        """Whether a response is in progress."""

    @property
    def gone(self) -> bool:
        """Whether the client has left."""


class Gate:
    """The failures of one session.

    Parameters
    ----------
    injector : Injector
        Of the server.
    session : int
        Number of the connection.
    port : Port
        The connection.
    """

    def __init__(self, injector: Injector, session: int, port: Port) -> None:
        self._injector = injector
        self._session = session
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._start_s = self._loop.time()
        self._counts: dict[int, int] = {}
        self._chances: dict[int, random.Random] = {}
        self._audio_ms: dict[Direction, float] = {"sent": 0.0, "received": 0.0}
        self._formats: dict[Direction, AudioFormat] = {"sent": PCM16, "received": PCM16}
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._swapped: Json | None = None
        self._owed: tuple[Armed, str] | None = None
        self.over = False
        """Whether the connection was ended: nothing passes any more."""
        injector.enter(self)
        self._set_timers()

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self._injector.armed and not self.over and self._swapped is None and self._owed is None

    def rearm(self) -> None:
        """There are more failures; may be called from any thread."""
        # A server that has stopped has no loop any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._set_timers)

    def close(self) -> None:
        """The session is over."""
        self.over = True
        for timer in self._timers.values():
            timer.cancel()

    # In

    async def received(self, event: object) -> bool:
        """A client event has come: False if it is not to be carried out. May take its time, or never return."""
        if self.over:
            return False
        if not isinstance(event, dict):
            return True
        if (audio := event.get("audio")) and event.get("type") == "input_audio_buffer.append":
            self._count("received", audio)
        client_id = event.get("event_id")
        carried_out = True
        for armed in self._due("received", event):
            match action := armed.fault.action:
                case Delay():
                    await self._wait(self._length_s(action))
                case Error():
                    self._error(action.problem, client_id)
                    carried_out = carried_out and action.beside
                case Fail():
                    # The response that it asks for is yet to come.
                    self._owed = armed, "response.create"
                case _:
                    self._end(action)
                    return False
        return carried_out

    async def _wait(self, seconds: float) -> None:
        end_s = self._loop.time() + seconds
        while (left_s := end_s - self._loop.time()) > 0:
            await asyncio.sleep(min(left_s, LOOK_S))
            if self.over or self._port.gone:
                return

    # Out

    def sent(self, event: Json) -> None:
        """A server event is on its way."""
        if self.over:
            return
        kind = event["type"]
        if kind in ("session.created", "session.updated"):
            self._note_formats(event["session"])
        elif kind == "response.output_audio.delta":
            self._count("sent", event["delta"])
        elif kind == "response.created" and self._owed is not None:
            self._loop.call_soon(self._fail, *self._owed)
            self._owed = None
        for armed in self._due("sent", event):
            match action := armed.fault.action:
                case Delay():
                    self._port.hold(self._length_s(action))
                case Error():
                    self._error(action.problem)
                case Fail():
                    # Not before whoever sends this has come to its end.
                    self._loop.call_soon(self._fail, armed, kind)
                case Numbers():
                    event = _lowered(event, action)
                case Garbage():
                    if not self._spoil(event, action):
                        return
                case _:
                    self._end(action)
                    return
        self._deliver(event)

    def _deliver(self, event: Json) -> None:
        self._port.deliver(event)
        if self._swapped is not None:
            swapped, self._swapped = self._swapped, None
            self._port.deliver(swapped)

    def _spoil(self, event: Json, garbage: Garbage) -> bool:
        """Send what the failure sends; whether the event itself goes too."""
        match garbage.kind:
            case "half_json":
                text = orjson.dumps(event).decode()
                self._port.raw(text[: len(text) // 2])
                return False
            case "binary":
                self._port.raw(orjson.dumps(event))
                return False
            case "not_an_object":
                self._port.raw("[null]")
            case "unknown_event":
                self._port.raw(_invented("from a version of the API that is yet to come"))
            case "huge":
                self._port.raw(_invented("x" * garbage.size_bytes))
            case "duplicate":
                self._port.deliver(event)
            case "swapped" if self._swapped is None:
                self._swapped = event
                return False
        return True

    # Both

    def _due(self, way: Direction, event: Json) -> Iterator[Armed]:
        kind = event.get("type")
        for armed in self._injector.armed:
            fault = armed.fault
            if kind not in fault.on or (fault.direction is not None and fault.direction != way):
                continue
            if fault.sessions and self._session not in fault.sessions:
                continue
            if fault.after_s and self._loop.time() - self._start_s < fault.after_s:
                continue
            if fault.after_audio_ms and self._audio_ms[way] < fault.after_audio_ms:
                continue
            count = self._counts[armed.number] = self._counts.get(armed.number, 0) + 1
            if fault.nth and count not in fault.nth:
                continue
            if self._happens(armed, str(kind)):
                yield armed

    def _happens(self, armed: Armed, event: str) -> bool:
        chance = armed.fault.probability
        if chance < 1 and self._random(armed.number).random() >= chance:
            return False
        # A response that fails is counted where it does: it may have ended by then.
        return isinstance(armed.fault.action, Fail) or self._injector.take(armed, self._session, event)

    def _random(self, number: int) -> random.Random:
        if number not in self._chances:
            self._chances[number] = random.Random(f"{self._injector.seed}/{number}/{self._session}")
        return self._chances[number]

    def _length_s(self, delay: Delay) -> float:
        if not delay.jitter_ms:
            return delay.ms / 1000
        return max(0.0, delay.ms + self._random(-1).uniform(-delay.jitter_ms, delay.jitter_ms)) / 1000

    def _set_timers(self) -> None:
        for armed in self._injector.armed:
            fault = armed.fault
            if fault.on or armed.number in self._timers or self.over:
                continue
            if fault.sessions and self._session not in fault.sessions:
                continue
            due_s = self._start_s + fault.after_s
            self._timers[armed.number] = self._loop.call_at(due_s, self._on_time, armed)

    def _on_time(self, armed: Armed) -> None:
        if self.over or armed not in self._injector.armed or not self._happens(armed, "after_s"):
            return
        match armed.fault.action:
            case Error(problem):
                self._error(problem)
            case Fail() if self._port.answering:
                self._fail(armed, "after_s")
            case Fail():
                # The next one, then.
                self._owed = armed, "after_s"
            case action:
                self._end(action)

    def _end(self, action: Action) -> None:
        self.over = True
        match action:
            case Drop(None):
                self._port.cut()
            case Drop(int(code), reason):
                self._port.finish(code, reason)
            case Expire():
                self._port.expire()

    def _fail(self, armed: Armed, event: str) -> None:
        action = armed.fault.action
        assert isinstance(action, Fail)
        if not self.over and self._port.answering and self._injector.take(armed, self._session, event):
            self._port.fail(action.problem)

    def _error(self, problem: Problem, client_id: object = None) -> None:
        error = problem.as_error(client_id if isinstance(client_id, str) else None)
        self._port.deliver({"type": "error", "event_id": new_id("event"), "error": error})

    def _count(self, way: Direction, audio: object) -> None:
        if isinstance(audio, str):
            self._audio_ms[way] += len(audio) * 0.75 / self._formats[way].bytes_per_ms

    def _note_formats(self, session: Json) -> None:
        audio = session.get("audio") or {}
        for way, side in (("sent", "output"), ("received", "input")):
            if wire := (audio.get(side) or {}).get("format"):
                self._formats[way] = AudioFormat.from_wire(wire)  # type: ignore[index]


def _invented(text: str) -> str:
    return orjson.dumps({"type": "rtnb_fault.unknown", "event_id": new_id("event"), "text": text}).decode()


def _lowered(event: Json, numbers: Numbers) -> Json:
    limits = [
        {**limit, "remaining": numbers.remaining, "reset_seconds": numbers.reset_s} for limit in event["rate_limits"]
    ]
    return {**event, "rate_limits": limits}
