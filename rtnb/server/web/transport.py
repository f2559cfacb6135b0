"""uvicorn's two protocols, with what a server that anybody may connect to needs beside."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from rtnb.protocol import Problem

__all__ = [
    "HEAD_BYTES",
    "LINE",
    "PING_S",
    "PONG_S",
    "SHUTDOWN_REASON",
    "House",
    "HouseConfig",
    "Line",
    "QuietLog",
    "SocketProtocol",
    "Traffic",
    "guarded_http",
    "traffic_of",
]

PING_S = 20.0
"""Seconds between pings (the live service's, as measured by others)."""

PONG_S = 60.0
"""A client that answers no ping for so long is gone; a notebook's cell may block its loop for a while."""

LINE = "rtnb-line"
"""Under this name a connection finds its :class:`Line` among the extensions of its scope."""

SHUTDOWN_REASON = "The server is shutting down."

HEAD_BYTES: Final = 64 * 1024
"""What the head of a request may have: the longest client secret fits, and 16 KiB beside it (uvicorn's own limit)."""

LINE_BYTES: Final = 4096
"""Lines of a head that are longer are kept from websockets, which takes 8,192 bytes (``websockets/http11.py``), and
has no use for any of them."""

FLUSH_S = 1.0
"""How long the last bytes may take to leave when a connection ends; twice that is uvicorn's patience when it stops."""

CLIENTS_DOING: Final = (
    "ASGI callable returned without completing handshake",
    "Exceeded concurrency limit",
    "Invalid HTTP request received",
    "Unsupported upgrade request",
)
"""How uvicorn's messages begin that any client can cause at will (uvicorn 0.54, ``protocols/``)."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a connection knows of the socket beneath it.

    Parameters
    ----------
    transport : asyncio.Transport
        To cut it off.
    going : asyncio.Event
        Set when the server stops: the connection is to say what it has to say, and to close.
    """

    transport: asyncio.Transport
    going: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class House:
    """What all connections of a server have in common.

    Parameters
    ----------
    draining : bool
        Whether the server is about to end: what is open goes on, and no session begins.
    changed : callable, optional
        Called when the traffic is another.
    refused : callable, optional
        Takes why a socket was turned away, and the HTTP status.
    """

    draining: bool = False
    changed: Callable[[], None] | None = None
    refused: Callable[[Problem, int], None] | None = None

    def tell(self) -> None:
        """A connection came, became something, or went."""
        if self.changed is not None:
            self.changed()


class HouseConfig(uvicorn.Config):
    """uvicorn's configuration, by which its protocols know their house."""

    def __init__(self, app: Any, *, house: House | None = None, **settings: Any) -> None:
        super().__init__(app, **settings)
        self.house = house or House()


@dataclass(frozen=True, slots=True)
class Traffic:
    """Connections that are open.

    Parameters
    ----------
    sessions : int
        WebSockets.
    fresh : int
        Those that have not yet said what they want.
    others : int
        All others: plain HTTP.
    """

    sessions: int = 0
    fresh: int = 0
    others: int = 0


def traffic_of(connections: Iterable[object]) -> Traffic:
    """What the connections of a server are.

    Examples
    --------
    >>> traffic_of([])
    Traffic(sessions=0, fresh=0, others=0)
    """
    sessions = fresh = others = 0
    for connection in connections:
        if isinstance(connection, SocketProtocol):
            sessions += 1
        elif isinstance(connection, H11Protocol) and connection.cycle is None:
            fresh += 1
        else:
            others += 1
    return Traffic(sessions, fresh, others)


def guarded_http(*, connections: int, handshake_s: float) -> type[H11Protocol]:
    """uvicorn's HTTP protocol, that drops what is too much and what sends no whole request in time.

    Parameters
    ----------
    connections : int
        How many may be open at once, of any kind; uvicorn refuses requests beyond it, and this the sockets
        that send none.
    handshake_s : float
        How long the head of a request may take.
    """

    class GuardedHttp(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None
        _upgraded = False

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)  # type: ignore[arg-type]
            self._arm()
            _house(self.config).tell()
            if len(self.connections) > 2 * connections:
                self.transport.abort()

        def data_received(self, data: bytes) -> None:
            fresh = self.cycle is None
            super().data_received(data)
            if fresh and self.cycle is not None:
                _house(self.config).tell()
            if not self._between_requests():
                self._disarm()
            elif self._deadline is None and not self._upgraded:
                # The beginning of another request, or the rest of a body that nobody wants.
                self._arm()

        def handle_websocket_upgrade(self, event: Any) -> None:
            self._upgraded = True
            self._disarm()
            whole = self.headers
            self.ws_protocol_class = functools.partial(SocketProtocol, headers=whole)  # type: ignore[assignment]
            self.headers = [(name, value) for name, value in whole if len(name) + len(value) < LINE_BYTES]
            super().handle_websocket_upgrade(event)

        def connection_lost(self, exc: Exception | None) -> None:
            self._disarm()
            super().connection_lost(exc)
            _house(self.config).tell()

        def _between_requests(self) -> bool:
            return self.cycle is None or self.cycle.response_complete

        def _arm(self) -> None:
            self._deadline = self.loop.call_later(handshake_s, self._too_late)

        def _disarm(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _too_late(self) -> None:
            self._deadline = None
            if self._between_requests():
                self.transport.abort()

    return GuardedHttp


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol: it can be cut off, counts against the limit, and says why it goes away."""

    _line: Line | None = None

    def __init__(self, *, headers: Iterable[tuple[bytes, bytes]] = (), **given: Any) -> None:
        super().__init__(**given)
        self._whole = list(headers)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        _house(self.config).tell()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        _house(self.config).tell()

    async def run_asgi(self) -> None:
        if self._whole:
            # What was kept from websockets, which takes no long lines, is for the application.
            self.scope["headers"] = self._whole
            self.scope["subprotocols"] = _offered(self._whole)
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[LINE] = self._line = Line(self.transport)
        await super().run_asgi()

    async def send(self, message: Any) -> None:
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            # An HTTP answer completes the handshake too; uvicorn would log it as an error of the application.
            self.handshake_complete = True

    def handle_connect(self, event: Any) -> None:
        limit = self.config.limit_concurrency
        if _house(self.config).draining:
            self._turn_away("server_draining", SHUTDOWN_REASON)
        elif limit is not None and len(self.connections) > limit:
            self._turn_away("too_many_connections", "Too many connections.")
        else:
            super().handle_connect(event)

    def _turn_away(self, code: str, why: str) -> None:
        if (refused := _house(self.config).refused) is not None:
            refused(Problem(code, why, None, type="server_error"), 503)
        response = self.conn.reject(503, f"{why}\n")
        self.conn.send_response(response)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.handshake_complete = self.close_sent = True
        self.transport.close()

    def handle_close(self, event: Any) -> None:
        super().handle_close(event)
        # Who has said goodbye may have stopped to read: what is on its way would keep its session open.
        self.loop.call_later(FLUSH_S, self.transport.abort)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # What the client has not taken would be waited for without end.
        self.loop.call_later(FLUSH_S, self.transport.abort)

    def shutdown(self) -> None:
        if self.handshake_complete and not self.close_sent and not self.transport.is_closing():
            self.stop_keepalive()
            if self._line is not None:
                self._line.going.set()
            self.loop.call_later(FLUSH_S, self._leave)
        else:
            super().shutdown()
            self.loop.call_later(FLUSH_S, self.transport.abort)

    def _leave(self) -> None:
        if not self.close_sent and not self.transport.is_closing():
            # The connection has more to say than there is time for.
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1001})
            self.conn.send_close(1001, SHUTDOWN_REASON)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.transport.close()
        self.loop.call_later(FLUSH_S / 2, self.transport.abort)


def _house(config: uvicorn.Config) -> House:
    assert isinstance(config, HouseConfig)
    return config.house


def _offered(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    lines = (value.decode("latin-1") for name, value in headers if name == b"sec-websocket-protocol")
    return [token.strip() for line in lines for token in line.split(",")]


class QuietLog(logging.Filter):
    """Keeps out of the log what clients do: headers and queries hold keys, and floods of garbage fill disks."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record may be logged."""
        if record.levelno < logging.WARNING or str(record.msg).startswith(CLIENTS_DOING):
            return False
        error = record.exc_info[1] if record.exc_info else None
        return not (isinstance(error, UnicodeDecodeError) or type(error).__module__.startswith("websockets."))
