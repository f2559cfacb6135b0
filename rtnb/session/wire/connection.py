"""One open socket: events out, frames in. What they mean is not its business."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from rtnb.protocol.envelope import Event
from rtnb.session.wire.endpoint import Endpoint
from rtnb.session.wire.transport import Intent, Transport

__all__ = ["Connection"]


class Connection:
    """A transport that is read as long as it is open; lives on one event loop.

    Parameters
    ----------
    endpoint, transport
        Already connected.
    on_frame : callable
        Takes the connection, each frame as it arrives, and the monotonic time; must not block.
    on_end : callable
        Takes the connection once nothing more will arrive, unless this side closed it.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        transport: Transport,
        on_frame: Callable[[Connection, str | bytes, float], None],
        on_end: Callable[[Connection], None],
    ) -> None:
        self.endpoint = endpoint
        self.greeting: asyncio.Future[Event | None] = asyncio.get_running_loop().create_future()
        """The server's first word: a session, or an error; None when it hung up instead."""
        self.ended = asyncio.Event()
        self._transport = transport
        self._on_frame, self._on_end = on_frame, on_end
        self._closing = False
        self._reader: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        endpoint: Endpoint,
        model: str,
        on_frame: Callable[[Connection, str | bytes, float], None],
        on_end: Callable[[Connection], None],
        *,
        intent: Intent = "realtime",
    ) -> Connection:
        """Connect; nothing is read before :meth:`start`.

        Raises
        ------
        UnreachableError, RefusedError
        """
        return cls(endpoint, await Transport.open(endpoint, model, intent=intent), on_frame, on_end)

    def start(self) -> None:
        """Begin to read."""
        self._reader = asyncio.create_task(self._read())

    @property
    def code(self) -> int | None:
        """The WebSocket close code, once it is closed."""
        return self._transport.close_code

    @property
    def reason(self) -> str:
        """What the server said when closing."""
        return self._transport.close_reason

    async def send(self, event: Mapping[str, Any]) -> None:
        """Send one event.

        Raises
        ------
        SessionClosedError
            The connection is gone.
        """
        await self._transport.send(event)

    async def close(self) -> None:
        """End it from this side."""
        self._closing = True
        await self._transport.close()
        if self._reader is not None:
            await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        try:
            async for frame in self._transport.frames():
                self._on_frame(self, frame, time.monotonic())
        finally:
            self.ended.set()
            if not self.greeting.done():
                self.greeting.set_result(None)
            if not self._closing:
                self._on_end(self)
