"""The ASGI application: one port for WebSocket and HTTP, guarded against foreign pages."""

from __future__ import annotations

import asyncio
import hmac
import logging
from contextlib import suppress

import orjson
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from rtnb.protocol import Problem
from rtnb.server import problems
from rtnb.server.opening import Opening
from rtnb.server.options import Options
from rtnb.server.session import ServerSession
from rtnb.server.web.outbox import Outbox
from rtnb.server.workers import Workers
from rtnb.speech import VoiceLoader, VoiceStack

__all__ = ["create_app"]

log = logging.getLogger(__name__)

KEY_PROTOCOL = "openai-insecure-api-key."
"""Subprotocol by which browsers, which cannot set headers, hand over a key."""


class Guard:
    """Refuses a request whose ``Host`` is unknown or whose ``Origin`` is foreign, before anything reads it.

    A page of another site can open sockets to loopback; its Origin gives it away. A name that a foreign DNS
    points at loopback is caught by the Host.
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and (reason := self._reason(Headers(scope=scope))):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": reason})
            else:
                await PlainTextResponse(reason, status_code=403)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _reason(self, headers: Headers) -> str:
        if _host_name(headers.get("host", "")) not in self._hosts:
            return "unknown Host"
        origin = headers.get("origin")
        if origin is not None and _host_name(origin.partition("://")[2]) not in self._hosts:
            return "foreign Origin"
        return ""


def _host_name(authority: str) -> str:
    name, colon, port = authority.lower().rpartition(":")
    return name if colon and port.isdigit() else authority.lower()


class Application:
    """Routes and what they share."""

    def __init__(self, options: Options, loader: VoiceLoader) -> None:
        self._options = options
        self._loader = loader
        self._workers = Workers()
        self._stack: asyncio.Future[VoiceStack] | None = None

    async def voices(self) -> VoiceStack:
        """The voice stack; waits while it loads, raises what its loading raised."""
        if self._stack is None:
            self._stack = asyncio.ensure_future(asyncio.to_thread(self._loader.result))
        return await asyncio.shield(self._stack)

    async def healthz(self, request: Request) -> JSONResponse:
        """Whether the server answers, and whether its voices are loaded."""
        return JSONResponse({"status": "ok", "voices": "ready" if self._loader.ready.is_set() else "loading"})

    async def realtime(self, socket: WebSocket) -> None:
        """One connection, from handshake to close."""
        offered = [name.strip() for name in socket.headers.get("sec-websocket-protocol", "").split(",")]
        await socket.accept(subprotocol="realtime" if "realtime" in offered else None)
        outbox = Outbox()
        session = ServerSession(
            self._options,
            Opening(model=socket.query_params.get("model", "")),
            voices=self.voices,
            workers=self._workers,
            send=outbox.put,
            drained=outbox.drained,
        )
        if (refusal := self._refusal(socket, offered)) is not None:
            problem, code = refusal
            session.error(problem)
            await socket.send_text(await outbox.get())
            await socket.close(code, ".".join(filter(None, (problem.type, problem.code))))
            return
        session.open()
        writer = asyncio.create_task(self._write(socket, outbox))
        try:
            await self._read(socket, session, outbox)
        finally:
            outbox.close()
            writer.cancel()
            await session.close()
            with suppress(asyncio.CancelledError, Exception):
                await writer

    def _refusal(self, socket: WebSocket, offered: list[str]) -> tuple[Problem, int] | None:
        wanted = self._options.api_key
        if wanted is not None:
            scheme, _, given = socket.headers.get("authorization", "").partition(" ")
            keys = [name.removeprefix(KEY_PROTOCOL) for name in offered if name.startswith(KEY_PROTOCOL)]
            if scheme.lower() == "bearer":
                keys.append(given.strip())
            if not keys:
                return problems.missing_key(), 3000
            if not any(hmac.compare_digest(key.encode(), wanted.encode()) for key in keys):
                return problems.bad_key(), 3000
        if not socket.query_params.get("model"):
            return problems.missing_model(), 4000
        return None

    @staticmethod
    async def _write(socket: WebSocket, outbox: Outbox) -> None:
        try:
            with suppress(WebSocketDisconnect, RuntimeError, OSError):
                while True:
                    await socket.send_text(await outbox.get())
        finally:
            # Whoever waits for this writer would wait for ever.
            outbox.close()

    @staticmethod
    async def _read(socket: WebSocket, session: ServerSession, outbox: Outbox) -> None:
        while socket.application_state is WebSocketState.CONNECTED:
            # A client that does not read its answers is not read either: else they would pile up without bound.
            await outbox.drained()
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if (text := message.get("text")) is None:
                session.error(problems.binary_frame())
                continue
            try:
                event = orjson.loads(text)
            except orjson.JSONDecodeError:
                session.error(problems.invalid_json())
                continue
            try:
                await session.handle(event)
            except Exception as error:
                log.exception("client event failed")
                client_id = event.get("event_id") if isinstance(event, dict) else None
                session.error(problems.server_failure(f"The embedded server failed: {error}"), client_id)

    def close(self) -> None:
        """End the worker threads."""
        self._workers.close()


def create_app(options: Options, loader: VoiceLoader) -> tuple[ASGIApp, Application]:
    """The guarded ASGI application, and what is to be closed after it."""
    application = Application(options, loader)
    routes = [
        Route("/healthz", application.healthz),
        WebSocketRoute("/v1/realtime", application.realtime),
    ]
    return Guard(Starlette(routes=routes), options.hosts), application
