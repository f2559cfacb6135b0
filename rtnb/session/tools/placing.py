"""Where the coroutines of tools run: a loop of their own, for sessions whose user has no loop to lend."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from rtnb.session.tools.threads import LOOP_NAME
from rtnb.session.wire.loop import LoopThread

__all__ = ["BLOCKED_S", "MOST_LOOPS", "PlaceAsync", "ToolLoop", "contained"]

PlaceAsync = Callable[[Coroutine[Any, Any, Any]], Awaitable[Any]]
"""Takes a coroutine, runs it somewhere, and gives what the session's loop can await."""

BLOCKED_S: Final = 3.0
"""After how long without a sign of life a loop counts as blocked (own choice)."""

BEAT_S: Final = 0.5
"""How often a loop with work is asked for a sign of life."""

MOST_LOOPS: Final = 8
"""How many blocked loops there may be; then nothing is started any more."""


async def contained(work: Awaitable[Any]) -> Any:
    """Wait for something of the user's; what would end the loop becomes an exception like any other.

    A task that raises SystemExit or KeyboardInterrupt takes its whole loop with it.

    Raises
    ------
    RuntimeError
        It raised what is no :class:`Exception`, its own cancellation apart.

    Examples
    --------
    >>> async def leave():
    ...     raise SystemExit(1)
    >>> asyncio.run(contained(leave()))
    Traceback (most recent call last):
    RuntimeError: the tool raised SystemExit
    """
    mine = asyncio.current_task()
    try:
        return await work
    except (Exception, asyncio.CancelledError):
        raise
    except GeneratorExit as raised:
        # Either the tool raised it, or it is we who are thrown away; the latter is nobody's task.
        try:
            running = asyncio.current_task()
        except RuntimeError:
            running = None
        if running is None or running is not mine:
            raise
        raise RuntimeError("the tool raised GeneratorExit") from raised
    except BaseException as raised:
        raise RuntimeError(f"the tool raised {type(raised).__name__}") from raised


class _Lane:
    """One loop with its thread; all but the thread's work happens on the session's loop."""

    def __init__(self) -> None:
        self.thread = LoopThread(LOOP_NAME)
        self.given_up = asyncio.Event()
        self.jobs = 0
        self.watcher: asyncio.Task[None] | None = None
        self.runs_in: threading.Thread | None = None


class ToolLoop:
    """A loop in a daemon thread of its own: a tool that blocks its loop blocks no audio. It starts when it is needed.

    A loop that shows no sign of life for :data:`BLOCKED_S` seconds gets no more work: later coroutines, and those that
    wait there for their turn, run on a new one.

    Parameters
    ----------
    on_blocked : callable, optional
        Called when a loop is blocked; may be set later.

    Examples
    --------
    >>> import asyncio
    >>> from rtnb.session.tools.placing import ToolLoop
    >>> async def answer():
    ...     return 42
    >>> async def main():
    ...     place = ToolLoop()
    ...     try:
    ...         return await place(answer())
    ...     finally:
    ...         place.close()
    >>> asyncio.run(main())
    42
    """

    def __init__(self, on_blocked: Callable[[], None] | None = None) -> None:
        self.on_blocked = on_blocked
        self._lock = threading.Lock()
        self._lane: _Lane | None = None
        self._blocked: list[_Lane] = []
        self._closed = False

    async def __call__(self, work: Coroutine[Any, Any, Any]) -> Any:
        while True:
            try:
                lane = self._open_lane()
            except BaseException:
                work.close()
                raise
            claim = threading.Lock()
            try:
                return await self._through(lane, work, claim)
            except _Moved:
                continue
            except BaseException:
                if claim.acquire(blocking=False):
                    work.close()
                raise

    def close(self) -> None:
        """Cancel what still runs there, and end the threads; those that are blocked end when they can."""
        with self._lock:
            self._closed = True
            lane, self._lane = self._lane, None
            blocked, self._blocked = self._blocked, []
        for each in blocked:
            _release_later(each)
        if lane is not None:
            lane.thread.release(lane)

    def _open_lane(self) -> _Lane:
        with self._lock:
            if self._closed:
                raise asyncio.CancelledError
            if self._lane is not None and not self._lane.thread.running:
                # A task that a tool made itself has raised SystemExit.
                self._lane = None
            if self._lane is None:
                if len(self._blocked) >= MOST_LOOPS:
                    raise RuntimeError(f"it was not started: {len(self._blocked)} loops of tools are blocked")
                self._lane = _Lane()
            self._lane.thread.acquire(self._lane)
            return self._lane

    async def _through(self, lane: _Lane, work: Coroutine[Any, Any, Any], claim: threading.Lock) -> Any:
        async def begin() -> Any:
            lane.runs_in = threading.current_thread()
            return await contained(work) if claim.acquire(blocking=False) else None

        future = _submitted(lane, begin())
        lane.jobs += 1
        if lane.watcher is None or lane.watcher.done():
            lane.watcher = asyncio.create_task(self._watch(lane))
        given_up = asyncio.ensure_future(lane.given_up.wait())
        try:
            await asyncio.wait((future, given_up), return_when=asyncio.FIRST_COMPLETED)
            if claim.acquire(blocking=False):
                # It has not begun: the loop is blocked, or has ended.
                raise _Moved
            return await future
        finally:
            given_up.cancel()
            future.cancel()
            lane.jobs -= 1
            self._tidy(lane)

    async def _watch(self, lane: _Lane) -> None:
        """Ask for signs of life as long as there is work."""
        while not self._closed:
            try:
                sign = _submitted(lane, _beat())
            except RuntimeError:
                self._give_up(lane, tell=False)
                return
            await asyncio.wait((sign,), timeout=BLOCKED_S)
            if not sign.done():
                sign.cancel()
                self._give_up(lane, tell=lane.thread.running)
                return
            if sign.cancelled() or sign.exception() is not None:
                self._give_up(lane, tell=False)
                return
            if not lane.jobs:
                return
            await asyncio.sleep(BEAT_S)

    def _give_up(self, lane: _Lane, *, tell: bool) -> None:
        with self._lock:
            if self._closed:
                return
            if self._lane is lane:
                self._lane = None
            if lane.thread.running:
                self._blocked.append(lane)
        lane.given_up.set()
        if tell and self.on_blocked is not None:
            self.on_blocked()
        self._tidy(lane)

    def _tidy(self, lane: _Lane) -> None:
        """End the thread of a loop that gets no more work and has none."""
        with self._lock:
            blocked = lane in self._blocked
            if not blocked or lane.jobs:
                return
        threading.Thread(target=self._end, args=(lane,), name=f"{LOOP_NAME}-end", daemon=True).start()

    def _end(self, lane: _Lane) -> None:
        lane.thread.release(lane)
        if lane.runs_in is not None:
            # It counts until its thread has ended, which may be never.
            lane.runs_in.join()
        with self._lock:
            if lane in self._blocked:
                self._blocked.remove(lane)


class _Moved(Exception):
    """A coroutine has to begin elsewhere."""


async def _beat() -> None:
    return None


def _submitted(lane: _Lane, work: Coroutine[Any, Any, Any]) -> asyncio.Future[Any]:
    try:
        return asyncio.wrap_future(lane.thread.submit(work))
    except RuntimeError:
        work.close()
        raise


def _release_later(lane: _Lane) -> None:
    threading.Thread(target=lane.thread.release, args=(lane,), name=f"{LOOP_NAME}-end", daemon=True).start()
