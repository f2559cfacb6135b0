"""The socket that listens for all workers: what it accepts is handed to one of them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

from rtnb.server.cluster.process import WorkerProcess
from rtnb.server.cluster.sharing import choose

__all__ = ["BACKLOG", "Door"]

BACKLOG = 128
"""Connections that may wait to be accepted."""

AT_ONCE = 64
"""Connections that are accepted before anything else has its turn."""

AGAIN_S = 0.02
"""How long a connection waits until it is offered to workers that took none."""

NO_DESCRIPTORS_S = 1.0
"""How long nothing is accepted after the process ran out of descriptors, as in :mod:`asyncio`."""


class Door:
    """Accepts connections while there is a worker to hand them to; to be used on an event loop.

    Parameters
    ----------
    listening : socket.socket
        Bound; it is made to listen here.
    workers : mapping
        Those that there are, by number; looked at each time.
    """

    def __init__(self, listening: socket.socket, workers: Mapping[int, WorkerProcess]) -> None:
        self._listening = listening
        self._workers = workers
        self._held: socket.socket | None = None
        self._accepting = self._paused = self._closed = False

    def open(self) -> None:
        """Listen from now on."""
        self._listening.setblocking(False)
        self._listening.listen(BACKLOG)

    def consider(self) -> None:
        """Accept, if there is somebody to hand to."""
        ready = self._held is None and not self._paused and not self._closed
        self._accept(ready and any(worker.open for worker in self._workers.values()))

    def close(self) -> None:
        """Let nobody in any more."""
        self._closed = True
        self._accept(False)
        self._listening.close()
        if self._held is not None:
            self._held.close()
            self._held = None

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
        self._paused = True
        self._accept(False)
        asyncio.get_running_loop().call_later(pause_s, self._resume)

    def _resume(self) -> None:
        self._paused = False
        for worker in self._workers.values():
            worker.blocked = False
        if self._closed:
            return
        if self._held is not None and not self._hand_over():
            self._pause(AGAIN_S)
        else:
            self.consider()

    def _hand_over(self) -> bool:
        """Give the connection that is held to a worker; False when none takes it now."""
        assert self._held is not None
        while candidates := [worker for worker in self._workers.values() if worker.open]:
            # Whoever can be relied on goes first; where nobody can, one that is late is better than none.
            candidates = [worker for worker in candidates if worker.reliable] or candidates
            if candidates[choose([each.load for each in candidates])].give(self._held):
                self._held.close()
                self._held = None
                return True
        return False
