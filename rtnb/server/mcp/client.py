"""One connection to an MCP server, by the ``mcp`` package: Streamable HTTP, and SSE where a server knows only that."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from importlib.metadata import version
from typing import Any, Final

from rtnb.server.mcp.declaration import Declaration
from rtnb.server.mcp.failures import CONNECTION_CLOSED, PARSE_ERROR, REQUEST_TIMEOUT, McpFailure
from rtnb.server.mcp.http import HAPPENED, MOST_BYTES, Happened, http_client
from rtnb.server.mcp.policy import McpPolicy
from rtnb.server.mcp.quiet import quiet

__all__ = ["Connection", "NotInstalled", "loaded"]

MOST_PAGES: Final = 16
"""A list comes in pages; after so many a server is taken for one that never ends (own choice)."""

CLOSE_S: Final = 2.0
"""How long an MCP server is given to say goodbye (own choice)."""

ONLY_SSE: Final = (400, 404, 405)
"""How servers of the old transport answer to a request of the new one (MCP specification, backwards compatibility)."""


CLOSED: Final = "Connection closed"
"""What the package says of a request whose connection is gone (``mcp.shared.jsonrpc_dispatcher``, 2.3)."""

NOT_READ: Final = ("Failed to parse JSON response", "Failed to parse SSE message")
"""How it begins what it says of an answer that it cannot read (``mcp.client.streamable_http``, 2.3)."""


class NotInstalled(Exception):
    """The ``mcp`` package is missing."""


class Connection:
    """A session with one MCP server, held open by a task of its own until :meth:`close`.

    Parameters
    ----------
    declaration : Declaration
    policy : McpPolicy
    """

    def __init__(self, declaration: Declaration, policy: McpPolicy) -> None:
        self._declaration = declaration
        self._policy = policy
        self._timeout_s = policy.list_timeout_s
        self._client: Any = None
        self._over = asyncio.Event()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None

    @property
    def open(self) -> bool:
        """Whether it can be used."""
        return self._client is not None and self._task is not None and not self._task.done()

    async def connect(self) -> None:
        """Connect and agree on a version.

        Raises
        ------
        NotInstalled, McpFailure
        """
        if not await loaded():
            raise NotInstalled
        with quiet():
            self._task = asyncio.create_task(self._hold())
        await asyncio.shield(self._ready)

    async def list_tools(self) -> list[dict[str, Any]]:
        """All tools, as MCP writes them.

        Raises
        ------
        McpFailure
        """

        async def pages() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            cursor: str | None = None
            for _ in range(MOST_PAGES):
                page = await self._client.list_tools(cursor=cursor, cache_mode="bypass")
                found += [tool.model_dump(by_alias=True, exclude_none=True, mode="json") for tool in page.tools]
                cursor = page.next_cursor
                # What comes after it would not be taken.
                if cursor is None or len(found) > self._policy.most_tools:
                    return found
            raise McpFailure("protocol_error", f"The list of tools has more than {MOST_PAGES} pages.")

        found: list[dict[str, Any]] = await self._guarded(pages)
        return found

    async def call(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call a tool; cancelling this tells the server.

        The result is not measured against the tool's ``outputSchema``, which could make this server work for ever: a
        model reads what is there, as people would.

        Returns
        -------
        dict
            The result, as MCP writes it.

        Raises
        ------
        McpFailure
        """

        async def once() -> dict[str, Any]:
            result = await self._client.call_tool(name, dict(arguments))
            dumped: dict[str, Any] = result.model_dump(by_alias=True, exclude_none=True, mode="json")
            return dumped

        found: dict[str, Any] = await self._guarded(once)
        return found

    async def close(self) -> None:
        """Say goodbye, or leave without."""
        self._over.set()
        if self._task is None:
            return
        if not self.open:
            self._task.cancel()
        await asyncio.wait([self._task], timeout=CLOSE_S)
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=CLOSE_S)

    async def _guarded(self, work: Callable[[], Any]) -> Any:
        """Do something with the connection, and end when that does."""
        if not self.open or self._task is None:
            raise McpFailure("protocol_error", "The connection to the MCP server is lost.")
        happened = Happened()
        token = HAPPENED.set(happened)
        try:
            with quiet():
                doing = asyncio.ensure_future(work())
        finally:
            HAPPENED.reset(token)
        try:
            await asyncio.wait({doing, self._task}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            doing.cancel()
            # The notice that nobody waits any more is on its way when it has ended.
            await asyncio.wait([doing], timeout=CLOSE_S)
            raise
        if not doing.done():
            doing.cancel()
            await asyncio.wait([doing], timeout=CLOSE_S)
            raise happened.failure or _broken_off()
        if doing.cancelled():
            raise happened.failure or _broken_off()
        if (error := doing.exception()) is not None:
            raise self._failure(error, happened) from None
        return doing.result()

    async def _hold(self) -> None:
        try:
            try:
                await self._with(self._streamable)
            except McpFailure as failure:
                if failure.kind != "http_error" or failure.code not in ONLY_SSE or self._ready.done():
                    raise
                try:
                    await self._with(self._sse)
                except McpFailure:
                    raise failure from None
        except McpFailure as failure:
            if not self._ready.done():
                self._ready.set_exception(failure)
                # Whoever waited may have been cancelled.
                self._ready.exception()
        except asyncio.CancelledError:
            pass
        finally:
            self._client = None
            if not self._ready.done():
                self._ready.set_exception(McpFailure("protocol_error", "The connection was not made."))
                self._ready.exception()

    async def _with(self, transport: Callable[[], Any]) -> None:
        from mcp.client.client import Client
        from mcp_types import Implementation

        happened = Happened()
        HAPPENED.set(happened)
        try:
            async with (
                transport() as streams,
                Client(_Given(streams), client_info=Implementation(name="rtnb", version=version("rtnb"))) as client,
            ):
                self._client = client
                if not self._ready.done():
                    self._ready.set_result(None)
                await self._over.wait()
        except Exception as error:
            raise self._failure(error, happened) from None

    @contextlib.asynccontextmanager
    async def _streamable(self) -> AsyncIterator[Any]:
        import httpx2
        from mcp.client.streamable_http import streamable_http_client

        url, headers = str(self._declaration.url), self._declaration.request_headers
        # No read time-out of its own: a call has one, and the stream of notices may be silent for hours.
        limits = httpx2.Timeout(self._timeout_s, read=None)
        async with (
            http_client(url, headers, self._policy, limits) as http,
            streamable_http_client(url, http_client=http, max_sse_event_size=MOST_BYTES) as streams,
        ):
            yield streams

    def _sse(self) -> Any:
        from mcp.client.sse import sse_client

        url = str(self._declaration.url)

        def client(headers: Any = None, timeout: Any = None, auth: Any = None) -> Any:
            return http_client(url, headers or {}, self._policy, timeout)

        return sse_client(
            url, headers=self._declaration.request_headers, timeout=self._timeout_s, httpx_client_factory=client
        )

    def _failure(self, error: BaseException, happened: Happened) -> McpFailure:
        """What an exception of the package or of HTTP means, with what has happened here."""
        import httpx2
        from mcp import MCPError

        error = _innermost(error)
        if isinstance(error, McpFailure):
            return error
        if happened.failure is not None:
            return happened.failure
        status = happened.status
        if isinstance(error, httpx2.HTTPStatusError):
            status = error.response.status_code
        if status and isinstance(error, MCPError | httpx2.HTTPStatusError):
            return McpFailure("http_error", f"The MCP server answered with HTTP status {status}.", status)
        if isinstance(error, MCPError):
            # A tool may use these numbers for what it likes.
            if error.code == CONNECTION_CLOSED and (happened.broke or error.message == CLOSED):
                return _broken_off()
            # Its message quotes the answer, and may break a key in two that would have been found as a whole.
            if error.code == PARSE_ERROR and error.message.startswith(NOT_READ):
                return McpFailure("protocol_error", "The MCP server's answer is no JSON of the protocol.", PARSE_ERROR)
            return McpFailure("protocol_error", _short(self._declaration.clean(error.message)), error.code)
        if isinstance(error, TimeoutError | httpx2.TimeoutException):
            return McpFailure("protocol_error", "The MCP server did not answer in time.", REQUEST_TIMEOUT)
        if isinstance(error, httpx2.ConnectError | OSError):
            return McpFailure("protocol_error", "The MCP server cannot be reached.", CONNECTION_CLOSED)
        if isinstance(error, httpx2.HTTPError):
            return _broken_off()
        # Such as an answer that is none of MCP.
        what = f"The MCP server's answer cannot be used ({type(error).__name__})."
        return McpFailure("protocol_error", what, CONNECTION_CLOSED)


def _broken_off() -> McpFailure:
    return McpFailure("protocol_error", "The MCP server broke off the connection.", CONNECTION_CLOSED)


async def loaded() -> bool:
    """Wait until the package is imported, which takes a second or two; False where it is not installed."""
    return await asyncio.to_thread(_load)


def _load() -> bool:
    try:
        import httpx2  # noqa: F401
        import mcp.client.client
        import mcp.client.sse
        import mcp.client.streamable_http  # noqa: F401
    except ImportError:
        return False
    return True


class _Given:
    """Streams that are open already, as the package's client takes a transport."""

    def __init__(self, streams: Any) -> None:
        self._streams = streams

    async def __aenter__(self) -> Any:
        reading, *others = self._streams
        return (_Bare(reading), *others)

    async def __aexit__(self, *about: object) -> None:
        return None


class _Bare:
    """What comes in, without the schemas of results: the package measures results against them on the event loop."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def __aenter__(self) -> Any:
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *about: Any) -> Any:
        return await self._inner.__aexit__(*about)

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        return _bare(await self._inner.__anext__())

    async def receive(self) -> Any:
        return _bare(await self._inner.receive())


def _bare(came: Any) -> Any:
    result = getattr(getattr(came, "message", None), "result", None)
    tools = result.get("tools") if isinstance(result, dict) else None
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, dict):
            tool.pop("outputSchema", None)
    return came


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _short(text: str) -> str:
    return text if len(text) <= 500 else f"{text[:500]}…"
