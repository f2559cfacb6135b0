"""What supervisor and worker say to each other, over a pair of Unix sockets.

Down go the :class:`Orders`, one line of JSON, and then single bytes: a connection (with its descriptor beside it),
"drain", "end". Up go lines of JSON: a :class:`Report` whenever something has changed. The end of the one is the end of
file of the other.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import orjson

__all__ = ["CHANNEL", "NUMBER", "Lines", "Order", "Orders", "Report", "Upward", "in_worker", "inherited"]

NUMBER: Final = "RTNB_WORKER"
"""Environment variable: which worker a process is, from 1."""

CHANNEL: Final = "RTNB_WORKER_CHANNEL"
"""Environment variable: the descriptor of its end of the pair."""

Order = Literal["connection", "drain", "end"]

CODES: Final[dict[int, Order]] = {ord("c"): "connection", ord("d"): "drain", ord("x"): "end"}
AT_ONCE: Final = 64
"""Connections that one read takes in; Linux lets 253 through (``SCM_MAX_FD``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a worker is told as it starts.

    Parameters
    ----------
    secret_keys : tuple of str
        For client secrets, where the command line gives none.
    sessions, connections : int, optional
        Its part of the limits.
    all_sessions : int, optional
        How many sessions all workers may have together.
    beat_s : float
        It is to report at least so often.
    folder : str, optional
        Where the metrics of all meet, to be removed by the last worker if the supervisor does not.
    """

    secret_keys: tuple[str, ...] = ()
    sessions: int | None = None
    connections: int | None = None
    all_sessions: int | None = None
    beat_s: float = 0.5
    folder: str | None = None

    def to_line(self) -> bytes:
        """As it is sent."""
        return orjson.dumps(asdict(self)) + b"\n"

    @classmethod
    def receive(cls, channel: socket.socket) -> Orders:
        """Wait for them.

        Raises
        ------
        EOFError
            The supervisor is gone.
        """
        line = bytearray()
        # One by one: what comes behind has descriptors beside it, which a longer read would lose.
        while not line.endswith(b"\n"):
            byte = channel.recv(1)
            if not byte:
                raise EOFError
            line += byte
        found = orjson.loads(line)
        return cls(**{**found, "secret_keys": tuple(found["secret_keys"])})

    def __repr__(self) -> str:
        return f"Orders(sessions={self.sessions}, connections={self.connections})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a worker is.

    Parameters
    ----------
    ready : bool
        Whether it takes connections.
    leaving : bool
        Whether it is about to end, and takes no more.
    adopted : int
        Connections that it was handed and knows of, in all.
    lost : int
        Those among them that did not arrive, because it had no descriptor for them.
    sessions, fresh, others : int
        Those that are open, as :class:`~rtnb.server.web.transport.Traffic` counts them.
    missing : tuple of str, optional
        What its voices lack; None before they are loaded.

    Examples
    --------
    >>> Report.of(Report(ready=True, sessions=2).to_line()).sessions
    2
    """

    ready: bool = False
    leaving: bool = False
    adopted: int = 0
    lost: int = 0
    sessions: int = 0
    fresh: int = 0
    others: int = 0
    missing: tuple[str, ...] | None = None

    def to_line(self) -> bytes:
        """As it is sent."""
        return orjson.dumps(asdict(self)) + b"\n"

    @classmethod
    def of(cls, line: bytes) -> Report:
        """What was sent."""
        found: dict[str, Any] = orjson.loads(line)
        missing = found.pop("missing")
        return cls(**found, missing=None if missing is None else tuple(missing))


class Lines:
    """Cuts a stream into lines.

    Examples
    --------
    >>> lines = Lines()
    >>> list(lines.push(b"one\\ntw")), list(lines.push(b"o\\n"))
    ([b'one'], [b'two'])
    """

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def push(self, data: bytes) -> list[bytes]:
        """The lines that are whole now."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        return whole


class Upward:
    """The worker's end: orders come in, reports go out; non-blocking.

    Parameters
    ----------
    channel : socket.socket
        Its end of the pair.
    """

    def __init__(self, channel: socket.socket) -> None:
        channel.setblocking(False)
        self.socket = channel
        self._descriptors: deque[int] = deque()
        self._unsent = bytearray()

    def orders(self) -> list[tuple[Order, int | None]]:
        """What has come, connections with their descriptors; None where this process may have no more of them.

        The system then gives fewer than were sent (``MSG_CTRUNC``), and closes the others. A read ends where
        descriptors were (they form a barrier: Linux, unix(7)), so that none is taken for another's.

        Raises
        ------
        EOFError
            The supervisor is gone.
        """
        try:
            data, descriptors, _, _ = socket.recv_fds(self.socket, 4096, AT_ONCE)
        except BlockingIOError:
            return []
        except OSError:
            raise EOFError from None
        self._descriptors.extend(descriptors)
        if not data:
            raise EOFError
        found: list[tuple[Order, int | None]] = []
        for code in data:
            order = CODES[code]
            found.append((order, self._descriptors.popleft() if order == "connection" and self._descriptors else None))
        return found

    def report(self, report: Report, again: Callable[[], object]) -> None:
        """Send one; `again` is called when it had to wait because much was unread, to be followed by another."""
        if not self._unsent:
            self._unsent += report.to_line()
        try:
            del self._unsent[: self.socket.send(self._unsent)]
        except BlockingIOError:
            pass
        except OSError:
            # The supervisor is gone, which shows on the way down.
            self._unsent.clear()
        if self._unsent:
            again()


def in_worker() -> bool:
    """Whether this process is a worker that a supervisor has started.

    Examples
    --------
    >>> in_worker()
    False
    """
    return CHANNEL in os.environ


def inherited() -> socket.socket:
    """The worker's end of the pair; processes that it starts are no workers."""
    channel = socket.socket(fileno=int(os.environ.pop(CHANNEL)))
    channel.set_inheritable(False)
    return channel
