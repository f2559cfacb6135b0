"""All sessions of a trial, some at a time, on rtnb's own loop; the caller waits, and may interrupt."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from rtnb._connect import place_of
from rtnb._display import counted
from rtnb.errors import LoopThreadError
from rtnb.lab.trials.sessions import Listened
from rtnb.session.live import ProgressBar
from rtnb.session.wire.endpoint import Endpoint
from rtnb.session.wire.loop import shared_loop
from rtnb.session.wire.place import FixedPlace, Place

if TYPE_CHECKING:
    from rtnb.server.local import LocalServer

__all__ = ["Places", "conduct"]

TICK_S = 0.1
"""How soon a trial notices that it is to end."""

REPORT_TICKS = 3
"""Ticks between two reports of progress."""

END_S = 15.0
"""How long the end of sessions that are cancelled is waited for: their servers say goodbye. Own choice."""


class Places:
    """Where sessions connect to; the embedded server is kept running from the first of them to the last."""

    def __init__(
        self,
        endpoint: str | None,
        key: str | None,
        headers: Mapping[str, str] | None,
        session: Mapping[str, Any],
        server: LocalServer | None,
    ) -> None:
        self._make: Callable[[], Place] = lambda: place_of(endpoint, key, headers, session, server=server)
        self._first = self._make()
        self.fixed = isinstance(self._first, FixedPlace)

    @property
    def endpoint(self) -> Endpoint | None:
        """Known before anything is opened, unless it is the embedded server."""
        return self._first.open() if self.fixed else None

    def each(self) -> Place:
        """The place of one session."""
        return self._first if self.fixed else self._make()

    @contextlib.asynccontextmanager
    async def kept(self) -> AsyncIterator[Endpoint]:
        """It is there meanwhile."""
        placing = asyncio.ensure_future(asyncio.to_thread(self._first.open))
        try:
            # Shielded: a server that is being started must be there to be stopped again.
            yield await asyncio.shield(placing)
        finally:
            await asyncio.wait([placing])
            if not placing.cancelled() and placing.exception() is None:
                await asyncio.to_thread(self._first.close)


def conduct(
    places: Places,
    heard: list[Listened],
    session_of: Callable[[int, Callable[[], Place]], Awaitable[None]],
    at_once: int,
    clip_s: float,
    progress: Callable[[float, float], None] | None,
    cancel: threading.Event | None,
) -> str:
    """All sessions, some at a time; blocks the caller, who may interrupt it. Returns what answered, in words."""
    loop, holder, over = shared_loop(), object(), threading.Event()
    if loop.here:
        raise LoopThreadError("A trial blocks, and cannot be run from rtnb's own loop thread: use another thread.")
    label: list[str] = []

    async def work() -> None:
        gate = asyncio.Semaphore(at_once)

        async def one(number: int) -> None:
            async with gate:
                await session_of(number, places.each)

        async with places.kept() as endpoint:
            label.append(endpoint.label)
            async with asyncio.TaskGroup() as group:
                for number in range(len(heard)):
                    group.create_task(one(number))

    async def watched() -> asyncio.Task[None]:
        task = asyncio.create_task(work())
        task.add_done_callback(lambda done: over.set())
        return task

    loop.acquire(holder)
    try:
        task = loop.run(watched())

        def end() -> None:
            loop.call(task.cancel)
            over.wait(END_S)

        shown = _Shown(progress, len(heard) * clip_s, label)
        try:
            ticks = 0
            while not over.wait(TICK_S):
                if cancel is not None and cancel.is_set():
                    break
                ticks += 1
                if ticks % REPORT_TICKS == 0:
                    shown(sum(min(each.streamed_s, clip_s) for each in heard))
            if not over.is_set():
                end()
                shown.ended("cancelled.")
            else:
                _result_of(task)
                shown.complete(f"{counted(len(heard), 'session')} of {clip_s:.1f} s on {label[0]}.")
        except BaseException:
            # An interrupt, or what `progress` raised: no session stays open behind it.
            end()
            shown.ended("ended early.")
            raise
    finally:
        loop.release(holder)
    return label[0] if label else ""


def _result_of(task: asyncio.Task[None]) -> None:
    """Raise what ended the sessions, if it was nothing of theirs."""
    try:
        task.result()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


class _Shown:
    """Progress, to whoever wants to know: the caller's function, or a line."""

    def __init__(self, progress: Callable[[float, float], None] | None, total_s: float, label: list[str]) -> None:
        self._progress, self._total_s, self._label = progress, total_s, label
        self._bar = ProgressBar("Trial") if progress is None else None

    def __call__(self, done_s: float) -> None:
        if self._progress is not None:
            self._progress(done_s, self._total_s)
        elif self._bar is not None:
            where = f"seconds streamed to {self._label[0]}" if self._label else "starting"
            self._bar(int(done_s), max(1, round(self._total_s)), where)

    def complete(self, left: str) -> None:
        if self._progress is not None:
            self._progress(self._total_s, self._total_s)
        self.ended(left)

    def ended(self, left: str) -> None:
        """A line stays in the notebook; a function is not called any more."""
        if self._bar is not None:
            self._bar.close(f"Trial: {left}")
