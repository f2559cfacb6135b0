"""Threads in which plain functions run: daemons, so that one that hangs keeps no process alive."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from rtnb._threads import print_in_the_running_cell
from rtnb.errors import RtnbError

__all__ = ["AT_ONCE", "LOOP_NAME", "MOST", "Slot", "Slots", "Threads", "TooManyThreadsError", "in_tool"]

AT_ONCE: Final = 8
"""How many functions of one session run at the same time (own choice: they mostly wait for something)."""

MOST: Final = 64
"""How many threads one session has, with those of functions that hang (own choice: each costs some 100 kB)."""

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


class TooManyThreadsError(RtnbError, RuntimeError):
    """So many functions hang that no other is started."""


class Slot:
    """The right to run now; given back once, however often it is said."""

    def __init__(self, slots: Slots) -> None:
        self._slots: Slots | None = slots

    def release(self) -> None:
        """Let another one run."""
        slots, self._slots = self._slots, None
        if slots is not None:
            slots._give_back()


class Slots:
    """A bounded number may run at once; the others wait in the order they came. It lives on one loop.

    Examples
    --------
    >>> import asyncio
    >>> async def main():
    ...     slots = Slots(1)
    ...     slot = await slots.take()
    ...     full = slots.full
    ...     slot.release()
    ...     return full, slots.full
    >>> asyncio.run(main())
    (True, False)
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = at_once
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def full(self) -> bool:
        """Whether one that comes now must wait."""
        return self._free == 0

    async def take(self) -> Slot:
        """Wait for a slot."""
        if self._free:
            self._free -= 1
            return Slot(self)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                # It was handed over in this very moment.
                self._give_back()
            raise
        return Slot(self)

    def _give_back(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class Threads:
    """Runs each function in a thread of its own, and counts those that nobody waits for any more.

    A function whose caller stops waiting runs on: nothing can end it from outside.

    Parameters
    ----------
    most : int
        How many threads there are at the most; beyond that nothing is started.

    Examples
    --------
    >>> import asyncio
    >>> from rtnb.session.tools.threads import Threads, in_tool
    >>> async def main():
    ...     return await Threads().run(in_tool)
    >>> asyncio.run(main())
    True
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._alive = 0
        self._given_up = 0

    @property
    def hung(self) -> int:
        """How many functions run on though their caller has given up."""
        return self._given_up

    async def run(self, work: Callable[[], Any]) -> Any:
        """What `work` returns or raises.

        Raises
        ------
        TooManyThreadsError
            There are as many threads as may be.
        """
        with self._lock:
            if self._alive >= self._most:
                raise TooManyThreadsError(
                    f"it was not started: {self._most} functions of this session run already, "
                    f"and {self._given_up} of them were given up and do not end"
                )
            self._alive += 1
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        ended = given_up = False

        def settle(result: Any, error: BaseException | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        def body() -> None:
            nonlocal ended
            result: Any = None
            error: BaseException | None = None
            try:
                print_in_the_running_cell()
                result = work()
            except BaseException as raised:
                # A future takes no StopIteration, and SystemExit must not end the session's loop.
                odd = isinstance(raised, StopIteration) or not isinstance(raised, Exception)
                error = _Odd(raised) if odd else raised
            with self._lock:
                ended = True
                self._alive -= 1
                self._given_up -= given_up
            if not loop.is_closed():
                try:
                    loop.call_soon_threadsafe(settle, result, error)
                except RuntimeError:
                    # It was closed in this very moment; nobody waits any more.
                    return

        try:
            threading.Thread(target=body, name=_NAME, daemon=True).start()
        except RuntimeError as error:
            with self._lock:
                self._alive -= 1
            raise TooManyThreadsError(f"it was not started: {error}") from None
        try:
            return await future
        except _Odd as odd:
            raise RuntimeError(f"the tool raised {type(odd.raised).__name__}") from odd.raised
        finally:
            with self._lock:
                if not ended:
                    given_up = True
                    self._given_up += 1


class _Odd(Exception):
    """Carries an exception that no future takes."""

    def __init__(self, raised: BaseException) -> None:
        super().__init__(str(raised))
        self.raised = raised
