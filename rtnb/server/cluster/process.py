"""One worker as its supervisor sees it: its process, its channel, what it says, and whether it can be relied on."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from rtnb.server.cluster.channel import CHANNEL, NUMBER, Lines, Orders, Report
from rtnb.server.cluster.sharing import Load
from rtnb.server.web.running import GRACE_S

__all__ = ["Patience", "WorkerProcess", "how_it_ended"]

LOOK_S = 0.02
"""How often a worker that ends is asked whether it has."""

END_S = GRACE_S + 5.0
"""How long a worker may take to end. Own choice: its connections have two seconds of it, threads that work the rest."""

SPARED_S = 1.0
"""How long a worker that ran out of descriptors gets nothing, where others can; as long as :mod:`asyncio` waits when
that happens to a server that listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When a worker is no longer relied on. Own choices.

    Parameters
    ----------
    beat_s : float
        Each worker tells so often how it is, from its event loop.
    overdue_s : float
        A connection that a worker has not taken over in so long is late: its worker gets no other one while others can
        take it.
    silent_s : float
        A worker that says nothing for so long gets no connection while others can take it, and is not waited for at
        the end. Four beats, so that one which comes late is not taken for silence.
    hung_s : float
        One that says nothing for so long is killed and replaced. Ten times `silent_s`, because every session of it is
        lost; their clients will hardly wait longer for an answer.
    """

    beat_s: float = 0.5
    overdue_s: float = 1.0
    silent_s: float = 2.0
    hung_s: float = 20.0


class WorkerProcess:
    """A process that was started, and what is known of it.

    Parameters
    ----------
    command : sequence of str
        What it runs.
    environment : mapping
        Its environment; number and channel are added.
    number : int
        Which worker it is, from 1.
    orders : Orders
        What it is told as it starts.
    patience : Patience
        When it is no longer relied on.

    Raises
    ------
    OSError
        It cannot be started: the system lacks descriptors, processes or memory, or there is no such command.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        number: int,
        orders: Orders,
        patience: Patience,
    ) -> None:
        self.number = number
        self.patience = patience
        self.report = Report()
        self.blocked = False
        """Whether its channel is full, or broken."""
        self.hung = False
        """Whether it was killed because it said nothing."""
        self.gone = asyncio.Event()
        self.begun_s = time.monotonic()
        self._limit = orders.sessions
        self._lines = Lines()
        self._silent_s = 0.0
        self._spared_until_s = 0.0
        self._handed_s: deque[float] = deque()
        """When it was handed the connections that it has not yet taken over."""
        self.channel, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with there:
                # A session of its own: Ctrl-C in a terminal is for the supervisor, who ends the workers in good order.
                self.process = subprocess.Popen(
                    command,
                    env={**environment, NUMBER: str(number), CHANNEL: str(there.fileno())},
                    stdin=subprocess.DEVNULL,
                    pass_fds=(there.fileno(),),
                    start_new_session=True,
                )
        except BaseException:
            self.channel.close()
            raise
        with suppress(OSError):
            # One that has ended already is seen on the way up.
            self.channel.sendall(orders.to_line())
        self.channel.setblocking(False)

    @property
    def load(self) -> Load:
        """What it has, with what is on its way to it."""
        found = self.report
        fresh = found.fresh + len(self._handed_s)
        return Load(sessions=found.sessions, fresh=fresh, others=found.others, limit=self._limit)

    @property
    def open(self) -> bool:
        """Whether it takes connections."""
        return self.report.ready and not self.report.leaving and not self.blocked

    @property
    def silent(self) -> bool:
        """Whether it has said nothing for too long; one that has never said anything is not yet asked."""
        return self._silent_s >= self.patience.silent_s

    @property
    def reliable(self) -> bool:
        """Whether it can be expected to take over what it is handed at once."""
        now_s = time.monotonic()
        overdue = bool(self._handed_s) and now_s - self._handed_s[0] >= self.patience.overdue_s
        return not self.silent and not overdue and now_s >= self._spared_until_s

    def hear(self) -> bool:
        """Take in what it says; False when that is the end."""
        try:
            data = self.channel.recv(65536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not data:
            return False
        self._silent_s = 0.0
        for line in self._lines.push(data):
            before, self.report = self.report, Report.of(line)
            for _ in range(min(len(self._handed_s), self.report.adopted - before.adopted)):
                self._handed_s.popleft()
            if self.report.lost > before.lost:
                self._spared_until_s = time.monotonic() + SPARED_S
        return True

    def give(self, connection: socket.socket) -> bool:
        """Hand it a connection; False when it does not read, or is gone, which shows on the way up."""
        try:
            socket.send_fds(self.channel, [b"c"], [connection.fileno()])
        except OSError:
            self.blocked = True
            return False
        self._handed_s.append(time.monotonic())
        return True

    def order(self, code: bytes) -> None:
        """Tell it something."""
        if not self.gone.is_set():
            with suppress(OSError):
                self.channel.send(code)

    def look(self, since_s: float) -> bool:
        """Whether it still lives, asked every `since_s`; one that has been silent for too long is killed.

        The time is counted in looks and not by the clock: while the supervisor itself stood still, or the whole
        machine, nobody was silent.
        """
        if self.report.ready:
            self._silent_s += since_s
            if self._silent_s >= self.patience.hung_s and not self.hung:
                self.hung = True
                self.process.kill()
        # Something that it has started may hold its end of the channel open.
        return self.process.poll() is None

    def lose(self) -> None:
        """It is gone, or about to be."""
        self.channel.close()
        self.report = Report()
        self._handed_s.clear()
        self.gone.set()

    async def reaped(self) -> int:
        """Its status, once it has ended; it is killed when it takes too long, or hangs."""
        killed_s = time.monotonic() + END_S
        while (status := self.process.poll()) is None:
            if time.monotonic() >= killed_s or (self.silent and not self.gone.is_set()):
                self.process.kill()
            await asyncio.sleep(LOOK_S)
        return status

    def __str__(self) -> str:
        return f"Worker {self.number} (process {self.process.pid})"


def how_it_ended(status: int) -> str:
    """How a process ended.

    Examples
    --------
    >>> how_it_ended(3), how_it_ended(-9)
    ('with status 3', 'by SIGKILL')
    """
    if status >= 0:
        return f"with status {status}"
    try:
        return f"by {signal.Signals(-status).name}"
    except ValueError:
        return f"by signal {-status}"
