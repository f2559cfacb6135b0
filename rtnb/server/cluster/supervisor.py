"""Starts workers, hands them connections, replaces those that die, and ends them all."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

from rtnb._cores import CORES, usable_cores
from rtnb.errors import SessionError
from rtnb.server.cluster.channel import CHANNEL, NUMBER, Lines, Orders, Report
from rtnb.server.cluster.sharing import Load, choose, shares
from rtnb.server.options import Options
from rtnb.server.web.limits import sessions_at_once
from rtnb.server.web.running import GRACE_S

__all__ = ["BACKLOG", "MOST_WORKERS", "Supervisor", "pause_s"]

BACKLOG = 128
"""Connections that may wait to be accepted."""

MOST_WORKERS = 64
"""Own choice: beyond it one process that accepts for all would be what they wait for."""

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0
"""A worker that dies is replaced after half a second, after twice that if that one dies too, and so on; one that has
lived for a minute has died for a reason of its own. Own choices."""

AT_ONCE = 64
"""Connections that are accepted before anything else has its turn."""

AGAIN_S = 0.02
"""How long a connection waits until it is offered to workers that took none."""

NO_DESCRIPTORS_S = 1.0
"""How long nothing is accepted after the process ran out of descriptors, as in :mod:`asyncio`."""

LOOK_S = 0.02
"""How often a worker that ends is asked whether it has."""

PROMETHEUS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable: where the metrics of several processes meet (reference of prometheus-client)."""


@dataclass(slots=True, eq=False)
class _Worker:
    """One process, and what is known of it."""

    number: int
    limit: int | None
    process: subprocess.Popen[bytes]
    channel: socket.socket
    begun_s: float = field(default_factory=time.monotonic)
    report: Report = field(default_factory=Report)
    lines: Lines = field(default_factory=Lines)
    handed: int = 0
    blocked: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def load(self) -> Load:
        """What it has, with what is on its way to it."""
        found = self.report
        fresh = found.fresh + max(0, self.handed - found.adopted)
        return Load(sessions=found.sessions, fresh=fresh, others=found.others, limit=self.limit)

    @property
    def open(self) -> bool:
        """Whether it takes connections."""
        return self.report.ready and not self.report.leaving and not self.blocked


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
        Takes a sentence when a worker has died.
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
    ) -> None:
        self._listening = listening
        self._options = options
        self._command = list(command)
        self._ready = ready
        self._missing = missing
        self._say = tell
        self._count = workers
        self._limits = shares(sessions_at_once(options.limits), workers)
        # Unsealed by all, and known to nobody else.
        self._keys = () if options.secret_keys else (secrets.token_hex(32),)
        self._workers: dict[int, _Worker] = {}
        self._up: set[int] = set()
        self._told: set[str] = set()
        self._held: socket.socket | None = None
        self._listens = self._accepting = False
        self._draining = self._leaving = False
        self._signal: int | None = None
        self._error: Exception | None = None
        self._end: asyncio.Event

    def run(self) -> None:
        """Serve until a signal comes, which is raised again at the end as if nobody had caught it.

        Raises
        ------
        SessionError
            A worker ends before it is ready for the first time.
        Exception
            Whatever `ready` raises.
        KeyboardInterrupt, SystemExit
            The signal was SIGINT, or SIGTERM.
        """
        with ExitStack() as stack:
            if PROMETHEUS_FOLDER not in os.environ:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="rtnb-metrics-"))
                os.environ[PROMETHEUS_FOLDER] = folder
                stack.callback(os.environ.pop, PROMETHEUS_FOLDER, None)
            asyncio.run(self._serve())
        if self._signal == signal.SIGINT:
            raise KeyboardInterrupt
        if self._signal is not None:
            raise SystemExit(0)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(RuntimeError, ValueError):
                # Threads other than the main one get no signals.
                loop.add_signal_handler(number, self._on_signal, number)
        self._listening.setblocking(False)
        keepers = [asyncio.create_task(self._keep(number)) for number in range(1, self._count + 1)]
        for keeper in keepers:
            keeper.add_done_callback(lambda done: self._end.set() if _failed(done) else None)
        try:
            await self._end.wait()
        finally:
            self._leaving = True
            self._accept(False)
            self._listening.close()
            for keeper in keepers:
                keeper.cancel()
            ends = await asyncio.gather(*keepers, return_exceptions=True)
            await self._stop_all()
            if self._held is not None:
                self._held.close()
        for end in (self._error, *ends):
            if isinstance(end, Exception):
                raise end

    # Workers

    async def _keep(self, number: int) -> None:
        """See that there is a worker of this number, until all end."""
        deaths = 0
        while not self._leaving and not self._draining:
            worker = self._start(number)
            await worker.gone.wait()
            if self._leaving or self._draining:
                return
            status = await self._reaped(worker)
            if not self._listens:
                raise SessionError(f"Worker {number} ended {_how(status)} before it was ready; see what it said.")
            deaths = 1 if time.monotonic() - worker.begun_s >= STEADY_S else deaths + 1
            pause = pause_s(deaths)
            if self._say is not None:
                self._say(
                    f"Worker {number} (process {worker.process.pid}) ended {_how(status)}, and its sessions with it; "
                    f"another takes its place in {pause:g} s."
                )
            await asyncio.sleep(pause)

    def _start(self, number: int) -> _Worker:
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        cores = max(1, usable_cores() // self._count)
        environment = {**os.environ, NUMBER: str(number), CHANNEL: str(there.fileno()), CORES: str(cores)}
        limit = self._limits[number - 1]
        orders = Orders(
            secret_keys=self._keys,
            sessions=limit,
            connections=-(-self._options.limits.connections // self._count),
        )
        with there:
            # A session of its own: Ctrl-C in a terminal is for the supervisor, who ends the workers in good order.
            process = subprocess.Popen(
                self._command,
                env=environment,
                stdin=subprocess.DEVNULL,
                pass_fds=(there.fileno(),),
                start_new_session=True,
            )
        here.sendall(orders.to_line())
        here.setblocking(False)
        worker = self._workers[number] = _Worker(number, limit, process, here)
        asyncio.get_running_loop().add_reader(here, self._hear, worker)
        return worker

    def _hear(self, worker: _Worker) -> None:
        try:
            data = worker.channel.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose(worker)
            return
        for line in worker.lines.push(data):
            worker.report = Report.of(line)
        if worker.report.ready:
            self._up.add(worker.number)
        self._consider()
        self._tell_missing()

    def _tell_missing(self) -> None:
        """Once for all workers, and not before the server is ready."""
        if self._missing is None or not self._listens:
            return
        for worker in self._workers.values():
            for sentence in worker.report.missing or ():
                if sentence not in self._told:
                    self._told.add(sentence)
                    self._missing(sentence)

    def _lose(self, worker: _Worker) -> None:
        if not worker.gone.is_set():
            asyncio.get_running_loop().remove_reader(worker.channel)
            worker.channel.close()
            worker.report = Report()
            worker.gone.set()
            self._consider()

    async def _reaped(self, worker: _Worker, patience_s: float = GRACE_S + 5.0) -> int:
        """The status of a worker that ends; one that does not is ended."""
        killed_s = time.monotonic() + patience_s
        while (status := worker.process.poll()) is None:
            if time.monotonic() >= killed_s:
                worker.process.kill()
            await asyncio.sleep(LOOK_S)
        from rtnb.server.watch import worker_ended

        worker_ended(worker.process.pid)
        return status

    async def _stop_all(self) -> None:
        self._order(b"x")
        await asyncio.gather(*(self._reaped(worker) for worker in self._workers.values()))
        for worker in self._workers.values():
            self._lose(worker)

    def _order(self, code: bytes) -> None:
        for worker in self._workers.values():
            if not worker.gone.is_set():
                with suppress(OSError):
                    worker.channel.send(code)

    # Connections

    def _consider(self) -> None:
        """Listen once all workers are there for the first time; accept while there is somebody to hand to."""
        if self._leaving or (not self._listens and len(self._up) < self._count):
            return
        if not self._listens:
            self._listens = True
            self._listening.listen(BACKLOG)
            try:
                self._ready()
            except Exception as error:
                self._error = error
                self._end.set()
        if self._draining and not any(worker.load.sessions for worker in self._workers.values()):
            self._end.set()
        self._accept(self._held is None and any(worker.open for worker in self._workers.values()))

    def _accept(self, on: bool) -> None:
        loop = asyncio.get_running_loop()
        if on and not self._accepting:
            loop.add_reader(self._listening, self._take)
        elif self._accepting and not on:
            loop.remove_reader(self._listening)
        self._accepting = on

    def _take(self) -> None:
        for _ in range(AT_ONCE):
            try:
                connection, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                self._pause(NO_DESCRIPTORS_S)
                return
            self._held = connection
            if not self._hand_over():
                self._pause(AGAIN_S)
                return

    def _pause(self, pause_s: float) -> None:
        self._accept(False)
        asyncio.get_running_loop().call_later(pause_s, self._resume)

    def _resume(self) -> None:
        for worker in self._workers.values():
            worker.blocked = False
        if self._leaving:
            return
        if self._held is not None and not self._hand_over():
            self._pause(AGAIN_S)
        else:
            self._consider()

    def _hand_over(self) -> bool:
        """Give the connection that is held to a worker; False when none takes it now."""
        assert self._held is not None
        while candidates := [worker for worker in self._workers.values() if worker.open]:
            worker = candidates[choose([each.load for each in candidates])]
            try:
                socket.send_fds(worker.channel, [b"c"], [self._held.fileno()])
            except OSError:
                # It does not read, or it is gone, which shows on the way up.
                worker.blocked = True
                continue
            worker.handed += 1
            self._held.close()
            self._held = None
            return True
        return False

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


def _how(status: int) -> str:
    """How a process ended.

    Examples
    --------
    >>> _how(3), _how(-9)
    ('with status 3', 'by SIGKILL')
    """
    if status >= 0:
        return f"with status {status}"
    try:
        return f"by {signal.Signals(-status).name}"
    except ValueError:
        return f"by signal {-status}"
