"""A chat endpoint on a free port: a real HTTP server that does what a test, or a benchmark, tells it to.

::

    with ChatEndpoint(says("It is sunny.", tokens_a_second=30)) as endpoint:
        ...  # endpoint.url, endpoint.asked, endpoint.left
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

__all__ = [
    "Asked",
    "ChatEndpoint",
    "Exchange",
    "answers",
    "breaks_off",
    "calls",
    "chunk",
    "fails",
    "hangs",
    "hangs_up",
    "says",
    "sends",
    "tokens_of",
    "whole",
]

Json = dict[str, Any]


@dataclass(slots=True)
class Asked:
    """One request as it came, and what became of it."""

    path: str
    headers: dict[str, str]
    body: Json
    connection: int
    """The number of the connection it came on."""
    sent: list[tuple[str, float]] = field(default_factory=list)
    """Each token that was sent, and when (``time.perf_counter``)."""
    left: threading.Event = field(default_factory=threading.Event)
    """Set when the client goes before the answer is over."""
    over: threading.Event = field(default_factory=threading.Event)
    """Set when the answer is over, one way or the other."""


class Exchange:
    """What a behaviour answers with."""

    def __init__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.asked = asked
        self._writer = writer
        self._chunked = False

    async def start(
        self, status: int = 200, kind: str = "text/event-stream", *, length: int | None = None, **headers: str
    ) -> None:
        """The head of the answer; of a body of unknown length unless one is given."""
        lines = [f"HTTP/1.1 {status} Status", f"Content-Type: {kind}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self._chunked = length is None
        lines.append("Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}")
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        await self._writer.drain()

    async def send(self, data: bytes) -> None:
        """A piece of the body."""
        if data:
            self._writer.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)
            await self._writer.drain()

    async def event(self, value: Any) -> None:
        """One server-sent event; a string as it is, anything else as JSON."""
        text = value if isinstance(value, str) else json.dumps(value)
        await self.send(f"data: {text}\n\n".encode())

    async def finish(self) -> None:
        """The end of the body."""
        if self._chunked:
            self._writer.write(b"0\r\n\r\n")
            await self._writer.drain()

    def reset(self) -> None:
        """Break the connection at once."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


Behaviour = Callable[[Exchange], Awaitable[None]]


class ChatEndpoint:
    """The server, in a thread of its own.

    Parameters
    ----------
    *script : str or callable
        What each request is answered with, in order, the last one for all that come later; a string is said.
    tokens_a_second : float
        How fast strings are said; 0 for at once.
    tls : ssl.SSLContext, optional
        Speak HTTPS with it.
    """

    def __init__(
        self, *script: str | Behaviour, tokens_a_second: float = 0.0, tls: ssl.SSLContext | None = None
    ) -> None:
        self._speed = tokens_a_second
        self._tls = tls
        self._script: list[Behaviour] = []
        self.then(*script or ("Yes.",))
        self.asked: list[Asked] = []
        self._connections = 0
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ready = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._run, name="chat-endpoint", daemon=True)

    @property
    def url(self) -> str:
        """The address of the API."""
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def then(self, *script: str | Behaviour) -> None:
        """Answer so from now on."""
        self._script = [says(each, self._speed) if isinstance(each, str) else each for each in script]

    @property
    def last(self) -> Asked:
        """The last request."""
        return self.asked[-1]

    @property
    def messages(self) -> list[Json]:
        """The conversation of the last request."""
        found: list[Json] = self.last.body["messages"]
        return found

    def wait_asked(self, count: int, timeout_s: float = 20.0) -> Asked:
        """Wait until so many requests have come; the last of them."""
        end = time.monotonic() + timeout_s
        while len(self.asked) < count:
            assert time.monotonic() < end, f"{len(self.asked)} requests came, not {count}"
            time.sleep(0.005)
        return self.asked[count - 1]

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connected, sock=self._socket, ssl=self._tls))
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in self._tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._connections += 1
        number = self._connections
        # asyncio does so only for sockets that were made with the number of the protocol.
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while await self._exchange(reader, writer, number):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        data = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(head[0].split()[1], headers, json.loads(data or b"{}"), number)
        behaviour = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        self.asked.append(asked)
        exchange = Exchange(asked, writer)
        answering = asyncio.ensure_future(behaviour(exchange))
        # The client sends nothing meanwhile: whatever can be read is its end.
        leaving = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                asked.left.set()
            else:
                answering.result()
        except ConnectionError:
            asked.left.set()
        finally:
            for task in (answering, leaving):
                task.cancel()
                with suppress(asyncio.CancelledError, ConnectionError):
                    await task
            asked.over.set()
        return not asked.left.is_set() and not writer.is_closing()


def tokens_of(text: str) -> list[str]:
    """About the tokens of a model: words with the space before them, marks by themselves."""
    return re.findall(r"\s*[^\W_]+|\s*[\W_]", text)


def chunk(text: str | None = None, finish: str | None = None, **delta: Any) -> Json:
    """One chunk of a chat completion."""
    content = {} if text is None else {"content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "model": "m",
        "choices": [{"index": 0, "delta": content | delta, "finish_reason": finish}],
    }


def says(text: str | Iterable[str], tokens_a_second: float = 0.0, *, finish: str = "stop") -> Behaviour:
    """Stream a text token by token."""
    tokens = tokens_of(text) if isinstance(text, str) else list(text)

    async def behave(exchange: Exchange) -> None:
        await exchange.start()
        await exchange.event(chunk("", role="assistant"))
        due = time.perf_counter()
        for token in tokens:
            if tokens_a_second:
                due += 1 / tokens_a_second
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await exchange.event(chunk(token))
            exchange.asked.sent.append((token, time.perf_counter()))
        await exchange.event(chunk(finish=finish))
        await exchange.event({"choices": [], "usage": {"total_tokens": len(tokens)}})
        await exchange.event("[DONE]")
        await exchange.finish()

    return behave


def calls(*made: tuple[str, str], text: str = "") -> Behaviour:
    """Call tools, the arguments in pieces."""

    async def behave(exchange: Exchange) -> None:
        await exchange.start()
        if text:
            await exchange.event(chunk(text))
        for index, (name, arguments) in enumerate(made):
            head = {"index": index, "id": f"call_{index}", "type": "function"}
            await exchange.event(chunk(tool_calls=[head | {"function": {"name": name, "arguments": ""}}]))
            for start in range(0, len(arguments), 5):
                piece = {"arguments": arguments[start : start + 5]}
                await exchange.event(chunk(tool_calls=[{"index": index, "function": piece}]))
        await exchange.event(chunk(finish="tool_calls"))
        await exchange.event("[DONE]")
        await exchange.finish()

    return behave


def sends(*pieces: bytes | Json | str, kind: str = "text/event-stream") -> Behaviour:
    """Answer with these: bytes as they are, anything else as an event."""

    async def behave(exchange: Exchange) -> None:
        await exchange.start(kind=kind)
        for piece in pieces:
            await (exchange.send(piece) if isinstance(piece, bytes) else exchange.event(piece))
        await exchange.finish()

    return behave


def answers(body: bytes | Json, *, status: int = 200, kind: str = "application/json", **headers: str) -> Behaviour:
    """Answer with a whole body."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def behave(exchange: Exchange) -> None:
        await exchange.start(status, kind, length=len(data), **headers)
        await exchange.send(data)

    return behave


def whole(**message: Any) -> Behaviour:
    """Answer with one completion, as a server that cannot stream."""
    choice = {"index": 0, "message": {"role": "assistant"} | message, "finish_reason": "stop"}
    return answers({"object": "chat.completion", "choices": [choice]})


def fails(status: int, message: str = "", **headers: str) -> Behaviour:
    """Refuse."""
    return answers({"error": {"message": message, "type": "error"}}, status=status, **headers)


def hangs(text: str = "") -> Behaviour:
    """Say that much, and then nothing; say nothing at all without it."""

    async def behave(exchange: Exchange) -> None:
        if text:
            await exchange.start()
            for token in tokens_of(text):
                await exchange.event(chunk(token))
        await asyncio.sleep(3600)

    return behave


def breaks_off(text: str, *, rudely: bool = True) -> Behaviour:
    """Say that much, and then reset the connection; politely, end the answer without its end."""

    async def behave(exchange: Exchange) -> None:
        await exchange.start()
        for token in tokens_of(text):
            await exchange.event(chunk(token))
        if rudely:
            await asyncio.sleep(0.05)
            exchange.reset()
        else:
            await exchange.finish()

    return behave


def hangs_up() -> Behaviour:
    """Close the connection before any answer."""

    async def behave(exchange: Exchange) -> None:
        exchange.reset()

    return behave
