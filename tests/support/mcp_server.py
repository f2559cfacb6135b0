"""MCP servers of the tests: a real one of the ``mcp`` package, and one that answers whatever it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from mcp.server import MCPServer
from mcp_types import AudioContent, ImageContent, TextContent, ToolAnnotations

from rtnb.server.brains.base import BrainRequest, Call, Piece, Say
from rtnb.server.mcp import McpPolicy
from support.desk import Desk, Mind

__all__ = [
    "INITIALIZED",
    "PATIENT",
    "WEATHER",
    "Misbehaving",
    "RealMcp",
    "ask",
    "calling",
    "declared",
    "hang",
    "listing",
    "mcp_server",
    "misbehaving",
    "serving",
]


@contextlib.contextmanager
def serving(app: Any) -> Iterator[str]:
    """An ASGI app on a port of its own, in a thread; gives its address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(10)


@dataclass
class RealMcp:
    """A running server, and what has happened to it."""

    url: str = ""
    headers: list[dict[str, str]] = field(default_factory=list)
    """Of each request."""
    calls: list[str] = field(default_factory=list)
    cancelled: threading.Event = field(default_factory=threading.Event)
    slow: threading.Event = field(default_factory=threading.Event)
    """Set once ``slow`` runs."""


@contextlib.contextmanager
def mcp_server(*, token: str | None = None, tools: Callable[[MCPServer], None] | None = None) -> Iterator[RealMcp]:
    """A server with Streamable HTTP; with a `token`, only for those who bear it."""
    real = RealMcp()
    server = MCPServer("tests")
    if tools is None:
        _tools(server, real)
    else:
        tools(server)
    inner = server.streamable_http_app()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            real.headers.append(headers)
            if token is not None and headers.get("authorization") != f"Bearer {token}":
                await send({"type": "http.response.start", "status": 401, "headers": []})
                await send({"type": "http.response.body", "body": b"no"})
                return
        await inner(scope, receive, send)

    with serving(app) as address:
        real.url = f"{address}/mcp"
        yield real


def _tools(server: MCPServer, real: RealMcp) -> None:
    reading = ToolAnnotations(read_only_hint=True)

    @server.tool(annotations=reading)
    def get_weather(city: str) -> str:
        """The weather in a city."""
        real.calls.append(f"get_weather {city}")
        return f"18 degrees and sunny in {city}."

    @server.tool()
    def add(a: int, b: int) -> int:
        """Adds two numbers."""
        real.calls.append("add")
        return a + b

    @server.tool()
    async def slow() -> str:
        """Takes for ever."""
        real.slow.set()
        try:
            await asyncio.sleep(600)
        finally:
            real.cancelled.set()
        return "at last"

    @server.tool()
    def fail() -> str:
        """Fails."""
        from mcp.server.mcpserver.exceptions import ToolError

        raise ToolError("There is no such city.")

    @server.tool(structured_output=False)
    def picture() -> list[Any]:
        """Gives back several things."""
        return [
            TextContent(type="text", text="A dot."),
            ImageContent(type="image", data="AAAA", mime_type="image/png"),
            AudioContent(type="audio", data="AAAAAAAA", mime_type="audio/wav"),
        ]

    @server.tool()
    def long() -> str:
        """Gives back much."""
        return "na" * 200_000


Answer = Callable[[dict[str, Any]], Awaitable[Any]]


@dataclass
class Misbehaving:
    """What a server answers, by method: an object for ``result``, an int for a status, bytes for a raw body of JSON
    type, a callable that is awaited first, ``"drop"`` to break off."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)


INITIALIZED = {
    "protocolVersion": "2025-06-18",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "liar", "version": "1"},
}


@contextlib.contextmanager
def misbehaving(**answers: Any) -> Iterator[Misbehaving]:
    """A server of raw HTTP; methods as keywords with ``_`` for ``/``."""
    liar = Misbehaving(answers={"initialize": INITIALIZED, **answers})

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["method"] != "POST":
            await _respond(send, 405, b"")
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        asked = json.loads(body)
        method = asked["method"]
        liar.asked.append(method)
        if "id" not in asked:
            await _respond(send, 202, b"")
            return
        if method.replace("/", "_") not in liar.answers:
            error = {"code": -32601, "message": "Method not found"}
            await _respond(send, 200, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error}).encode())
            return
        found = liar.answers[method.replace("/", "_")]
        if callable(found):
            found = await found(asked)
        if found == "drop":
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"content-type", b"application/json"), (b"content-length", b"1000")],
                }
            )
            await send({"type": "http.response.body", "body": b"{", "more_body": True})
            raise ConnectionResetError
        if isinstance(found, int):
            await _respond(send, found, b"{}")
        elif isinstance(found, bytes):
            await _respond(send, 200, found)
        else:
            await _respond(send, 200, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": found}).encode())

    with serving(app) as address:
        liar.url = f"{address}/mcp"
        try:
            yield liar
        finally:
            liar.let_go.set()


async def _respond(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def hang(asked: dict[str, Any]) -> Any:
    """An answer that never comes."""
    await asyncio.sleep(600)


def listing(*tools: dict[str, Any]) -> dict[str, Any]:
    """A list of tools as MCP writes it; each has a schema unless it says otherwise."""
    return {"tools": [{"inputSchema": {"type": "object"}, **tool} for tool in tools]}


def declared(url: str, label: str = "tools", **members: Any) -> dict[str, Any]:
    """An MCP tool of a session; calls need no approval unless it is said."""
    return {"type": "mcp", "server_label": label, "server_url": url, "require_approval": "never", **members}


PATIENT = McpPolicy(wait_s=60, list_timeout_s=60, call_timeout_s=60)
"""For machines that have much to do."""

WEATHER = Call("get_weather", '{"city": "Paris"}')


def calling(*calls: Call) -> Mind:
    """A brain that calls until it has outputs, and then tells them."""

    async def think(request: BrainRequest) -> AsyncIterator[Piece]:
        outputs = [message.text for message in request.messages if message.role == "tool"]
        if outputs or not request.tools:
            yield Say(" and ".join(outputs) or "No tools.")
            return
        for call in calls:
            yield call

    return Mind(think)


async def ask(desk: Desk, **response: Any) -> dict[str, Any]:
    """A written response, which must be one."""
    found = await desk.respond(output_modalities=["text"], **response)
    assert found.get("object") == "realtime.response", found
    return found
