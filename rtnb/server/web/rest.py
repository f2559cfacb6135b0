"""The REST half: client secrets, models, health, metrics; and what is not served, said plainly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rtnb.protocol import Problem
from rtnb.server.options import Options
from rtnb.server.watch.health import Health
from rtnb.server.watch.metrics import INSTALL, Metrics, metrics_available
from rtnb.server.web import refusals
from rtnb.server.web.admission import speaks_beta
from rtnb.server.web.bodies import BadRequest, error_answer, json_object
from rtnb.server.web.guard import UNKNOWN_HOST
from rtnb.server.web.keys import Access, Keyring, NoAccess, presented_key
from rtnb.server.web.minting import mint, mint_beta
from rtnb.server.web.models import listed_models
from rtnb.server.web.secrets import ClientSecrets

__all__ = ["Rest"]

PREFIXES = ("/v1", "/openai/v1")
"""OpenAI's and Azure's."""

CALL_ACTIONS = ("accept", "reject", "refer", "hangup")
"""Of ``/v1/realtime/calls/{call_id}/...``."""

TURN_ON = "Start it with rtnb serve --metrics on, or give it Options(watchers=(Metrics(),))."

USE_WEBSOCKET = "Connect over WebSocket: /v1/realtime?model=gpt-realtime-2.1, with a key or a client secret."

Handler = Callable[[Request], Awaitable[Response]]


class Rest:
    """The routes of REST.

    Parameters
    ----------
    options : Options
        Of the server.
    keyring : Keyring
        Knows who may call.
    secrets : ClientSecrets
        Where client secrets are kept.
    health : Health
        How the server is.
    metrics : Metrics, optional
        What it counts.
    refused : callable, optional
        Takes each refusal and its HTTP status.
    """

    def __init__(
        self,
        options: Options,
        keyring: Keyring,
        secrets: ClientSecrets,
        *,
        health: Health,
        metrics: Metrics | None = None,
        refused: Callable[[Problem, int], None] = lambda problem, status: None,
    ) -> None:
        self._options = options
        self._keyring = keyring
        self._secrets = secrets
        self._health = health
        self._metrics = metrics
        self._refused = refused

    def routes(self) -> list[Route]:
        """All of them."""
        calls = refusals.not_served("WebRTC and SIP calls", USE_WEBSOCKET)
        translations = refusals.not_served("translation sessions", "Use /v1/realtime for conversations.")
        no_calls, no_translations = self._owned(_answering(calls)), self._owned(_answering(translations))
        # A browser brings the session's secret here.
        no_browser_calls = self._keyed(_answering(calls), self._keyring.check)
        routes = [
            Route("/healthz", self._healthz, methods=["GET"]),
            Route("/readyz", self._readyz, methods=["GET"]),
            Route("/metrics", self._told if self._told_to_all else self._owned(self._told), methods=["GET"]),
            # Azure's address for the beta's secrets.
            Route("/openai/realtimeapi/sessions", self._owned(self._beta_session), methods=["POST"]),
        ]
        for prefix in PREFIXES:
            realtime = f"{prefix}/realtime"
            routes += [
                Route(f"{realtime}/client_secrets", self._owned(self._client_secret), methods=["POST"]),
                Route(f"{realtime}/sessions", self._owned(self._beta_session), methods=["POST"]),
                Route(f"{realtime}/transcription_sessions", self._owned(self._beta_transcription), methods=["POST"]),
                Route(f"{prefix}/models", self._owned(self._models), methods=["GET"]),
                Route(f"{prefix}/models/{{model:path}}", self._owned(self._model), methods=["GET"]),
                Route(f"{realtime}/translations/client_secrets", no_translations, methods=["POST"]),
                Route(f"{realtime}/calls", no_browser_calls, methods=["POST"]),
                *(Route(f"{realtime}/calls/{{call_id}}/{each}", no_calls, methods=["POST"]) for each in CALL_ACTIONS),
                Route(realtime, no_browser_calls, methods=["POST"]),
                Route(realtime, self._keyed(_upgrade, self._keyring.check), methods=["GET"]),
            ]
        return routes

    def _owned(self, handler: Handler) -> Handler:
        """The handler behind the API key, with its refusals as answers."""
        return self._keyed(handler, self._keyring.check_owner)

    def _keyed(self, handler: Handler, check: Callable[[str | None], Access | NoAccess]) -> Handler:
        async def checked(request: Request) -> Response:
            access = check(presented_key(request.headers))
            if isinstance(access, NoAccess):
                self._refused(access.problem, 401)
                headers = {"www-authenticate": "Bearer"} | ({"connection": "close"} if request.method == "POST" else {})
                return error_answer(access.problem, 401, headers)
            try:
                return await handler(request)
            except BadRequest as refused:
                self._refused(refused.problem, refused.status)
                # What is left of a body that is not read would be taken for the next request.
                headers = {"connection": "close"} if refused.status in (408, 413) else {}
                return error_answer(refused.problem, refused.status, headers)

        return checked

    async def _healthz(self, request: Request) -> JSONResponse:
        return self._condition(request, self._health.alive)

    async def _readyz(self, request: Request) -> JSONResponse:
        return self._condition(request, self._health.ready)

    def _condition(self, request: Request, good: bool) -> JSONResponse:
        # A page that a foreign DNS points at this server is told no more than anybody without the key.
        known = not request.scope.get(UNKNOWN_HOST)
        owner = isinstance(self._keyring.check_owner(presented_key(request.headers)), Access)
        told = self._health.full() if known and owner else self._health.brief()
        return JSONResponse(told, 200 if good else 503, {"cache-control": "no-store"})

    @property
    def _told_to_all(self) -> bool:
        return self._metrics is not None and self._metrics.open

    async def _told(self, request: Request) -> Response:
        if self._metrics is None:
            raise BadRequest(refusals.no_metrics(TURN_ON if metrics_available() else INSTALL), 501)
        self._metrics.look()
        self._metrics.refresh()
        text, content_type = await asyncio.to_thread(self._metrics.exposition, request.headers.get("accept", ""))
        return Response(text, headers={"content-type": content_type, "cache-control": "no-store"})

    async def _client_secret(self, request: Request) -> JSONResponse:
        if speaks_beta(request.headers) and self._options.beta == "reject":
            raise BadRequest(refusals.beta_disabled())
        body = await json_object(request)
        # Counting the tokens of its instructions takes a while, in which sessions go on.
        return JSONResponse(await asyncio.to_thread(mint, body, self._secrets, self._options, azure=_azure(request)))

    async def _beta_session(self, request: Request) -> JSONResponse:
        return await self._beta(request, "realtime")

    async def _beta_transcription(self, request: Request) -> JSONResponse:
        return await self._beta(request, "transcription")

    async def _beta(self, request: Request, kind: Any) -> JSONResponse:
        if self._options.beta == "reject":
            raise BadRequest(refusals.beta_disabled())
        body = await json_object(request)
        azure = _azure(request)
        return JSONResponse(await asyncio.to_thread(mint_beta, body, kind, self._secrets, self._options, azure=azure))

    async def _models(self, request: Request) -> JSONResponse:
        return JSONResponse({"object": "list", "data": list(listed_models())})

    async def _model(self, request: Request) -> JSONResponse:
        name = request.path_params["model"]
        for model in listed_models():
            if model["id"] == name:
                return JSONResponse(model)
        raise BadRequest(refusals.unknown_model(name), 404)


def _azure(request: Request) -> bool:
    return request.url.path.startswith("/openai/")


def _answering(problem: Any) -> Handler:
    async def answer(request: Request) -> Response:
        return error_answer(problem, 501, {"connection": "close"})

    return answer


async def _upgrade(request: Request) -> Response:
    problem = refusals.not_served("plain GET here", USE_WEBSOCKET)
    return error_answer(problem, 426, {"upgrade": "websocket", "connection": "upgrade"})
