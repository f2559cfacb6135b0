"""Starts workers, replaces those that die or hang, and ends them all."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from rtnb._cores import CORES, usable_cores
from rtnb.errors import SessionError
from rtnb.server.cluster.channel import Orders
from rtnb.server.cluster.door import Door
from rtnb.server.cluster.folder import metrics_folder
from rtnb.server.cluster.process import Patience, WorkerProcess, how_it_ended
from rtnb.server.cluster.sharing import shares
from rtnb.server.options import Options
from rtnb.server.watch import worker_ended
from rtnb.server.web.limits import sessions_at_once
from rtnb.server.web.running import end_signals

__all__ = ["MOST_WORKERS", "Supervisor", "pause_s"]

MOST_WORKERS = 64
"""Own choice: beyond it one process that accepts for all would be what they wait for."""

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0
"""A worker that dies is replaced after half a second, after twice that if that one dies too, and so on; one that has
lived for a minute has died for a reason of its own. Own choices."""


class Supervisor:
    """Workers behind a socket that listens.

    Parameters
    ----------
    listening : socket.socket
        Bound; it is made to listen here.
    options : Options
        Of the server.
    workers : int
        How many.
    command : sequence of str
        What a worker runs; it gets a number and a channel in its environment, and ends up in
        :func:`~rtnb.server.cluster.worker.run_worker`.
    ready : callable
        Called once all workers take connections.
    missing : callable, optional
        Takes sentences on what the voices lack.
    tell : callable, optional
        Takes a sentence when a worker has died, was killed because it hung, or cannot be started.
    patience : Patience, optional
        When a worker is no longer relied on.
    """

    def __init__(
        self,
        listening: socket.socket,
        options: Options,
        *,
        workers: int,
        command: Sequence[str],
        ready: Callable[[], None],
        missing: Callable[[str], None] | None = None,
        tell: Callable[[str], None] | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._options = options
        self._command = list(command)
        self._ready = ready
        self._missing = missing
        self._tell = tell
        self._patience = patience or Patience()
        self._count = workers
        self._sessions = sessions_at_once(options.limits)
        self._limits = shares(self._sessions, workers)
        # Unsealed by all, and known to nobody else.
        self._keys = () if options.secret_keys else (secrets.token_hex(32),)
        self._workers: dict[int, WorkerProcess] = {}
        self._door = Door(listening, self._workers)
        self._folder: str | None = None
        self._up: set[int] = set()
        self._told: set[str] = set()
        self._listens = self._draining = self._leaving = False
        self._signal: int | None = None
        self._error: Exception | None = None
        self._end: asyncio.Event

    def run(self) -> None:
        """Serve until a signal comes, which is raised again at the end as if nobody had caught it.

        Raises
        ------
        SessionError
            A worker cannot be started, or ends before it is ready for the first time.
        Exception
            Whatever `ready` raises.
        KeyboardInterrupt, SystemExit
            The signal was SIGINT, or another one: SIGTERM, SIGHUP.
        """
        with metrics_folder() as self._folder:
            # What this takes is loaded now: once a worker has died there may be no descriptors for it.
            _forget(os.getpid())
            asyncio.run(self._serve())
        if self._signal == signal.SIGINT:
            raise KeyboardInterrupt
        if self._signal is not None:
            raise SystemExit(0)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        for number in end_signals():
            with suppress(RuntimeError, ValueError):
                # Threads other than the main one get no signals.
                loop.add_signal_handler(number, self._on_signal, number)
        keepers = [asyncio.create_task(self._keep(number)) for number in range(1, self._count + 1)]
        watch = asyncio.create_task(self._watch())
        for task in (*keepers, watch):
            task.add_done_callback(lambda done: self._end.set() if _failed(done) else None)
        try:
            await self._end.wait()
        finally:
            self._leaving = True
            self._door.close()
            for keeper in keepers:
                keeper.cancel()
            ends = await asyncio.gather(*keepers, return_exceptions=True)
            await self._stop_all()
            watch.cancel()
            ends += await asyncio.gather(watch, return_exceptions=True)
        for end in (self._error, *ends):
            if isinstance(end, Exception):
                raise end

    # Workers

    async def _keep(self, number: int) -> None:
        """See that there is a worker of this number, until all end."""
        deaths = 0
        while not self._leaving and not self._draining:
            worker = None
            try:
                worker = self._start(number)
            except OSError as error:
                # What lacks today, descriptors or memory, may be there tomorrow; the other workers go on.
                what = f"could not be started ({error.strerror or error})"
                if not self._listens:
                    raise SessionError(f"Worker {number} {what}.") from None
                deaths += 1
                pause = pause_s(deaths)
                self._say(self._tell, f"Worker {number} {what}; it is tried again in {pause:g} s.")
            if worker is not None:
                await worker.gone.wait()
                if self._leaving:
                    return
                status = await worker.reaped()
                _forget(worker.process.pid)
                if not self._listens:
                    how = how_it_ended(status)
                    raise SessionError(f"Worker {number} ended {how} before it was ready; see what it said.")
                deaths = 1 if time.monotonic() - worker.begun_s >= STEADY_S else deaths + 1
                pause = pause_s(deaths)
                what = _what_happened(worker, status)
                if not self._draining:
                    self._say(self._tell, f"{what}, and its sessions with it; another takes its place in {pause:g} s.")
                elif worker.hung:
                    self._say(self._tell, f"{what}, and its sessions with it.")
            await asyncio.sleep(pause)

    def _start(self, number: int) -> WorkerProcess:
        cores = max(1, usable_cores() // self._count)
        orders = Orders(
            secret_keys=self._keys,
            sessions=self._limits[number - 1],
            all_sessions=self._sessions,
            connections=-(-self._options.limits.connections // self._count),
            beat_s=self._patience.beat_s,
            folder=self._folder,
        )
        environment = {**os.environ, CORES: str(cores)}
        worker = WorkerProcess(self._command, environment, number=number, orders=orders, patience=self._patience)
        try:
            asyncio.get_running_loop().add_reader(worker.channel, self._hear, worker)
        except OSError:
            worker.channel.close()
            worker.process.kill()
            worker.process.wait()
            raise
        if number in self._workers:
            # Once more: without descriptors nothing could be done about what the one before has left.
            _forget(self._workers[number].process.pid)
        self._workers[number] = worker
        return worker

    def _hear(self, worker: WorkerProcess) -> None:
        if not worker.hear():
            self._lose(worker)
            return
        if worker.report.ready:
            self._up.add(worker.number)
        self._consider()
        self._tell_missing()

    async def _watch(self) -> None:
        """Look at the workers now and then; the end of one usually shows on its channel before."""
        pause = self._patience.beat_s / 2
        while True:
            await asyncio.sleep(pause)
            for worker in list(self._workers.values()):
                if not worker.gone.is_set() and not worker.look(pause):
                    self._lose(worker)

    def _tell_missing(self) -> None:
        """Once for all workers, and not before the server is ready."""
        if not self._listens:
            return
        for worker in self._workers.values():
            for sentence in worker.report.missing or ():
                if sentence not in self._told:
                    self._told.add(sentence)
                    self._say(self._missing, sentence)

    @staticmethod
    def _say(to: Callable[[str], None] | None, sentence: str) -> None:
        if to is not None:
            with suppress(OSError, ValueError):
                # Nobody may read any more where it is written to, which is no reason to end.
                to(sentence)

    def _lose(self, worker: WorkerProcess) -> None:
        if not worker.gone.is_set():
            asyncio.get_running_loop().remove_reader(worker.channel)
            worker.lose()
            self._consider()

    async def _stop_all(self) -> None:
        self._order(b"x")
        await asyncio.gather(*(worker.reaped() for worker in self._workers.values()))
        for worker in self._workers.values():
            _forget(worker.process.pid)
            self._lose(worker)

    def _order(self, code: bytes) -> None:
        for worker in self._workers.values():
            worker.order(code)

    def _consider(self) -> None:
        """Listen once all workers are there for the first time; accept while there is somebody to hand to."""
        if self._leaving or (not self._listens and len(self._up) < self._count):
            return
        if not self._listens:
            self._listens = True
            self._door.open()
            try:
                self._ready()
            except Exception as error:
                self._error = error
                self._end.set()
        if self._draining and not any(worker.load.sessions for worker in self._workers.values()):
            self._end.set()
        self._door.consider()

    # The end

    def _on_signal(self, number: int) -> None:
        """The first begins to drain, where there is time for that; another one ends at once."""
        self._signal = self._signal or number
        if self._options.drain_s <= 0 or self._draining or not self._listens:
            self._end.set()
            return
        self._draining = True
        self._order(b"d")
        asyncio.get_running_loop().call_later(self._options.drain_s, self._end.set)
        self._consider()


def _forget(pid: int) -> None:
    """Take what a process that has ended was busy with out of the metrics."""
    with suppress(OSError, ImportError):
        worker_ended(pid)


def _failed(task: asyncio.Task[None]) -> bool:
    return not task.cancelled() and task.exception() is not None


def pause_s(deaths: int) -> float:
    """How long the place of a worker stays empty, after so many deaths in a row.

    Examples
    --------
    >>> [pause_s(deaths) for deaths in (1, 2, 3, 100)]
    [0.5, 1.0, 2.0, 30.0]
    """
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(deaths - 1, 16))


def _what_happened(worker: WorkerProcess, status: int) -> str:
    if worker.hung:
        return f"{worker} said nothing for {worker.patience.hung_s:g} s and was killed"
    return f"{worker} ended {how_it_ended(status)}"
