"""One event loop in one daemon thread, shared by all sessions and ended with the last of them."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, InvalidStateError
from typing import Any, TypeVar

from rtnb.errors import LoopThreadError

__all__ = ["LoopThread", "shared_loop"]

T = TypeVar("T")

JOIN_S = 10.0
"""How long the end of the thread is waited for."""
START_S = 1.0
"""How long a thread is waited for that was asked to start, and may never."""


class LoopThread:
    """Runs coroutines for threads that may block.

    The thread starts with the first :meth:`acquire` and ends with the last :meth:`release`.
    """

    def __init__(self, name: str = "rtnb-client") -> None:
        self._name = name
        self._lock = threading.Lock()
        self._holders: set[int] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        self._waited: dict[Future[Any], Coroutine[Any, Any, Any]] = {}

    def forget(self) -> None:
        """In a forked child: the thread is the parent's and does not run here."""
        self._lock = threading.Lock()
        self._holders.clear()
        self._loop = self._thread = None
        self._ended = threading.Event()
        self._waited = {}

    def acquire(self, holder: object) -> None:
        """Say that `holder` needs the loop; saying it twice is fine."""
        with self._lock:
            self._holders.add(id(holder))
            if self._loop is not None:
                return
            loop, ended = asyncio.new_event_loop(), threading.Event()
            waited: dict[Future[Any], Coroutine[Any, Any, Any]] = {}

            def run() -> None:
                asyncio.set_event_loop(loop)
                try:
                    loop.run_forever()
                    _finish(loop)
                finally:
                    loop.close()
                    ended.set()
                    _settle(waited)

            self._loop, self._ended, self._waited = loop, ended, waited
            self._thread = threading.Thread(target=run, name=self._name, daemon=True)
            self._thread.start()

    def release(self, holder: object) -> None:
        """Say that `holder` does not need it any more; waits for the thread when nobody else does.

        An interrupt may have come before :meth:`acquire` was through; this is fine then, too.
        """
        with self._lock:
            self._holders.discard(id(holder))
            if self._holders:
                return
            loop, thread, ended = self._loop, self._thread, self._ended
            self._loop = self._thread = None
        if loop is None or thread is None or ended.is_set():
            return
        # Also for a thread that does not run yet: an interrupt in the middle of its start leaves one that will.
        loop.call_soon_threadsafe(loop.stop)
        if thread is not threading.current_thread():
            ended.wait(JOIN_S if thread.is_alive() else START_S)
            if thread.is_alive():
                thread.join(JOIN_S)

    @property
    def running(self) -> bool:
        """Whether the loop runs and takes work."""
        return self._thread is not None and self._thread.is_alive() and not self._ended.is_set()

    @property
    def here(self) -> bool:
        """Whether the caller is on the loop's own thread."""
        return threading.current_thread() is self._thread

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine on the loop; returns at once.

        What has not ended when the loop does, by its end or its death, fails: nobody waits for it for ever.
        """
        loop, ended, waited = self._loop, self._ended, self._waited
        if loop is None or ended.is_set():
            work.close()
            raise RuntimeError("the loop thread is not running")
        future = asyncio.run_coroutine_threadsafe(work, loop)
        waited[future] = work
        future.add_done_callback(lambda done: waited.pop(done, None))
        if ended.is_set():
            _settle(waited)
        return future

    def run(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run a coroutine on the loop and wait for it.

        Raises
        ------
        LoopThreadError
            The caller is the loop thread, which would wait for itself for ever.
        """
        if self.here:
            work.close()
            raise LoopThreadError(
                "A blocking verb was called on rtnb's own loop thread, for instance in a callback.\n"
                "Use rtnb.AsyncSession there and await it, or call the verb from another thread."
            )
        future = self.submit(work)
        try:
            return future.result(timeout)
        except BaseException:
            future.cancel()
            raise

    def call(self, work: Callable[[], T]) -> T:
        """Run a plain function on the loop thread and return what it returns."""
        if self.here:
            return work()

        async def run() -> T:
            return work()

        return self.run(run())


def _settle(waited: dict[Future[Any], Coroutine[Any, Any, Any]]) -> None:
    """Fail what waits for a loop that has ended; from the loop's thread, or from one that came too late."""
    for future, work in tuple(waited.items()):
        if inspect.getcoroutinestate(work) == inspect.CORO_CREATED:
            work.close()
        # Somebody may settle or cancel it at the same time.
        with contextlib.suppress(InvalidStateError):
            future.set_exception(RuntimeError("the loop on which it ran has ended"))


def _finish(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what still runs and give it the chance to clean up."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())


_SHARED = LoopThread()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_SHARED.forget)


def shared_loop() -> LoopThread:
    """The loop thread of this process."""
    return _SHARED
