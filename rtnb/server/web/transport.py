"""uvicorn's two protocols, with what a server that anybody may connect to needs beside."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

__all__ = ["LINE", "PING_S", "PONG_S", "SHUTDOWN_REASON", "Line", "QuietLog", "SocketProtocol", "guarded_http"]

PING_S = 20.0
"""Seconds between pings (the live service's, as measured by others)."""

PONG_S = 60.0
"""A client that answers no ping for so long is gone; a notebook's cell may block its loop for a while."""

LINE = "rtnb-line"
"""Under this name a connection finds its :class:`Line` among the extensions of its scope."""

SHUTDOWN_REASON = "The server is shutting down."

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
            if len(self.connections) > 2 * connections:
                self.transport.abort()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if not self._between_requests():
                self._disarm()
            elif self._deadline is None and not self._upgraded:
                # The beginning of another request, or the rest of a body that nobody wants.
                self._arm()

        def handle_websocket_upgrade(self, event: Any) -> None:
            self._upgraded = True
            self._disarm()
            super().handle_websocket_upgrade(event)

        def connection_lost(self, exc: Exception | None) -> None:
            self._disarm()
            super().connection_lost(exc)

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

    async def run_asgi(self) -> None:
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
        if limit is not None and len(self.connections) > limit:
            response = self.conn.reject(503, "Too many connections.\n")
            self.conn.send_response(response)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.handshake_complete = self.close_sent = True
            self.transport.close()
            return
        super().handle_connect(event)

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


class QuietLog(logging.Filter):
    """Keeps out of the log what clients do: headers and queries hold keys, and floods of garbage fill disks."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record may be logged."""
        if record.levelno < logging.WARNING or str(record.msg).startswith(CLIENTS_DOING):
            return False
        error = record.exc_info[1] if record.exc_info else None
        return not (isinstance(error, UnicodeDecodeError) or type(error).__module__.startswith("websockets."))
