"""Work that takes a while, one at a time, in a thread of its own, with progress and an end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from rtnb.errors import RtnbError

__all__ = ["Cancelled", "Jobs"]

Tell = Callable[[Mapping[str, Any]], None]


class Cancelled(Exception):
    """Somebody pressed Cancel."""


class Job:
    """What the work is given: a way to say how far it is, and to hear that it should stop."""

    def __init__(self, name: str, tell: Tell) -> None:
        self.name = name
        self.cancel = threading.Event()
        self._tell = tell

    def progress(self, done: float, total: float) -> None:
        """How far the work is. Ends it where it was cancelled and looks at nothing else."""
        part = min(1.0, done / total) if total > 0 else None
        self.says(part, f"{self.name}: {done:.0f} of {total:.0f}")

    def check(self) -> None:
        """Ends the work where it was cancelled."""
        if self.cancel.is_set():
            raise Cancelled

    def says(self, part: float | None, text: str) -> None:
        """The same in words of its own."""
        self.check()
        self._tell({"type": "job", "state": "running", "name": self.name, "part": part, "text": text})


class Jobs:
    """At most one job at a time.

    Examples
    --------
    >>> told = []
    >>> jobs = Jobs(told.append)
    >>> jobs.start("Sweep", lambda job: {"text": "Sweep: done."})
    True
    >>> jobs.wait(10)
    True
    >>> told[-1]
    {'type': 'job', 'state': 'done', 'name': 'Sweep', 'text': 'Sweep: done.'}
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._job: Job | None = None
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> str:
        """The name of the job that is under way; empty where there is none."""
        job = self._job
        return "" if job is None else job.name

    def start(self, name: str, work: Callable[[Job], Mapping[str, Any]]) -> bool:
        """Begin, unless another is under way. The work gives what the page is told at the end."""
        with self._lock:
            if self._job is not None:
                return False
            job = self._job = Job(name, self._tell)
            self._thread = threading.Thread(target=self._run, args=(job, work), name=f"rtnb-vad-{name}", daemon=True)
        # Told first: what is over quickly must not seem to begin afterwards.
        self._tell({"type": "job", "state": "running", "name": name, "part": None, "text": f"{name}: starting"})
        self._thread.start()
        return True

    def cancel(self) -> None:
        """Ask the job to end, and take it as ended: what it still does is not waited for, and not heard of."""
        with self._lock:
            job, self._job = self._job, None
            if job is not None:
                job.cancel.set()
        if job is not None:
            self._tell({"type": "job", "state": "cancelled", "name": job.name, "text": f"{job.name}: cancelled."})

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for its end; False when it still goes on then."""
        if (thread := self._thread) is not None:
            thread.join(timeout)
            return not thread.is_alive()
        return True

    def _run(self, job: Job, work: Callable[[Job], Mapping[str, Any]]) -> None:
        try:
            told: dict[str, Any] = {"state": "done", "name": job.name, **work(job)}
        except Cancelled:
            told = {"state": "cancelled", "name": job.name, "text": f"{job.name}: cancelled."}
        except RtnbError as error:
            told = {"state": "failed", "name": job.name, "text": f"{job.name}: {error}"}
        except Exception as error:
            told = {"state": "failed", "name": job.name, "text": f"{job.name}: {type(error).__name__}: {error}"}
        with self._lock:
            if self._job is not job:
                return
            self._job = None
        self._tell({"type": "job", **told})
