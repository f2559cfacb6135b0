"""One request to a chat endpoint, and its answer piece by piece."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from rtnb.server.brains.base import BrainError
from rtnb.server.brains.chat.address import is_loopback, shown
from rtnb.server.brains.chat.chunks import Delta, StrangeError, UpstreamError, delta_of
from rtnb.server.brains.chat.failures import Failures
from rtnb.server.brains.chat.settings import ChatSettings
from rtnb.server.brains.chat.sse import MAX_EVENT_CHARS, EventReader, ServerEvent, TooLongError

if TYPE_CHECKING:
    import httpx

__all__ = ["Upstream"]

KEPT_S: Final = 60.0
"""How long a connection is kept for the next turn: people think between two."""
AGAIN_S: Final = 0.1
"""After which a connection that was refused or lost before any answer is tried once more."""
LINGER_S: Final = 0.2
"""How long the end of an answer is waited for that has said all: only then can its connection be used again."""
MAX_FAILURE_BYTES: Final = 2**16
"""How much of an answer is read that is an error."""


class Upstream:
    """The endpoint, with connections that are kept between requests, for each event loop its own.

    Parameters
    ----------
    settings : ChatSettings
    """

    def __init__(self, settings: ChatSettings) -> None:
        import httpx

        self._settings = settings
        self._key = settings.secret
        self._url = settings.endpoint
        self._failures = Failures(shown(self._url), settings.model, self._key)
        # A proxy of the environment does not know this machine's own addresses.
        self._trust_env = not is_loopback(self._url)
        # Certificates are read here, once, and not while somebody waits for an answer.
        self._tls: Any = httpx.create_ssl_context()
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()

    @property
    def failures(self) -> Failures:
        """Makes its errors."""
        return self._failures

    async def aclose(self) -> None:
        """Close the connections of the running event loop; later requests open new ones."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    async def deltas(self, body: dict[str, Any]) -> AsyncGenerator[Delta, None]:
        """Ask, and stream the answer; closing this closes the request.

        Raises
        ------
        BrainError
            Whatever goes wrong.
        """
        settings, loop = self._settings, asyncio.get_running_loop()
        start_s, begun = loop.time(), False
        deadline_s = start_s + settings.timeout_s
        # The time in which nobody asks for more counts for neither.
        end_s = start_s + settings.total_s
        try:
            async with asyncio.timeout_at(min(deadline_s, end_s)):
                response = await self._open(body)
            try:
                if response.status_code != 200:
                    async with asyncio.timeout_at(min(deadline_s, end_s)):
                        raise await self._refusal(response)
                parsed = self._parsed(response)
                async with aclosing(parsed):
                    while True:
                        async with asyncio.timeout_at(min(deadline_s, end_s)):
                            delta = await anext(parsed, None)
                        if delta is None:
                            return
                        came_s = loop.time()
                        if came_s > end_s:
                            # What comes faster than it is read is never waited for.
                            raise TimeoutError
                        if delta.alive:
                            begun = True
                            yield delta
                            end_s += loop.time() - came_s
                            deadline_s = loop.time() + settings.stall_s
            finally:
                await response.aclose()
        except TimeoutError:
            if end_s <= min(deadline_s, loop.time()):
                raise self._failures.endless(settings.total_s) from None
            failure = self._failures.stalled(settings.stall_s) if begun else self._failures.silent(settings.timeout_s)
            raise failure from None

    async def _open(self, body: dict[str, Any]) -> httpx.Response:
        import httpx

        client = self._client()
        headers = {"Accept": "text/event-stream, application/json", "Content-Type": "application/json"}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            # Half a surrogate pair, which a client can send as JSON, is no text to anybody else.
            content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        except (ValueError, TypeError):
            message = "The request to the chat endpoint cannot be written as JSON: does a tool's schema hold NaN?"
            raise BrainError(message, code="chat_refused") from None
        request = client.build_request("POST", self._url, content=content, headers=headers)
        for attempt in (1, 2):
            try:
                return await client.send(request, stream=True)
            except httpx.ConnectTimeout as error:
                raise self._failures.of_connection(error) from None
            except httpx.TransportError as error:
                if attempt == 2:
                    raise self._failures.of_connection(error) from None
                await asyncio.sleep(AGAIN_S)
            except Exception as error:
                # Nothing of it is quoted: it may hold the headers.
                raise self._failures.of_connection(error) from None
        raise AssertionError("one of the two attempts has ended it")

    def _client(self) -> httpx.AsyncClient:
        import httpx

        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            client = self._clients[loop] = httpx.AsyncClient(
                verify=self._tls,
                trust_env=self._trust_env,
                # Reading has time limits of its own.
                timeout=httpx.Timeout(None, connect=self._settings.connect_s),
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=32, keepalive_expiry=KEPT_S),
            )
        return client

    async def _refusal(self, response: httpx.Response) -> BrainError:
        text = bytearray()
        async with aclosing(self._bytes(response)) as chunks:
            async for chunk in chunks:
                text += chunk
                if len(text) > MAX_FAILURE_BYTES:
                    break
        body = bytes(text[:MAX_FAILURE_BYTES]).decode("utf-8", "replace")
        if len(text) > MAX_FAILURE_BYTES:
            body = self._failures.before_cut(body)
        return self._failures.of_status(response.status_code, body, response.headers)

    async def _bytes(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        import httpx

        try:
            async for chunk in response.aiter_bytes():
                yield chunk
        except httpx.DecodingError as error:
            raise self._failures.of_connection(error) from None
        except httpx.HTTPError:
            raise self._failures.broken() from None

    async def _parsed(self, response: httpx.Response) -> AsyncGenerator[Delta, None]:
        async with aclosing(self._bytes(response)) as chunks:
            head = b""
            async for chunk in chunks:
                head += chunk
                if head.strip():
                    break
            begin = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
            if begin in (b"{", b"["):
                # It was asked to stream and does not: one completion as JSON.
                yield await self._whole(head, chunks)
            elif begin == b"<":
                raise self._failures.nonsense("a page of HTML or XML")
            elif not begin:
                raise self._failures.nonsense("an empty body")
            else:
                async with aclosing(self._streamed(head, chunks)) as deltas:
                    async for delta in deltas:
                        yield delta

    async def _whole(self, head: bytes, chunks: AsyncIterator[bytes]) -> Delta:
        text = bytearray(head)
        async for chunk in chunks:
            text += chunk
            if len(text) > MAX_EVENT_CHARS:
                raise self._failures.nonsense("more JSON than any answer has")
        delta = self._delta(bytes(text).decode("utf-8-sig", "replace"))
        return Delta(delta.text, delta.calls, delta.finish or "stop", delta.thought)

    async def _streamed(self, head: bytes, chunks: AsyncIterator[bytes]) -> AsyncGenerator[Delta, None]:
        reader, finished, seen = EventReader(), False, False
        async with aclosing(self._events(reader, head, chunks)) as events:
            async for event in events:
                seen = True
                if event.data == "[DONE]":
                    finished = True
                    break
                delta = self._delta(event.data, failed=event.name == "error")
                finished = delta.finish is not None
                yield delta
                if finished:
                    break
        if finished:
            await self._drain(chunks)
        elif seen:
            raise self._failures.broken()
        else:
            # Only its beginning is at hand, which may end anywhere.
            said = self._failures.before_cut(head.decode("utf-8", "replace"))
            raise self._failures.nonsense("neither events nor JSON", said)

    async def _events(
        self, reader: EventReader, head: bytes, chunks: AsyncIterator[bytes]
    ) -> AsyncGenerator[ServerEvent, None]:
        """Events with one JSON text each."""
        try:
            for event in _parted(reader.feed(head)):
                yield event
            async for chunk in chunks:
                for event in _parted(reader.feed(chunk)):
                    yield event
            for event in _parted(reader.end()):
                if event.name != "error" and _is_cut(event.data):
                    raise self._failures.broken()
                yield event
        except TooLongError:
            raise self._failures.nonsense("an event that has no end") from None

    async def _drain(self, chunks: AsyncIterator[bytes]) -> None:
        """Read on to the end, so that the connection can be used again; without it, it is closed."""
        try:
            async with asyncio.timeout(LINGER_S):
                async for _ in chunks:
                    pass
        except (TimeoutError, BrainError):
            return

    def _delta(self, text: str, *, failed: bool = False) -> Delta:
        try:
            chunk = json.loads(text)
            if failed:
                raise UpstreamError(chunk)
            return delta_of(chunk)
        except UpstreamError as error:
            raise self._failures.in_stream(error.error) from None
        except StrangeError as error:
            raise self._failures.nonsense(str(error)) from None
        except (ValueError, RecursionError):
            if failed:
                raise self._failures.in_stream(text) from None
            raise self._failures.nonsense("something that is no JSON", text) from None


def _parted(events: Iterable[ServerEvent]) -> Iterator[ServerEvent]:
    """Events that are empty are signs of life; those of several JSON texts come from servers without empty lines."""
    for event in events:
        data = event.data.strip()
        if "\n" in data and data.startswith("{") and not _is_json(data):
            yield from (ServerEvent(line.strip(), event.name) for line in data.split("\n") if line.strip())
        elif data:
            yield ServerEvent(data, event.name)


def _is_cut(data: str) -> bool:
    """Whether an event that the stream ended in is only the beginning of one."""
    return data[0] in "{[" and data != "[DONE]" and not _is_json(data)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
