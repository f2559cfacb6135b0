from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from rtnb.server import workers as module
from rtnb.server.watching import SESSION_ID
from rtnb.server.workers import Workers


@contextmanager
def workers(threads: int | None = None, clock: Callable[[], float] = float) -> Iterator[Workers]:
    made = Workers(threads, clock=clock)
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


@pytest.mark.parametrize("urgent", [False, True])
@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), StopIteration()])
def test_no_work_ends_the_loop(error: BaseException, urgent: bool) -> None:
    def fail() -> None:
        raise error

    async def run(pool: Workers) -> int:
        with pytest.raises(RuntimeError, match=type(error).__name__):
            await pool.run(fail, urgent=urgent)
        return await pool.run(int, "7", urgent=urgent)

    with workers(1) as pool:
        assert asyncio.run(run(pool)) == 7


def test_closing_leaves_behind_what_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "END_S", 0.01)
    go, started = threading.Event(), threading.Event()
    before = set(threading.enumerate())

    async def run() -> None:
        pool = Workers(1)
        hanging = asyncio.ensure_future(pool.run(lambda: (started.set(), go.wait(60))))
        await asyncio.sleep(0)
        assert await asyncio.to_thread(started.wait, 30)
        pool.close()
        assert not hanging.done()
        go.set()
        await hanging

    asyncio.run(run())
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("rtnb-speech"):
            assert thread.daemon
            thread.join(30)


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


class Order:
    """Work that says when it ran, and waits to be let go on where the test wants it to."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.started, self.go = threading.Event(), threading.Event()

    def hold(self, name: str) -> None:
        self.log.append(name)
        self.started.set()
        assert self.go.wait(20)


async def queued(pool: Workers, order: Order, waiting: list[tuple[str, object]]) -> None:
    """Runs what waits, in the order given, behind something that keeps a thread."""
    held = asyncio.ensure_future(pool.run(order.hold, "held", owner="greedy"))
    await asyncio.to_thread(order.started.wait, 20)
    jobs = [asyncio.ensure_future(pool.run(order.log.append, name, owner=owner)) for name, owner in waiting]
    await asyncio.sleep(0)
    order.go.set()
    await asyncio.gather(held, *jobs)


def test_owners_take_turns() -> None:
    order = Order()
    with workers(1) as pool:
        waiting: list[tuple[str, object]] = [(f"g{n}", "greedy") for n in range(5)] + [
            ("a0", "a"),
            ("b0", "b"),
            ("a1", "a"),
        ]
        asyncio.run(queued(pool, order, waiting))
    assert order.log == ["held", "g0", "a0", "b0", "g1", "a1", "g2", "g3", "g4"]


def test_one_owner_leaves_a_thread_to_the_others() -> None:
    order = Order()

    async def run(pool: Workers) -> None:
        held = [asyncio.ensure_future(pool.run(order.hold, "greedy", owner="greedy")) for _ in range(9)]
        await asyncio.to_thread(order.started.wait, 20)
        # Comes back while the greedy one still runs, and would not if it had both threads.
        assert await pool.run(int, "7", owner="modest") == 7
        assert order.log == ["greedy"]
        order.go.set()
        await asyncio.gather(*held)

    with workers(2) as pool:
        asyncio.run(run(pool))
    assert order.log == ["greedy"] * 9


def test_detection_waits_for_nobody() -> None:
    order = Order()

    async def run(pool: Workers) -> None:
        held = asyncio.ensure_future(pool.run(order.hold, "held"))
        await asyncio.to_thread(order.started.wait, 20)
        assert await pool.run(int, "7", urgent=True) == 7
        order.go.set()
        await held

    with workers(1) as pool:
        asyncio.run(run(pool))


def test_what_is_given_up_does_not_stand_in_its_owners_way() -> None:
    order = Order()

    async def run(pool: Workers) -> None:
        thrown_away = asyncio.ensure_future(pool.run(order.hold, "early", owner="me"))
        await asyncio.to_thread(order.started.wait, 20)
        waiting = asyncio.ensure_future(pool.run(order.log.append, "never", owner="me"))
        await asyncio.sleep(0)
        waiting.cancel()
        thrown_away.cancel()
        await asyncio.gather(waiting, thrown_away, return_exceptions=True)
        assert await pool.run(int, "7", owner="me") == 7
        order.go.set()

    with workers(2) as pool:
        asyncio.run(run(pool))
    assert order.log == ["early"]


def test_nothing_is_taken_on_after_the_end() -> None:
    with workers() as pool:
        pool.close()
        with pytest.raises(RuntimeError, match="closed"):
            asyncio.run(pool.run(int, "7"))


def test_who_has_had_little_does_not_wait_for_all_who_have_had_much() -> None:
    order, now_s = Order(), [0.0]

    def recognise(name: str) -> None:
        order.log.append(name)
        now_s[0] += 10 + len(order.log)

    def speak(name: str) -> None:
        order.log.append(name)
        now_s[0] += 1

    async def run(pool: Workers) -> None:
        held = asyncio.ensure_future(pool.run(order.hold, "held"))
        await asyncio.to_thread(order.started.wait, 20)
        greedy = [asyncio.ensure_future(pool.run(recognise, f"{who}{n}", owner=who)) for who in "abc" for n in range(2)]
        modest = [asyncio.ensure_future(pool.run(speak, f"m{n}", owner="m")) for n in range(4)]
        await asyncio.sleep(0)
        order.go.set()
        await asyncio.gather(held, *greedy, *modest)

    with workers(1, lambda: now_s[0]) as pool:
        asyncio.run(run(pool))
    assert order.log == ["held", "a0", "b0", "c0", "m0", "m1", "m2", "m3", "a1", "b1", "c1"]


def test_who_stood_aside_has_no_credit() -> None:
    order, now_s = Order(), [0.0]

    def work(name: str) -> None:
        order.log.append(name)
        now_s[0] += 1

    async def run(pool: Workers) -> None:
        for _ in range(50):
            await pool.run(work, "early", owner="a")
        order.log.clear()
        await queued(pool, order, [("a", "a"), ("b", "b"), ("a", "a"), ("b", "b")])

    async def queued(pool: Workers, order: Order, waiting: list[tuple[str, str]]) -> None:
        held = asyncio.ensure_future(pool.run(order.hold, "held"))
        await asyncio.to_thread(order.started.wait, 20)
        jobs = [asyncio.ensure_future(pool.run(work, name, owner=owner)) for name, owner in waiting]
        await asyncio.sleep(0)
        order.go.set()
        await asyncio.gather(held, *jobs)

    with workers(1, lambda: now_s[0]) as pool:
        asyncio.run(run(pool))
    # What the one had had when it was alone costs it no more than one turn.
    assert order.log[0] == "held" and sorted(order.log[1:3]) == ["a", "b"]


def test_owners_of_the_past_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 5)

    async def run(pool: Workers) -> None:
        for n in range(40):
            await pool.run(int, "7", owner=n)
            assert len(pool._had_s) <= 11

    with workers(2) as pool:
        asyncio.run(run(pool))


def test_no_owner_is_kept() -> None:
    class Session:
        pass

    async def run(pool: Workers) -> weakref.ref[Session]:
        session = Session()
        assert await pool.run(int, "7", owner=(session, "turn")) == 7
        return weakref.ref(session)

    with workers(2) as pool:
        left = asyncio.run(run(pool))
        pool._pool.shutdown(wait=True)
        gc.collect()
        assert left() is None


def test_it_tells_how_much_there_is_to_do() -> None:
    go = threading.Event()

    async def run() -> None:
        with workers(1) as pool:
            jobs = [asyncio.ensure_future(pool.run(go.wait, 20, owner=index)) for index in range(3)]
            soon = asyncio.ensure_future(pool.run(go.wait, 20, urgent=True))
            await asyncio.sleep(0)
            depth = pool.depth()
            assert (depth.threads, depth.running, depth.waiting, depth.urgent) == (1, 1, 2, 1)
            go.set()
            await asyncio.gather(*jobs, soon)
            depth = pool.depth()
            assert (depth.running, depth.waiting, depth.urgent) == (0, 0, 0)

    asyncio.run(run())


def test_it_tells_how_long_work_has_waited() -> None:
    times, told = iter([1.0, 4.0, 4.5]), list[float]()
    with workers(1, clock=lambda: next(times)) as pool:
        pool.waited = told.append
        asyncio.run(pool.run(int))
    assert told == [3.0]


def test_threads_know_whose_work_they_do() -> None:
    async def run(pool: Workers) -> tuple[str, str]:
        SESSION_ID.set("sess_1")
        return await pool.run(SESSION_ID.get), await pool.run(SESSION_ID.get, urgent=True)

    with workers() as pool:
        assert asyncio.run(run(pool)) == ("sess_1", "sess_1")
