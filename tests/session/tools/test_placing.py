"""A loop of their own for the coroutines of tools."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from rtnb.session.tools.placing import ToolLoop


def names() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


async def where() -> str:
    return threading.current_thread().name


def test_it_starts_when_it_is_needed_and_ends() -> None:
    async def main() -> None:
        place = ToolLoop()
        assert "rtnb-tool-loop" not in names()
        assert await place(where()) == await place(where()) == "rtnb-tool-loop"
        place.close()
        assert "rtnb-tool-loop" not in names()
        with pytest.raises(asyncio.CancelledError):
            await place(where())

    asyncio.run(main())


def test_a_coroutine_that_blocks_its_loop_blocks_no_other() -> None:
    async def block() -> str:
        time.sleep(0.2)  # noqa: ASYNC251 - that is the point
        return "blocked"

    async def main() -> int:
        place, beats = ToolLoop(), 0
        task = asyncio.create_task(place(block()))
        while not task.done():
            await asyncio.sleep(0.005)
            beats += 1
        assert task.result() == "blocked"
        place.close()
        return beats

    assert asyncio.run(main()) > 3


def test_closing_cancels_what_runs_there() -> None:
    ended: list[str] = []

    async def asleep() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")

    async def main() -> None:
        place = ToolLoop()
        task = asyncio.create_task(place(asleep()))
        while "rtnb-tool-loop" not in names():
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        await asyncio.to_thread(place.close)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert ended == ["cancelled"]
