"""Functions in threads."""

from __future__ import annotations

import asyncio
import threading

import pytest

from rtnb.session.tools.threads import Threads, in_tool


def test_no_more_run_at_once_than_may() -> None:
    lock, now, most = threading.Lock(), 0, 0
    go = threading.Event()

    def work() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
            if most == 3:
                go.set()
        assert go.wait(10)
        with lock:
            now -= 1

    async def main() -> None:
        threads = Threads(3)
        await asyncio.gather(*(threads.run(work) for _ in range(9)))

    asyncio.run(main())
    assert most == 3 and not in_tool()


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


def test_one_that_nobody_waits_for_keeps_its_place_and_hurts_nobody() -> None:
    go = threading.Event()

    async def main() -> str:
        threads = Threads(1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await threads.run(lambda: go.wait(10))
        waiting = asyncio.create_task(threads.run(lambda: "next"))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        go.set()
        return str(await waiting)

    assert asyncio.run(main()) == "next"


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
