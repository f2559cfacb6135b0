"""A loop of their own for the coroutines of tools."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from rtnb.session.tools import placing
from rtnb.session.tools.placing import ToolLoop, contained


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


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_would_end_a_loop_is_an_exception_like_any_other(error: type[BaseException]) -> None:
    async def leave() -> None:
        raise error

    async def main() -> None:
        place = ToolLoop()
        for how in (contained, place):
            with pytest.raises(RuntimeError, match=f"the tool raised {error.__name__}"):
                await how(leave())
        assert await place(where()) == "rtnb-tool-loop"
        place.close()

    asyncio.run(main())


def test_what_is_contained_can_be_thrown_away() -> None:
    ended: list[str] = []

    async def asleep() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("closed")

    work = contained(asleep())

    async def main() -> None:
        work.send(None)

    asyncio.run(main())
    work.close()
    assert ended == ["closed"]


def test_a_blocked_loop_gets_no_more_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "BLOCKED_S", 0.1)
    go, told = threading.Event(), list[str]()

    async def block() -> str:
        go.wait(20)
        return "blocked"

    async def main() -> None:
        place = ToolLoop(lambda: told.append("blocked"))
        first = asyncio.create_task(place(block()))
        await asyncio.sleep(0.02)
        # It stands behind the one that blocks, and is moved.
        assert await place(where()) == "rtnb-tool-loop"
        assert await place(where()) == "rtnb-tool-loop" and not first.done() and told == ["blocked"]
        go.set()
        assert await first == "blocked"
        await asyncio.to_thread(place.close)

    asyncio.run(main())
    end = time.monotonic() + 10
    while "rtnb-tool-loop" in names():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_one_that_was_given_up_and_blocks_is_found_out_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "BLOCKED_S", 0.2)
    monkeypatch.setattr(placing, "MOST_LOOPS", 2)
    go = threading.Event()

    async def block() -> None:
        go.wait(20)

    async def main() -> None:
        place = ToolLoop()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await place(block())
        assert await place(where()) == "rtnb-tool-loop"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await place(block())
        with pytest.raises(RuntimeError, match="was not started: 2 loops of tools are blocked"):
            await place(where())
        go.set()
        while True:
            try:
                assert await place(where()) == "rtnb-tool-loop"
                break
            except RuntimeError:
                await asyncio.sleep(0.01)
        await asyncio.to_thread(place.close)

    asyncio.run(main())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_loop_that_has_died_is_replaced() -> None:
    async def spawn() -> None:
        asyncio.get_running_loop().call_soon(exec, "raise SystemExit")
        await asyncio.sleep(60)

    async def main() -> None:
        place = ToolLoop()
        with pytest.raises(RuntimeError, match="the loop on which it ran has ended"):
            await place(spawn())
        assert await place(where()) == "rtnb-tool-loop"
        await asyncio.to_thread(place.close)

    asyncio.run(main())
