"""The WebSocket under a session: the only place that ever holds a key."""

from __future__ import annotations

import json
import logging
import os
import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Literal
from urllib.parse import urlencode, urlsplit

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)

from rtnb.errors import RefusedError, SessionClosedError, UnreachableError
from rtnb.session.wire.endpoint import Endpoint

__all__ = ["Intent", "Transport"]

OPEN_TIMEOUT_S = 15.0
CLOSE_TIMEOUT_S = 2.0

_LOGGER = logging.getLogger("rtnb.websocket")
# At the debug level the handshake is logged with its headers, and the key is one of them.
_LOGGER.setLevel(logging.INFO)


Intent = Literal["realtime", "transcription"]
"""What kind of session is opened."""


def _url(endpoint: Endpoint, model: str, intent: Intent) -> str:
    joint = "&" if urlsplit(endpoint.url).query else "?"
    # A transcription session names its model in its settings, and none in the address.
    query = {"intent": "transcription"} if intent == "transcription" else {"model": model}
    return f"{endpoint.url}{joint}{urlencode(query)}"


class Transport:
    """Frames of JSON text to and from one endpoint."""

    def __init__(self, socket: ClientConnection, where: str) -> None:
        self._socket = socket
        self._where = where

    @classmethod
    async def open(cls, endpoint: Endpoint, model: str, *, intent: Intent = "realtime") -> Transport:
        """Connect.

        Raises
        ------
        UnreachableError
            Nobody answers there.
        RefusedError
            A server answers, but not with a WebSocket.
        """
        headers: dict[str, str] = dict(endpoint.headers)
        if endpoint.key is not None:
            headers.setdefault("Authorization", f"Bearer {endpoint.key}")
        where = endpoint.address
        try:
            socket = await connect(
                _url(endpoint, model, intent),
                additional_headers=headers,
                # Retrieved items carry their whole audio in one frame.
                max_size=None,
                compression=None,
                logger=_LOGGER,
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
                proxy=None if endpoint.loopback else True,
            )
        except InvalidStatus as error:
            status = error.response.status_code
            raise RefusedError(_advice(where, status), close_code=status) from None
        except InvalidURI:
            raise UnreachableError(f"'{where}' is not a WebSocket address; it starts with ws:// or wss://.") from None
        except (InvalidHandshake, WebSocketException) as error:
            raise RefusedError(
                f"{where} answers, but not as a WebSocket server: {error}.\nCheck the port and the path; "
                "the Realtime API is at /v1/realtime."
            ) from None
        except ssl.SSLError as error:
            raise UnreachableError(f"{where}: the secure connection failed: {error.reason or error}.") from None
        except (OSError, TimeoutError) as error:
            said = "no answer in time" if isinstance(error, TimeoutError) else _reason(error)
            raise UnreachableError(
                f"Nobody answers at {where} ({said}).\nIs the server running, is the address right, and does the "
                "network let you out? rtnb.connect() without an address uses the embedded server."
            ) from None
        return cls(socket, where)

    async def send(self, event: Mapping[str, object]) -> None:
        """Send one event.

        Raises
        ------
        SessionClosedError
            The connection is gone.
        """
        try:
            text = orjson.dumps(event).decode()
        except TypeError:
            text = json.dumps(event)
        try:
            await self._socket.send(text)
        except ConnectionClosed:
            raise SessionClosedError(f"The connection to {self._where} is closed.") from None

    async def frames(self) -> AsyncIterator[bytes]:
        """Frames as they arrive, until the connection ends."""
        try:
            while True:
                # Bytes: what is never decoded to text is parsed faster.
                yield await self._socket.recv(decode=False)
        except ConnectionClosed:
            return

    @property
    def close_code(self) -> int | None:
        """The WebSocket close code, once closed."""
        return self._socket.close_code

    @property
    def close_reason(self) -> str:
        """What the server said when closing."""
        return self._socket.close_reason or ""

    async def close(self) -> None:
        """Close politely, at most a few seconds."""
        await self._socket.close()


def _advice(where: str, status: int) -> str:
    reasons = {
        401: "The key is missing or wrong; check it, or pass key=.",
        403: "The server does not let this client in; check the key, the host name and the account's access.",
        404: "There is no Realtime endpoint at that path; the Realtime API is at /v1/realtime.",
        429: "Too many connections or requests; wait, or use another key.",
    }
    advice = reasons.get(status, "Check the address, the key and the server's log.")
    return f"{where} refused the connection with HTTP status {status}.\n{advice}"


def _reason(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno and error.errno > 0 else str(error)
