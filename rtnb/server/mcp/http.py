"""HTTP to an MCP server: to the address that was looked at, without detours, and never more than can be read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rtnb.server.brains.chat.address import is_loopback
from rtnb.server.mcp.failures import CONNECTION_CLOSED, McpFailure
from rtnb.server.mcp.policy import McpPolicy

if TYPE_CHECKING:
    import httpx2

__all__ = ["HAPPENED", "MOST_BYTES", "Happened", "http_client"]

MOST_BYTES: Final = 4 * 2**20
"""Longest answer to one request that is read (own choice: a screenshot as base64 fits, and nobody else is served while
it is read, which takes some tens of milliseconds)."""

MOST_PARTS: Final = 2**15
"""Objects and lists in one answer (own choice: they, not bytes, are what reading takes its time for)."""

MOST_COMMAS: Final = 2**18
"""The same for plain values."""


@dataclass(slots=True)
class Happened:
    """What one request has met on its way, which the package does not tell."""

    status: int = 0
    """An HTTP status that is no success."""
    failure: McpFailure | None = None
    """Why the answer is not read."""
    broke: bool = False
    """Whether the connection ended within the answer."""


HAPPENED: ContextVar[Happened] = ContextVar("rtnb_mcp_happened")
"""That of the request which is being made; the package sends each in the context of whoever asked for it."""


def http_client(url: str, headers: Mapping[str, str], policy: McpPolicy, timeout: Any) -> httpx2.AsyncClient:
    """A client for one server.

    Where only public addresses may be called, each request goes to an address that was looked at just before, so that
    a name cannot lead elsewhere in between; then no proxy of the environment is used, which would look it up anew. A
    server of this machine is never asked for by a proxy, which would see what opens it.
    """
    import httpx2

    direct = not policy.private or is_loopback(url)
    inner = httpx2.AsyncClient(trust_env=not direct)

    class Guarded(httpx2.AsyncBaseTransport):
        """A transport that looks at where requests go and at how much comes back."""

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            happened = HAPPENED.get(None) or Happened()
            try:
                response = await inner.send(await checked(request, policy), stream=True)
            except McpFailure as failure:
                happened.failure = failure
                raise
            except httpx2.ConnectError:
                happened.failure = McpFailure("protocol_error", "The MCP server cannot be reached.", CONNECTION_CLOSED)
                raise
            except httpx2.TransportError:
                happened.broke = True
                raise
            asking = request.method == "POST"
            if asking and response.status_code >= 400:
                happened.status = response.status_code
            response.stream = Bounded(response, happened, whole=asking)
            return response

        async def aclose(self) -> None:
            await inner.aclose()

    class Bounded(httpx2.AsyncByteStream):
        """An answer that ends with an error where it becomes too long."""

        def __init__(self, response: httpx2.Response, happened: Happened, *, whole: bool) -> None:
            assert isinstance(response.stream, httpx2.AsyncByteStream)
            self._inner = response.stream
            self._happened = happened
            self._encoding = response.headers.get("content-encoding", "identity")
            # The stream of notices goes on for hours; the package bounds each of them.
            self._whole = whole

        async def __aiter__(self) -> AsyncIterator[bytes]:
            # A few bytes can unfold into gigabytes, and it was asked for without.
            if self._encoding != "identity":
                self._refuse("is compressed, although it was asked for without")
            size = parts = commas = 0
            try:
                async for chunk in self._inner:
                    if not self._whole:
                        yield chunk
                        continue
                    size += len(chunk)
                    parts += chunk.count(b"{") + chunk.count(b"[")
                    commas += chunk.count(b",")
                    if size > MOST_BYTES:
                        self._refuse(f"is longer than {MOST_BYTES // 2**20} MiB")
                    if parts > MOST_PARTS or commas > MOST_COMMAS:
                        self._refuse(f"has more than {MOST_PARTS} objects or {MOST_COMMAS} values")
                    yield chunk
            except httpx2.HTTPError:
                self._happened.broke = True
                raise

        def _refuse(self, what: str) -> None:
            said = f"The MCP server's answer {what}; it was not read."
            self._happened.failure = McpFailure("protocol_error", said, CONNECTION_CLOSED)
            raise httpx2.StreamError(said)

        async def aclose(self) -> None:
            await self._inner.aclose()

    headers = {**headers, "Accept-Encoding": "identity"}
    return httpx2.AsyncClient(headers=headers, timeout=timeout, transport=Guarded())


async def checked(request: httpx2.Request, policy: McpPolicy) -> httpx2.Request:
    """The request as it may be sent: to an address instead of a name where only public ones may be called."""
    import httpx2

    if policy.private:
        return request
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=await policy.public_address(str(request.url))),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
