"""A WebSocket server that says what a test tells it to, and remembers what it was told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

__all__ = ["Close", "Handshake", "ScriptedServer", "greeting"]

Reply = Mapping[str, Any] | str | bytes


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client asked for.

    Examples
    --------
    >>> Handshake("/v1/realtime?model=gpt-realtime-2.1", {"authorization": "Bearer any"}).path
    '/v1/realtime?model=gpt-realtime-2.1'
    """

    path: str
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Close:
    """In a script: close the connection.

    Examples
    --------
    >>> Close(1001, "Your session hit the maximum duration of 60 minutes.").code
    1001
    """

    code: int = 1000
    reason: str = ""


def greeting(**session: Any) -> dict[str, Any]:
    """A ``session.created`` with a small session.

    Examples
    --------
    >>> greeting(instructions="You are brief.")["session"]["instructions"]
    'You are brief.'
    """
    return {
        "type": "session.created",
        "event_id": "event_created",
        "session": {"type": "realtime", "object": "realtime.session", "id": "sess_scripted", **session},
    }


class ScriptedServer:
    """A server on a free loopback port, driven by a function.

    Parameters
    ----------
    script : callable
        Takes each client event and returns what to send: events, raw frames, or :class:`Close`.
    first : iterable
        Sent at once on connection.
    refuse : int, optional
        HTTP status that every handshake is refused with.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.testing import ScriptedServer, greeting
    >>> def script(event):
    ...     return [{"type": "session.updated", "event_id": "e", "session": event["session"]}]
    >>> with ScriptedServer(script, first=[greeting(model="m")]) as server:
    ...     with rtnb.connect(server.url, voice="cedar") as s:
    ...         print(s.config["audio"]["output"]["voice"])
    cedar
    """

    def __init__(
        self,
        script: Callable[[dict[str, Any]], Iterable[Reply | Close]] = lambda event: (),
        *,
        first: Iterable[Reply | Close] = (),
        refuse: int | None = None,
    ) -> None:
        self._script = script
        self._first = tuple(first)
        self._refuse = refuse
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self.handshakes: list[Handshake] = []
        self.received: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Its address."""
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}/v1/realtime"

    def __enter__(self) -> ScriptedServer:
        self._server = serve(self._serve, "127.0.0.1", 0, process_request=self._shake, max_size=None, compression=None)
        self._thread = threading.Thread(target=self._server.serve_forever, name="scripted-server", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._server is not None and self._thread is not None
        self._server.shutdown()
        self._thread.join(5)

    def _shake(self, connection: ServerConnection, request: Request) -> Response | None:
        self.handshakes.append(Handshake(request.path, dict(request.headers.raw_items())))
        if self._refuse is None:
            return None
        return connection.respond(HTTPStatus(self._refuse), "refused\n")

    def _serve(self, connection: ServerConnection) -> None:
        try:
            if not self._send(connection, self._first):
                return
            for frame in connection:
                event = json.loads(frame)
                self.received.append(event)
                if not self._send(connection, self._script(event)):
                    return
        except ConnectionClosed:
            return

    @staticmethod
    def _send(connection: ServerConnection, replies: Iterable[Reply | Close]) -> bool:
        for reply in replies:
            if isinstance(reply, Close):
                connection.close(reply.code, reply.reason)
                return False
            connection.send(json.dumps(reply) if isinstance(reply, Mapping) else reply)
        return True
