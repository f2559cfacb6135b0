"""The ASGI application: one port for WebSocket and HTTP, guarded against foreign pages."""

from __future__ import annotations

import asyncio
import functools
import logging

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from rtnb.protocol import Problem
from rtnb.server import problems
from rtnb.server.options import Options
from rtnb.server.watch.health import Health
from rtnb.server.watch.metrics import Metrics
from rtnb.server.watch.sources import Sources
from rtnb.server.web import refusals
from rtnb.server.web.admission import Door
from rtnb.server.web.bodies import error_answer
from rtnb.server.web.connection import Connection, Shared
from rtnb.server.web.guard import Guard
from rtnb.server.web.keys import Keyring
from rtnb.server.web.limits import SessionCount
from rtnb.server.web.rest import Rest
from rtnb.server.web.secrets import ClientSecrets
from rtnb.server.workers import Workers
from rtnb.speech import VoiceLoader, VoiceStack

__all__ = ["Application", "create_app"]

log = logging.getLogger(__name__)

DOORS: dict[str, Door] = {
    "/v1/realtime": "openai",
    "/openai/v1/realtime": "azure",
    "/openai/realtime": "azure-beta",
    "/v1/realtime/translations": "translations",
    "/openai/v1/realtime/translations": "translations",
}
"""Where sockets come in."""


class Application:
    """Routes and what they share."""

    def __init__(self, options: Options, loader: VoiceLoader) -> None:
        self._loader = loader
        self._workers = Workers()
        self._stack: asyncio.Future[VoiceStack] | None = None
        self.secrets = ClientSecrets(options.secret_keys)
        keyring = Keyring(options.api_key, self.secrets)
        self.draining = False
        """Whether the server ends once its answers are out."""
        self._watchers = options.watchers
        sessions = SessionCount.of(options.limits)
        self._shared = shared = Shared(
            options=options,
            voices=self.voices,
            workers=self._workers,
            keyring=keyring,
            sessions=sessions,
        )
        self._metrics = next((each for each in options.watchers if isinstance(each, Metrics)), None)
        self._sources = Sources(
            workers=self._workers,
            outboxes=lambda: shared.outboxes,
            voices_ready=lambda: loader.ready.is_set() and not loader.failed,
            draining=lambda: self.draining,
        )
        if self._metrics is not None:
            self._metrics.attach(self._sources)
        self.rest = Rest(
            options,
            keyring,
            self.secrets,
            health=Health(loader, sessions=lambda: sessions.open, draining=lambda: self.draining),
            metrics=self._metrics,
            refused=self.refused,
        )

    async def voices(self) -> VoiceStack:
        """The voice stack; waits while it loads, raises what its loading raised."""
        if self._stack is None:
            self._stack = asyncio.ensure_future(self._loader.stack())
        return await asyncio.shield(self._stack)

    async def realtime(self, socket: WebSocket, door: Door = "openai") -> None:
        """One connection, from handshake to close."""
        await Connection(socket, door, self._shared).run()

    def refused(self, problem: Problem, status: int) -> None:
        """A request was turned away."""
        for watcher in self._watchers:
            watcher.refused(problem, status=status)

    def drain(self) -> None:
        """The server ends once its answers are out: probes are told from now on. Any thread may call it."""
        if not self.draining:
            self.draining = True
            log.info("draining", extra={"fields": {"sessions": self._shared.sessions.open}})

    def close(self) -> None:
        """End the worker threads."""
        if self._metrics is not None:
            self._metrics.detach(self._sources)
        self._workers.close()


def create_app(options: Options, loader: VoiceLoader) -> tuple[ASGIApp, Application]:
    """The guarded ASGI application, and what is to be closed after it.

    Raises
    ------
    ConfigError
        There is no tier of the name in `options`.
    """
    application = Application(options, loader)
    sockets = [WebSocketRoute(path, functools.partial(_enter, application, door)) for path, door in DOORS.items()]
    app = Starlette(
        routes=[*application.rest.routes(), *sockets, WebSocketRoute("/{path:path}", _nothing_there)],
        exception_handlers={HTTPException: _http_error, 500: _failed},
    )
    # A path with a slash too many is unknown, as on the live service; a redirect would lose a body.
    app.router.redirect_slashes = False
    return Guard(app, options.hosts, options.origins, application.refused), application


async def _enter(application: Application, door: Door, socket: WebSocket) -> None:
    await application.realtime(socket, door)


async def _nothing_there(socket: WebSocket) -> None:
    await socket.send_denial_response(error_answer(refusals.wrong_path("GET", socket.url.path), 404))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        problem = refusals.wrong_method(request.method, request.url.path)
    else:
        problem = refusals.wrong_path(request.method, request.url.path)
    return error_answer(problem, error.status_code, error.headers)


async def _failed(request: Request, error: Exception) -> Response:
    return error_answer(problems.server_failure(f"The embedded server failed: {type(error).__name__}"), 500)
