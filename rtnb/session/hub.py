"""What is known of a session, and who waits for something in it: the record, the conversation, listeners, tasks."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from rtnb.errors import SessionClosedError, SessionError
from rtnb.protocol.envelope import Event
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.record.log import EventLog

__all__ = ["CLOSED", "NOT_OPEN", "Hub"]

CLOSED = "The session is closed. What was recorded stays readable; rtnb.connect() opens a new one."

NOT_OPEN = "The session is not open: use 'async with', or await open()."

CHUNKS = frozenset({"response.output_audio.delta", "input_audio_buffer.append"})
"""The hot path: who waits for something does not wait for one of these."""

_LOGGER = logging.getLogger("rtnb.session")


class Hub:
    """Every event goes through here: into the log, the conversation, the listeners, and to those who wait."""

    def __init__(self) -> None:
        self.talk = Conversation()
        self.notices: list[str] = []
        self.start_s = 0.0
        self._log: EventLog | None = None
        self._end: SessionError | None = None
        self._waiters: dict[asyncio.Future[None], Callable[[], bool]] = {}
        self._listeners: list[Callable[[Event], None]] = []
        self._audio_listeners: list[Callable[[Event], None]] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._depth = 0

    @property
    def log(self) -> EventLog:
        """Everything sent, received and noted, on all connections.

        Raises
        ------
        SessionClosedError
            The session was never open.
        """
        if self._log is None:
            raise SessionClosedError(NOT_OPEN if self._end is None else CLOSED)
        return self._log

    @property
    def opened(self) -> bool:
        """Whether it ever was connected."""
        return self._log is not None

    @property
    def over(self) -> bool:
        """Whether nothing more can be sent."""
        return self._end is not None

    @property
    def ended(self) -> SessionError | None:
        """What ended the session; None while it goes on."""
        return self._end

    def last_error(self) -> dict[str, Any]:
        """The ``error`` member of the latest error event; empty before any."""
        found = next((event for event in reversed(self.log[:]) if event.type == "error"), None)
        error = None if found is None else found.body.get("error")
        return dict(error) if isinstance(error, Mapping) else {}

    def now_s(self) -> float:
        """Seconds on the session's clock."""
        return time.monotonic() - self.start_s

    async def until(self, condition: Callable[[], bool], timeout: float | None = None) -> None:
        """Wait until `condition` holds after some event.

        Raises
        ------
        TimeoutError
            It did not within `timeout` seconds.
        SessionClosedError
            The session ended first.
        """
        if condition():
            return
        if self._end is not None:
            raise self._end
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = condition
        try:
            async with asyncio.timeout(timeout):
                await waiter
        finally:
            del self._waiters[waiter]

    def keep(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task that ends with the session at the latest."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def subscribe(self, listener: Callable[[Event], None], *, audio: bool = False) -> Callable[[], None]:
        """Have `listener` called after each event was applied; returns what ends that. It must not block.

        Chunks of audio, either way, are told only to those who ask for `audio`.
        """
        lists = [self._listeners, *([self._audio_listeners] if audio else [])]
        for each in lists:
            each.append(listener)

        def stop() -> None:
            for each in lists:
                if listener in each:
                    each.remove(listener)

        return stop

    def note(self, kind: str, **members: Any) -> Event:
        """A note of rtnb's own in the log, ``rtnb.`` and `kind`; replays know it too."""
        event = self.log.record({"type": f"rtnb.{kind}", **members}, "local", now_s=time.monotonic())
        self._apply(event)
        return event

    def tell(self, text: str) -> None:
        """Something that the user should know."""
        self.notices.append(text)
        if self._log is not None:
            self.note("notice", text=text)

    # Inside

    def _apply(self, event: Event) -> None:
        if event.type in CHUNKS:
            self.talk.apply(event)
            for listener in self._audio_listeners:
                self._tell(listener, event)
            return
        self._depth += 1
        try:
            self.talk.apply(event)
            for listener in self._listeners:
                self._tell(listener, event)
        finally:
            self._depth -= 1
        # What listeners note is applied inside: who waits looks once everything of this event is known.
        if self._depth == 0 and not event.type.endswith(".delta"):
            self._wake()

    def _tell(self, listener: Callable[[Event], None], event: Event) -> None:
        try:
            listener(event)
        except Exception:
            # One part's mistake must not end the reading of the connection.
            _LOGGER.exception("a part of the session failed on %s", event.type)

    def _wake(self) -> None:
        self._look(None)

    def _look(self, otherwise: SessionError | None) -> None:
        """Let go on whoever waits for what has come; the others fail with `otherwise`, where that is given."""
        for future, condition in list(self._waiters.items()):
            if future.done():
                continue
            try:
                if condition():
                    future.set_result(None)
                elif otherwise is not None:
                    future.set_exception(otherwise)
            except Exception as error:
                future.set_exception(error)

    def _finish(self, reason: SessionError) -> None:
        if self._end is None:
            self._end = reason
        self._look(self._end)
