"""Where the coroutines of tools run: a loop of their own, for sessions whose user has no loop to lend."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from rtnb.session.tools.threads import LOOP_NAME
from rtnb.session.wire.loop import LoopThread

__all__ = ["PlaceAsync", "ToolLoop"]

PlaceAsync = Callable[[Coroutine[Any, Any, Any]], Awaitable[Any]]
"""Takes a coroutine, runs it somewhere, and gives what the session's loop can await."""


class ToolLoop:
    """A loop in a daemon thread of its own: a tool that blocks its loop blocks no audio. It starts when it is needed.

    Examples
    --------
    >>> import asyncio
    >>> from rtnb.session.tools.placing import ToolLoop
    >>> async def answer():
    ...     return 42
    >>> async def main():
    ...     place = ToolLoop()
    ...     try:
    ...         return await place(answer())
    ...     finally:
    ...         place.close()
    >>> asyncio.run(main())
    42
    """

    def __init__(self) -> None:
        self._thread = LoopThread(LOOP_NAME)
        self._lock = threading.Lock()
        self._closed = False

    async def __call__(self, work: Coroutine[Any, Any, Any]) -> Any:
        with self._lock:
            if self._closed:
                work.close()
                raise asyncio.CancelledError
            self._thread.acquire(self)
        return await asyncio.wrap_future(self._thread.submit(work))

    def close(self) -> None:
        """Cancel what still runs there, and end the thread."""
        with self._lock:
            self._closed = True
        self._thread.release(self)
