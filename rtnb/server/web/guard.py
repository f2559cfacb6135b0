"""Which pages and names may reach the server: checked before anything reads a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rtnb.protocol import Problem
from rtnb.server.web import refusals
from rtnb.server.web.bodies import error_answer

__all__ = ["UNKNOWN_HOST", "Guard"]

METHODS = "GET, POST, OPTIONS"
HEADERS = "authorization, content-type, openai-beta, openai-organization, openai-project, api-key"
"""What a page may send besides what it always may; clients add names of their own, which are echoed."""

PROBES = frozenset({"/healthz", "/readyz"})
"""Where the probes of a cluster or a load balancer ask, which call a server by any name."""

UNKNOWN_HOST = "rtnb.unknown_host"
"""In the scope of a request that came by a name that is not the server's; only probes do."""

REMEMBERED_S = 600
"""How long a browser may keep the answer to a preflight."""


class Guard:
    """Refuses a request whose ``Host`` is unknown or whose ``Origin`` is foreign, and lets allowed pages read.

    A page of another site can open sockets to loopback; its Origin gives it away. A name that a foreign DNS
    points at loopback is caught by the Host; the address that the connection came in on is always known. Probes are
    let through by any name, marked as such: they are told in a word or two how the server is, and nothing else.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    hosts : iterable of str
        Names by which clients may call the server, without the port; pages of these hosts may connect.
    origins : iterable of str
        Other origins whose pages may connect, such as ``"https://hub.example.org"``.
    refused : callable, optional
        Takes each refusal and its HTTP status.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Iterable[str],
        origins: Iterable[str] = (),
        refused: Callable[[Problem, int], None] = lambda problem, status: None,
    ) -> None:
        self._app = app
        self._refused = refused
        self._hosts = frozenset(host.lower() for host in hosts)
        self._origins = frozenset(origin.lower().rstrip("/") for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if reason := self._foreign_host(headers, scope):
            if _is_probe(scope) and "origin" not in headers:
                await self._app({**scope, UNKNOWN_HOST: True}, receive, send)
                return
        else:
            reason = self._foreign_origin(headers, scope)
        if reason:
            problem = refusals.forbidden(reason)
            self._refused(problem, 403)
            await error_answer(problem, 403)(scope, receive, send)
            return
        origin = headers.get("origin")
        if scope["type"] == "websocket" or origin is None:
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight(origin, headers)(scope, receive, send)
        else:
            await self._app(scope, receive, _readable_by(origin, send))

    def _known(self, scope: Scope) -> frozenset[str]:
        return self._hosts | {_bracketed(scope["server"][0])} if scope.get("server") else self._hosts

    def _foreign_host(self, headers: Headers, scope: Scope) -> str:
        host = _host_name(headers.get("host", ""))
        if host in self._known(scope):
            return ""
        return f"unknown Host: '{host[:100]}' is not among the names of this server (rtnb serve --allow-host)"

    def _foreign_origin(self, headers: Headers, scope: Scope) -> str:
        origin = headers.get("origin")
        if origin is None or origin.lower().rstrip("/") in self._origins:
            return ""
        scheme, _, authority = origin.partition("://")
        if scheme.lower() in ("http", "https") and _host_name(authority) in self._known(scope):
            return ""
        return f"foreign Origin: pages of '{origin[:100]}' may not connect (rtnb serve --allow-origin)"


def _is_probe(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["path"] in PROBES and scope["method"] in ("GET", "HEAD")


def _host_name(authority: str) -> str:
    name, colon, port = authority.lower().rpartition(":")
    return name if colon and port.isdigit() else authority.lower()


def _bracketed(address: str) -> str:
    # An IPv4 client of a socket for both; it calls the server by the IPv4 address.
    address = address.removeprefix("::ffff:")
    return f"[{address}]" if ":" in address else address


def _preflight(origin: str, headers: Headers) -> Response:
    asked = headers.get("access-control-request-headers", "")
    answer = {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": METHODS,
        "access-control-allow-headers": f"{HEADERS}, {asked}" if asked else HEADERS,
        "access-control-max-age": str(REMEMBERED_S),
        "vary": "Origin",
    }
    if headers.get("access-control-request-private-network") == "true":
        answer["access-control-allow-private-network"] = "true"
    return Response(status_code=204, headers=answer)


def _readable_by(origin: str, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["access-control-allow-origin"] = origin
            headers["access-control-expose-headers"] = "location, x-request-id"
            headers.add_vary_header("Origin")
        await send(message)

    return sending
