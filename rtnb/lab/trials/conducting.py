"""All sessions of a trial, some at a time, on rtnb's own loop; the caller waits, and may interrupt."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from rtnb._connect.places import LABEL, named_endpoint, place_of
from rtnb._display import counted
from rtnb.errors import LoopThreadError
from rtnb.lab.trials.sessions import Listened
from rtnb.session.live import ProgressBar
from rtnb.session.wire.endpoint import Endpoint, openai_endpoint
from rtnb.session.wire.loop import shared_loop
from rtnb.session.wire.place import FixedPlace, Place

if TYPE_CHECKING:
    from rtnb.server.local import LocalServer

__all__ = ["Places", "Shown", "conduct"]

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
        # A key may be asked for: who is told first what it costs may not want to give one any more.
        self._keyless = named_endpoint(endpoint) == "openai" and not (key or "").strip()
        if self._keyless:
            place_of(endpoint, "-", headers, session, server=server)  # raises what is wrong with the rest
        self._first = None if self._keyless else self._make()
        self.fixed = self._keyless or isinstance(self._first, FixedPlace)

    @property
    def endpoint(self) -> Endpoint | None:
        """Known before anything is opened, unless it is the embedded server; for the cost, not to connect with."""
        if self._keyless:
            return openai_endpoint(key="-", ask=lambda prompt: "")
        return self._place().open() if self.fixed else None

    @property
    def label(self) -> str:
        """What would answer, in words."""
        return LABEL if self.endpoint is None else self.endpoint.label

    def let_in(self) -> None:
        """Have everything that connecting needs, the key as well, which may be asked for.

        Raises
        ------
        ConfigError
            There is no key.
        """
        self._place()

    def each(self) -> Place:
        """The place of one session."""
        return self._place() if self.fixed else self._make()

    def _place(self) -> Place:
        if self._first is None:
            self._first = self._make()
        return self._first

    @contextlib.asynccontextmanager
    async def kept(self) -> AsyncIterator[Endpoint]:
        """It is there meanwhile."""
        first = self._place()
        placing = asyncio.ensure_future(asyncio.to_thread(first.open))
        try:
            # Shielded: a server that is being started must be there to be stopped again.
            yield await asyncio.shield(placing)
        finally:
            await asyncio.wait([placing])
            if not placing.cancelled() and placing.exception() is None:
                await asyncio.to_thread(first.close)


def conduct(
    places: Places,
    heard: list[Listened],
    session_of: Callable[[int, Callable[[], Place]], Awaitable[None]],
    at_once: int,
    clip_s: float,
    shown: Shown,
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

        try:
            ticks = 0
            while not over.wait(TICK_S):
                if cancel is not None and cancel.is_set():
                    break
                ticks += 1
                if ticks % REPORT_TICKS == 0:
                    where = f"seconds streamed to {label[0]}" if label else "starting"
                    shown(sum(min(each.streamed_s, clip_s) for each in heard), where)
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


class Shown:
    """Progress, to whoever wants to know: the caller's function, or a line.

    Parameters
    ----------
    progress : callable or None
        Takes the seconds that were streamed, and all that there are; None shows a line.
    total_s : float
        Seconds that all sessions are sent together.
    """

    def __init__(self, progress: Callable[[float, float], None] | None, total_s: float) -> None:
        self._progress, self._total_s = progress, total_s
        self._bar = ProgressBar("Trial") if progress is None else None

    def preparing(self, part: float) -> None:
        """Nothing is streamed yet: so much of what comes first is done, in 0..1."""
        if self._progress is not None:
            self._progress(0.0, self._total_s)
        elif self._bar is not None:
            self._bar(0, max(1, round(self._total_s)), f"preparing, {part:.0%}")

    def __call__(self, done_s: float, where: str) -> None:
        if self._progress is not None:
            self._progress(done_s, self._total_s)
        elif self._bar is not None:
            self._bar(int(done_s), max(1, round(self._total_s)), where)

    def complete(self, left: str) -> None:
        if self._progress is not None:
            self._progress(self._total_s, self._total_s)
        self.ended(left)

    def ended(self, left: str) -> None:
        """A line stays in the notebook; a function is not called any more."""
        if self._bar is not None:
            self._bar.close(f"Trial: {left}")
