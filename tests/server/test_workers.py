from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rtnb.server.workers import Workers


@contextmanager
def workers(threads: int | None = None) -> Iterator[Workers]:
    made = Workers(threads)
    try:
        yield made
    finally:
        made.close()


def ours() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("rtnb-speech")]


def test_nothing_starts_before_there_is_work_and_nothing_stays_after() -> None:
    before = ours()
    with workers(2) as pool:
        assert ours() == before
        name = asyncio.run(pool.run(lambda: threading.current_thread().name))
        assert name.startswith("rtnb-speech")
    assert ours() == before


def test_arguments_and_results_go_through() -> None:
    with workers() as pool:
        assert asyncio.run(pool.run(divmod, 7, 2)) == (3, 1)


def test_failures_come_back() -> None:
    def fail() -> None:
        raise LookupError("nothing there")

    with workers() as pool, pytest.raises(LookupError, match="nothing there"):
        asyncio.run(pool.run(fail))


def test_the_loop_stays_free_and_work_runs_side_by_side() -> None:
    meeting = threading.Barrier(3, timeout=20)

    async def run(pool: Workers) -> list[int]:
        # Two threads and the loop itself (through the default executor) only pass the barrier together.
        met = await asyncio.gather(pool.run(meeting.wait), pool.run(meeting.wait), asyncio.to_thread(meeting.wait))
        return sorted(met)

    with workers(2) as pool:
        assert asyncio.run(run(pool)) == [0, 1, 2]


def test_closing_waits_for_what_runs_and_drops_what_waits() -> None:
    started, go, done = threading.Event(), threading.Event(), list[str]()

    def first() -> None:
        started.set()
        assert go.wait(20)
        done.append("first")

    async def run() -> None:
        pool = Workers(1)
        running = asyncio.ensure_future(pool.run(first))
        await asyncio.to_thread(started.wait, 20)
        waiting = asyncio.ensure_future(pool.run(done.append, "second"))
        # The first goes on only when the second was dropped.
        waiting.add_done_callback(lambda _: go.set())
        await asyncio.sleep(0)
        await asyncio.to_thread(pool.close)
        await running
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert done == ["first"]

    asyncio.run(run())


def test_a_caller_that_gives_up_does_not_stop_the_others() -> None:
    go = threading.Event()

    async def run(pool: Workers) -> int:
        slow = asyncio.ensure_future(pool.run(go.wait, 20))
        await asyncio.sleep(0)
        slow.cancel()
        go.set()
        return await pool.run(int, "7")

    with workers(1) as pool:
        assert asyncio.run(run(pool)) == 7


@pytest.mark.parametrize(("threads", "least"), [(None, 2), (3, 3)])
def test_as_wide_as_the_machine_unless_told(threads: int | None, least: int) -> None:
    barrier = threading.Barrier(least, timeout=20)

    async def run(pool: Workers) -> None:
        await asyncio.gather(*(pool.run(barrier.wait) for _ in range(least)))

    with workers(threads) as pool:
        asyncio.run(run(pool))
