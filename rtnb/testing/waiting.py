"""Waiting for what a server sees: on a thread that has nothing else to do, or on an event loop that has."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from rtnb.errors import ConfigError, LoopThreadError
from rtnb.testing.keeping import shortened

if TYPE_CHECKING:
    from rtnb.testing.server import RtnbServer

__all__ = ["WAIT_S", "AsyncWaits", "Waits"]

Json = dict[str, Any]

WAIT_S = 20.0
"""How long a test waits for something, if it does not say: several spoken answers, on a busy machine."""

RETRY_S = 0.25
"""How often a condition is tried again where no event passes: it may look at something else."""

LOOK_S = 0.02
"""How often an event loop looks whether an event has passed; short against what a person notices."""


class _Waits:
    """What both kinds have in common."""

    def __init__(self, server: RtnbServer, changed: threading.Condition) -> None:
        self._server = server
        self._changed = changed

    def _events(self) -> int:
        sessions = self._server.sessions
        return sum(len(session.steps) + 1 + (session.closed_with is not None) for session in sessions)

    def _passed(self, types: tuple[str, ...]) -> list[Json]:
        steps = [step for session in self._server.sessions for step in session.steps]
        return [step.event for step in steps if step.type in types]

    def _closed(self, server: RtnbServer) -> bool:
        return all(each.closed_with for each in server.sessions)

    def _in_vain(self, what: str, timeout_s: float) -> AssertionError:
        return AssertionError(f"After {timeout_s:g} s there was no {what}.\n\n{shortened(self._server.report())}")


class Waits(_Waits):
    """Waits that block their thread."""

    def wait_for(self, *types: str, count: int = 1, timeout_s: float = WAIT_S) -> Json:
        """Until so many events of one of these types have passed, either way."""
        __tracebackhide__ = True
        what = _told(types, count)
        self._wait("wait_for", lambda _: len(self._passed(types)) >= count, what, timeout_s)
        return self._passed(types)[count - 1]

    def wait_until(self, condition: Callable[[RtnbServer], Any], *, timeout_s: float = WAIT_S, what: str = "") -> None:
        """Until a condition holds."""
        __tracebackhide__ = True
        self._wait("wait_until", condition, what or _name(condition), timeout_s)

    def wait_closed(self, *, timeout_s: float = WAIT_S) -> None:
        """Until all sessions are over."""
        __tracebackhide__ = True
        self._wait("wait_closed", self._closed, "the end of all sessions", timeout_s)

    def _wait(self, name: str, condition: Callable[[RtnbServer], Any], what: str, timeout_s: float) -> None:
        __tracebackhide__ = True
        _refuse_on_a_loop(name)
        end_s = time.monotonic() + timeout_s
        while True:
            with self._changed:
                seen = self._events()
            if condition(self._server):
                return
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                raise self._in_vain(what, timeout_s)
            with self._changed:
                # The condition is not tried under the lock, for it may take long: recognise speech, say.
                if self._events() == seen:
                    self._changed.wait(min(left_s, RETRY_S))


class AsyncWaits(_Waits):
    """The waits of :class:`rtnb.testing.RtnbServer` for async tests: ``await rtnb_server.aio.wait_for(...)``.

    The event loop goes on meanwhile, and with it the agent under test, if it is one of its tasks. They work on
    asyncio and, through anyio, on trio.

    Examples
    --------
    >>> import asyncio, rtnb
    >>> from rtnb.testing import RtnbServer
    >>> async def test(server):
    ...     async with rtnb.AsyncSession(server.url, key=server.key, modalities=["text"]) as agent:
    ...         answer = asyncio.create_task(agent.ask("Hello!"))
    ...         done = await server.aio.wait_for("response.done")
    ...         await answer
    ...         return done["response"]["status"]
    >>> with RtnbServer(brain=lambda text: "Good morning.", voice="tone") as server:
    ...     asyncio.run(test(server))
    'completed'
    """

    async def wait_for(self, *types: str, count: int = 1, timeout_s: float = WAIT_S) -> Json:
        """Wait until so many events of one of these types have passed, either way; gives the last of them.

        Raises
        ------
        AssertionError
            They did not come in time; the message says what did.
        """
        __tracebackhide__ = True
        what = _told(types, count)
        await self._wait(lambda _: len(self._passed(types)) >= count, what, timeout_s)
        return self._passed(types)[count - 1]

    async def wait_until(
        self,
        condition: Callable[[RtnbServer], Any | Awaitable[Any]],
        *,
        timeout_s: float = WAIT_S,
        what: str = "",
    ) -> None:
        """Wait until ``condition(server)`` holds, which may be a coroutine function; it is tried at each event.

        Raises
        ------
        AssertionError
            It does not hold in time; the message says what happened.
        """
        __tracebackhide__ = True
        await self._wait(condition, what or _name(condition), timeout_s)

    async def wait_closed(self, *, timeout_s: float = WAIT_S) -> None:
        """Wait until all sessions are over."""
        __tracebackhide__ = True
        await self._wait(self._closed, "the end of all sessions", timeout_s)

    async def _wait(self, condition: Callable[[RtnbServer], Any], what: str, timeout_s: float) -> None:
        __tracebackhide__ = True
        import anyio

        end_s = time.monotonic() + timeout_s
        while True:
            seen = self._events()
            held = condition(self._server)
            if inspect.isawaitable(held):
                held = await held
            if held:
                return
            now_s = time.monotonic()
            if now_s >= end_s:
                raise self._in_vain(what, timeout_s)
            again_s = min(end_s, now_s + RETRY_S)
            # Events pass on the thread of the server; to look is simpler than to tell any kind of loop.
            while self._events() == seen and time.monotonic() < again_s:  # noqa: ASYNC110
                await anyio.sleep(LOOK_S)


def _refuse_on_a_loop(name: str) -> None:
    __tracebackhide__ = True
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise LoopThreadError(
        f"{name}() would block the event loop that runs on this thread, and whatever it is to wait for with it. "
        f"Write: await rtnb_server.aio.{name}(...)"
    )


def _told(types: tuple[str, ...], count: int) -> str:
    __tracebackhide__ = True
    if any(not isinstance(each, str) for each in types):
        raise ConfigError("wait_for takes the types of events; how long to wait is timeout_s, as in timeout_s=5.")
    if not types or count < 1:
        raise ConfigError('wait_for takes the types of events, such as "response.done", and a count from 1 up.')
    return f"{count} x {' or '.join(types)}"


def _name(condition: Callable[..., Any]) -> str:
    return getattr(condition, "__name__", "the condition")
