"""uvicorn's two protocols, with what a server that anybody may connect to needs beside."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

__all__ = ["PING_S", "PONG_S", "SHUTDOWN_REASON", "TRANSPORT", "QuietLog", "SocketProtocol", "guarded_http"]

PING_S = 20.0
"""Seconds between pings (the live service's, as measured by others)."""

PONG_S = 60.0
"""A client that answers no ping for so long is gone; a notebook's cell may block its loop for a while."""

TRANSPORT = "rtnb-transport"
"""Under this name a connection finds its transport among the extensions of its scope."""

SHUTDOWN_REASON = "The server is shutting down."

FLUSH_S = 1.0
"""How long the last bytes may take to leave when a connection ends."""


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

    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[TRANSPORT] = self.transport
        await super().run_asgi()

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
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1001})
            self.conn.send_close(1001, SHUTDOWN_REASON)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.transport.close()
        else:
            super().shutdown()
        self.loop.call_later(FLUSH_S, self.transport.abort)


class QuietLog(logging.Filter):
    """Keeps out of the log what clients send: headers and queries hold keys, and garbage is no failure."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record may be logged."""
        if record.levelno < logging.WARNING:
            return False
        error = record.exc_info[1] if record.exc_info else None
        return not (isinstance(error, UnicodeDecodeError) or type(error).__module__.startswith("websockets."))
