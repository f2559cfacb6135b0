"""Who waits for something in a session is let go on, whatever becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rtnb.errors import SessionClosedError
from rtnb.session.hub import Hub


async def both(hub: Hub, first: Callable[[], bool], second: Callable[[], bool]) -> list[BaseException | None]:
    """What becomes of two who wait, when the session ends."""
    waiting = [asyncio.ensure_future(hub.until(condition)) for condition in (first, second)]
    await asyncio.sleep(0)
    hub._finish(SessionClosedError("The session is closed."))
    return list(await asyncio.gather(*waiting, return_exceptions=True))


def test_a_condition_that_fails_keeps_nobody_else_waiting() -> None:
    calls = 0

    def broken() -> bool:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise ZeroDivisionError
        return False

    async def main() -> list[BaseException | None]:
        return await asyncio.wait_for(both(Hub(), broken, lambda: False), 10)

    first, second = asyncio.run(main())
    assert isinstance(first, ZeroDivisionError)
    assert isinstance(second, SessionClosedError)
