"""Threads in which plain functions run: daemons, so that one that hangs keeps no process alive."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Final

__all__ = ["AT_ONCE", "LOOP_NAME", "Threads", "in_tool"]

AT_ONCE: Final = 8
"""How many functions of one session run at the same time (own choice: they mostly wait for something)."""

_NAME: Final = "rtnb-tool"

LOOP_NAME: Final = "rtnb-tool-loop"
"""Of the thread in which coroutines of tools run."""


def in_tool() -> bool:
    """Whether the caller is a tool's function, whose turn waits for it; looks at the caller's thread.

    Examples
    --------
    >>> in_tool()
    False
    """
    return threading.current_thread().name in (_NAME, LOOP_NAME)


class Threads:
    """Runs functions in threads, a bounded number at once; the others wait.

    A function whose caller stops waiting keeps its place until it is through: nothing can end it from outside.

    Examples
    --------
    >>> import asyncio
    >>> from rtnb.session.tools.threads import Threads, in_tool
    >>> async def main():
    ...     return await Threads().run(in_tool)
    >>> asyncio.run(main())
    True
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = asyncio.Semaphore(at_once)

    async def run(self, work: Callable[[], Any]) -> Any:
        """What `work` returns or raises."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def settle(result: Any, error: BaseException | None) -> None:
            self._free.release()
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        def body() -> None:
            result: Any = None
            error: BaseException | None = None
            try:
                result = work()
            except BaseException as raised:
                # A future takes no StopIteration, and SystemExit must not end the session's loop.
                odd = isinstance(raised, StopIteration) or not isinstance(raised, Exception)
                error = _Odd(raised) if odd else raised
            if not loop.is_closed():
                try:
                    loop.call_soon_threadsafe(settle, result, error)
                except RuntimeError:
                    # It was closed in this very moment; nobody waits any more.
                    return

        threading.Thread(target=body, name=_NAME, daemon=True).start()
        try:
            return await future
        except _Odd as odd:
            raise RuntimeError(f"the tool raised {type(odd.raised).__name__}") from odd.raised


class _Odd(Exception):
    """Carries an exception that no future takes."""

    def __init__(self, raised: BaseException) -> None:
        super().__init__(str(raised))
        self.raised = raised
