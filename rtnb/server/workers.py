"""CPU-bound work off the event loop, in turns: nobody's queue is another's wait."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rtnb._cores import step_back, usable_cores
from rtnb._threads import END_S, DaemonPool

__all__ = ["Depth", "Workers"]

T = TypeVar("T")

REMEMBERED = 1000
"""Most owners of whom it is remembered what they have had. Own choice: more than a machine serves at a time."""


@dataclass(slots=True, eq=False)
class _Job:
    """One unit of work and who it is for."""

    work: Callable[[], Any]
    owner: object
    counted: bool = False
    """Whether it counts as one that its owner has in flight."""
    future: Future[Any] = field(default_factory=Future)
    since_s: float | None = None
    """When it came; None where nobody wants to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How much there is to do.

    Parameters
    ----------
    threads : int
        How many there are for what is not urgent.
    running : int
        Units of work in them.
    waiting : int
        Units of work that wait for one.
    urgent : int
        Urgent units, running or waiting.
    """

    threads: int
    running: int
    waiting: int
    urgent: int


class Workers:
    """Threads for detection, recognition and synthesis; started when first used.

    Owners take turns: each has a line of its own, and the next unit of work comes from the one who has had least of
    the threads' time, so that a sentence to be spoken need not wait until all others have had a recognition each.
    That is start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996): whoever comes anew is reckoned to have had
    as much as the last one whose turn it was. An owner has at most all threads but one at work at a time, so that
    whoever comes next to a busy one finds a thread; what its caller has given up is no longer counted. Work that is
    urgent is short (detection of speech), and has a thread of its own.

    Parameters
    ----------
    threads : int, optional
        How many; as many as the machine has cores by default, and at least two.
    clock : callable
        Gives seconds, from any origin.

    Attributes
    ----------
    waited : callable or None
        Takes the seconds that a unit of work, not an urgent one, has waited for its thread; called in that thread,
        and must return at once.

    Examples
    --------
    >>> import asyncio
    >>> workers = Workers()
    >>> asyncio.run(workers.run(divmod, 7, 2, owner="me"))
    (3, 1)
    >>> workers.depth().waiting
    0
    >>> workers.close()
    """

    def __init__(self, threads: int | None = None, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._threads = threads or max(2, usable_cores())
        self._pool = DaemonPool(self._threads, name="rtnb-speech", initializer=step_back)
        self._urgent = DaemonPool(1, name="rtnb-speech-urgent")
        # Jobs end in threads and begin on the loop.
        self._lock = threading.Lock()
        self._busy = 0
        self._in_flight: Counter[object] = Counter()
        self._lines: dict[object, deque[_Job]] = {}
        self._clock = clock
        self._urgent_jobs = 0
        self.waited: Callable[[float], None] | None = None
        # By the hash of the owner, or sessions would be kept that have ended.
        self._had_s: dict[int, float] = {}
        """The threads' time that each owner has had, of those who have had more than `_now_s`."""
        self._now_s = 0.0
        """What the last one whose turn it was had had."""
        self._closed = False

    async def run(self, work: Callable[..., T], *args: object, owner: object = None, urgent: bool = False) -> T:
        """``work(*args)`` in a thread.

        Parameters
        ----------
        work : callable
            Blocking. What takes long should come in pieces, each a call of its own: they are what is shared out.
        *args
            For `work`.
        owner : object, optional
            Hashable: whose line it waits in. What nobody owns has a line of its own.
        urgent : bool
            Ahead of everything that is not; for what takes milliseconds.

        Raises
        ------
        RuntimeError
            The threads have been ended.
        Exception
            Whatever `work` raises.
        """
        # Threads know whose work they do: their log records carry the session.
        context = contextvars.copy_context()
        if urgent:
            return await self._soon(lambda: context.run(work, *args))
        job = _Job(lambda: context.run(work, *args), owner)
        if self.waited is not None:
            job.since_s = self._clock()
        if owner is None:
            job.owner = object()
        with self._lock:
            if self._closed:
                raise RuntimeError("The workers have been closed.")
            self._lines.setdefault(job.owner, deque()).append(job)
            self._share_out()
        try:
            found: T = await asyncio.wrap_future(job.future)
        except asyncio.CancelledError:
            self._given_up(job)
            raise
        return found

    async def _soon(self, work: Callable[[], T]) -> T:
        self._urgent_jobs += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._urgent, _tame, work)
        finally:
            self._urgent_jobs -= 1

    def depth(self) -> Depth:
        """How much there is to do at the moment."""
        with self._lock:
            waiting = sum(len(line) for line in self._lines.values())
            return Depth(threads=self._threads, running=self._busy, waiting=waiting, urgent=self._urgent_jobs)

    def close(self) -> None:
        """Drop what waits, wait for what is running (at most one unit of work a thread) and end the threads.

        What hangs is left behind after two seconds.
        """
        with self._lock:
            self._closed = True
            waiting = [job for line in self._lines.values() for job in line]
            self._lines.clear()
        for job in waiting:
            job.future.cancel()
        until_s = time.monotonic() + END_S
        self._urgent.end(END_S)
        self._pool.end(max(0.0, until_s - time.monotonic()))

    def _share_out(self) -> None:
        """Give free threads their next work; called with the lock held."""
        most = max(1, self._threads - 1)
        while self._busy < self._threads:
            # Of those who have had as much, the first is the one who has waited longest.
            eligible = (one for one in self._lines if self._in_flight.get(one, 0) < most)
            owner = min(eligible, key=self._had, default=None)
            if owner is None:
                return
            line = self._lines.pop(owner)
            job = line.popleft()
            if line:
                self._lines[owner] = line
            if not job.future.set_running_or_notify_cancel():
                continue
            self._now_s = self._had_s[hash(owner)] = self._had(owner)
            self._busy += 1
            self._in_flight[owner] += 1
            job.counted = True
            self._pool.submit(self._carry_out, job)

    def _carry_out(self, job: _Job) -> None:
        begun_s, found = self._clock(), None
        if self.waited is not None and job.since_s is not None:
            self.waited(begun_s - job.since_s)
        failed: Exception | None = None
        try:
            found = _tame(job.work)
        except Exception as error:
            failed = error
        # The thread goes on to what is next before anybody looks at the result.
        with self._lock:
            self._busy -= 1
            key = hash(job.owner)
            self._had_s[key] = self._had_s.get(key, self._now_s) + self._clock() - begun_s
            self._forget()
            self._discount(job)
            self._share_out()
        if failed is None:
            job.future.set_result(found)
        else:
            job.future.set_exception(failed)

    def _had(self, owner: object) -> float:
        return max(self._now_s, self._had_s.get(hash(owner), 0.0))

    def _forget(self) -> None:
        """Owners who have had no more than a newcomer are newcomers."""
        if len(self._had_s) > 2 * REMEMBERED:
            known = sorted(self._had_s.items(), key=lambda entry: entry[1], reverse=True)[:REMEMBERED]
            self._had_s = {owner: had_s for owner, had_s in known if had_s > self._now_s}

    def _given_up(self, job: _Job) -> None:
        with self._lock:
            line = self._lines.get(job.owner)
            if line is not None and job in line:
                line.remove(job)
                if not line:
                    del self._lines[job.owner]
            self._discount(job)
            self._share_out()

    def _discount(self, job: _Job) -> None:
        if job.counted:
            job.counted = False
            self._in_flight[job.owner] -= 1
            if not self._in_flight[job.owner]:
                del self._in_flight[job.owner]


def _tame(work: Callable[[], T]) -> T:
    """What the work returns; an end of the process that it asks for, which would end the event loop, is an error."""
    try:
        return work()
    except (StopIteration, StopAsyncIteration) as error:
        # No future takes these.
        raise RuntimeError(type(error).__name__) from error
    except Exception:
        raise
    except BaseException as error:
        raise RuntimeError(f"{type(error).__name__}: {error}") from error
