"""Threads that an ending process does not wait for, for long: what hangs in one of them holds nobody up."""

from __future__ import annotations

import atexit
import sys
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any, Final, ParamSpec, TypeVar

__all__ = ["END_S", "DaemonPool", "print_in_the_running_cell"]

P = ParamSpec("P")
T = TypeVar("T")

END_S: Final = 2.0
"""How long the end of the process, or of a pool, waits for work under way. Own choice: longer than a sentence or a
recognition takes, for a thread that is stopped within a native library may take the process down with it."""

_Job = tuple["Future[Any]", Callable[[], Any]]


class DaemonPool(Executor):
    """As :class:`concurrent.futures.ThreadPoolExecutor`, whose threads a process waits for until they have ended.

    Parameters
    ----------
    threads : int
        At most so many; each is started when it is needed.
    name : str
        Of the threads, before a number.
    initializer : callable, optional
        Called in each thread as it starts.

    Examples
    --------
    >>> with DaemonPool(2, name="example") as pool:
    ...     pool.submit(divmod, 7, 2).result()
    (3, 1)
    """

    def __init__(self, threads: int, *, name: str, initializer: Callable[[], object] | None = None) -> None:
        self._most = threads
        self._name = name
        self._initializer = initializer
        self._threads: list[threading.Thread] = []
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._closed = False
        _pools.add(self)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have ``fn(*args, **kwargs)`` called in a thread.

        Raises
        ------
        RuntimeError
            The pool has been closed.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._jobs.put((future, lambda: fn(*args, **kwargs)))
            if not self._idle.acquire(blocking=False) and len(self._threads) < self._most:
                name = f"{self._name}_{len(self._threads)}"
                thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work, and wait for what there is, however long it takes, unless told otherwise."""
        self._close(cancel=cancel_futures)
        if wait:
            self._join(None)

    def end(self, within_s: float = END_S) -> bool:
        """Drop what waits, and wait for what runs, but no longer than so many seconds; whether all has ended."""
        self._close(cancel=True)
        return self._join(within_s)

    def _close(self, *, cancel: bool) -> None:
        with self._lock:
            first, self._closed = not self._closed, True
            if cancel:
                while not self._jobs.empty():
                    if (job := self._jobs.get()) is not None:
                        job[0].cancel()
            if first or cancel:
                for _ in self._threads:
                    self._jobs.put(None)

    def _join(self, within_s: float | None) -> bool:
        until_s = None if within_s is None else time.monotonic() + within_s
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(None if until_s is None else max(0.0, until_s - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        if self._initializer is not None:
            self._initializer()
        while (job := self._jobs.get()) is not None:
            future, work = job
            del job
            if future.set_running_or_notify_cancel():
                try:
                    found = work()
                except BaseException as error:
                    future.set_exception(error)
                else:
                    future.set_result(found)
                    del found
            # What it held is let go while the thread waits.
            del future, work
            self._idle.release()


_pools: weakref.WeakSet[DaemonPool] = weakref.WeakSet()


def print_in_the_running_cell() -> None:
    """What this thread prints from here on belongs to the notebook cell that runs now, if one does.

    Only ipykernel 6.29 to 7.0 needs to be told: it goes from thread to parent thread by their identifiers, which are
    used again, and where they make a circle ``print`` never returns (ipython/ipykernel#1269, gone in 7.1).

    Examples
    --------
    >>> print_in_the_running_cell(); print("here")
    here
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "_thread_to_parent"):
            header, latest = getattr(stream, "_parent_header", None), getattr(stream, "_parent_header_global", None)
            if header is not None and latest is not None:
                header.set(latest)


@atexit.register
def _end_all() -> None:
    pools = list(_pools)
    until_s = time.monotonic() + END_S
    for pool in pools:
        pool.end(0)
    for pool in pools:
        pool.end(max(0.0, until_s - time.monotonic()))
