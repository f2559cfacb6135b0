"""Functions in threads."""

from __future__ import annotations

import asyncio
import threading

import pytest

from rtnb.session.tools.threads import Slots, Threads, TooManyThreadsError, in_tool


def test_no_more_take_a_slot_than_may() -> None:
    now = most = 0

    async def main() -> None:
        nonlocal now, most
        slots = Slots(3)

        async def work() -> None:
            nonlocal now, most
            slot = await slots.take()
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1
            slot.release()
            slot.release()

        await asyncio.gather(*(work() for _ in range(9)))
        assert not slots.full

    asyncio.run(main())
    assert most == 3 and not in_tool()


def test_whoever_stops_waiting_for_a_slot_takes_none() -> None:
    async def main() -> None:
        slots = Slots(1)
        held = await slots.take()
        gone, handed, last = (asyncio.create_task(slots.take()) for _ in range(3))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        held.release()
        # It was handed over, and nobody takes it any more.
        handed.cancel()
        (await last).release()
        assert (gone.cancelled(), handed.cancelled(), slots.full) == (True, True, False)

    asyncio.run(main())


def test_exceptions_arrive_whatever_they_are() -> None:
    def raising(error: BaseException) -> None:
        raise error

    async def main() -> None:
        threads = Threads()
        with pytest.raises(KeyError):
            await threads.run(lambda: raising(KeyError("a")))
        for odd in (SystemExit(1), KeyboardInterrupt(), StopIteration(), GeneratorExit()):
            with pytest.raises(RuntimeError, match=f"the tool raised {type(odd).__name__}"):
                await threads.run(lambda odd=odd: raising(odd))  # type: ignore[misc]

    asyncio.run(main())


def test_one_that_nobody_waits_for_is_counted_until_it_ends() -> None:
    go = threading.Event()

    async def main() -> None:
        threads = Threads(most=2)
        for hung in (1, 2):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await threads.run(lambda: go.wait(10))
            assert threads.hung == hung
        with pytest.raises(TooManyThreadsError, match="2 functions of this session run already, and 2 of them"):
            await threads.run(lambda: "next")
        go.set()
        while threads.hung:
            await asyncio.sleep(0.005)
        assert await threads.run(lambda: "next") == "next" and threads.hung == 0

    asyncio.run(main())


def test_a_loop_that_is_gone_is_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    go, through = threading.Event(), threading.Event()

    def work() -> None:
        go.wait(10)
        through.set()

    async def main() -> None:
        task = asyncio.create_task(Threads().run(work))
        await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(main())
    go.set()
    assert through.wait(10)
    for thread in threading.enumerate():
        if thread.name == "rtnb-tool":
            thread.join(10)
    assert "Traceback" not in capfd.readouterr().err
