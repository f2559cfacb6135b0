from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import CancelledError

import pytest

from rtnb.errors import LoopThreadError
from rtnb.session.wire.loop import LoopThread, shared_loop

NAME = "rtnb-loop-under-test"


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    made = LoopThread(NAME)
    made.acquire("user")
    yield made
    made.release("user")
    assert not threads()


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == NAME]


async def where() -> str:
    return threading.current_thread().name


def test_runs_on_one_daemon_thread_of_its_own(loop: LoopThread) -> None:
    assert loop.run(where()) == NAME
    assert loop.run(where()) == NAME
    (thread,) = threads()
    assert thread.daemon
    assert not loop.here
    assert loop.call(lambda: loop.here)


def test_lives_from_the_first_user_to_the_last() -> None:
    loop = LoopThread(NAME)
    assert not threads()
    loop.acquire("one")
    loop.acquire("one")
    loop.acquire("two")
    (thread,) = threads()
    loop.release("one")
    assert thread.is_alive()
    loop.release("two")
    assert not thread.is_alive()
    loop.acquire("three")
    assert loop.run(where()) == NAME
    loop.release("three")
    loop.release("three")
    assert not threads()


def test_many_threads_share_it(loop: LoopThread) -> None:
    ready, names = threading.Barrier(8), list[str]()

    def use() -> None:
        ready.wait(20)
        for _ in range(20):
            holder = object()
            loop.acquire(holder)
            names.append(loop.run(where()))
            loop.release(holder)

    users = [threading.Thread(target=use) for _ in range(8)]
    for user in users:
        user.start()
    for user in users:
        user.join(20)
    assert names == [NAME] * 160
    assert len(threads()) == 1


def test_results_and_failures_come_back(loop: LoopThread) -> None:
    async def fail() -> None:
        raise LookupError("nothing there")

    def fail_plainly() -> None:
        raise LookupError("nothing here")

    with pytest.raises(LookupError, match="there"):
        loop.run(fail())
    with pytest.raises(LookupError, match="here"):
        loop.call(fail_plainly)
    assert loop.submit(asyncio.sleep(0, result=5)).result(20) == 5
    assert loop.call(lambda: 7) == 7


def test_waiting_for_oneself_is_refused_at_once(loop: LoopThread) -> None:
    async def call_a_blocking_verb() -> None:
        loop.run(where())

    with pytest.raises(LoopThreadError, match="AsyncSession"):
        loop.run(call_a_blocking_verb())


def test_plain_calls_work_on_the_loop_thread_itself(loop: LoopThread) -> None:
    assert loop.call(lambda: loop.call(lambda: "inner")) == "inner"


def test_a_timeout_cancels_the_work(loop: LoopThread) -> None:
    cancelled = threading.Event()

    async def long() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(TimeoutError):
        loop.run(long(), timeout=0.01)
    assert cancelled.wait(20)


def test_work_that_is_still_running_at_the_end_may_clean_up() -> None:
    loop = LoopThread(NAME)
    loop.acquire("user")
    started, cleaned = threading.Event(), list[str]()

    async def long() -> None:
        try:
            started.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.append("done")

    future = loop.submit(long())
    assert started.wait(20)
    loop.release("user")
    assert cleaned == ["done"]
    with pytest.raises(CancelledError):
        future.result(20)


def test_generators_and_executors_end_with_it() -> None:
    loop = LoopThread(NAME)
    loop.acquire("user")
    closed: list[str] = []

    async def numbers() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append("generator")

    kept = numbers()

    async def first() -> int:
        return await anext(kept)

    assert loop.run(first()) == 1
    loop.run(asyncio.to_thread(int))
    before = threading.active_count()
    loop.release("user")
    assert closed == ["generator"]
    assert threading.active_count() < before


def test_the_last_user_may_be_on_the_loop() -> None:
    loop = LoopThread(NAME)
    loop.acquire("user")
    (thread,) = threads()
    loop.call(lambda: loop.release("user"))
    thread.join(20)
    assert not thread.is_alive()


def test_work_without_a_loop_is_refused_and_not_left_lying() -> None:
    loop = LoopThread(NAME)
    with pytest.raises(RuntimeError, match="not running"):
        loop.run(where())
    with pytest.raises(RuntimeError, match="not running"):
        loop.submit(where())


def test_one_for_the_process() -> None:
    assert shared_loop() is shared_loop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning", "ignore:coroutine:RuntimeWarning")
def test_a_loop_that_dies_leaves_nobody_waiting() -> None:
    # SystemExit in a callback takes a loop with it; what was submitted, before or at that moment, must end too.
    for _ in range(50):
        loop = LoopThread(NAME)
        loop.acquire("user")
        sleeping = loop.submit(asyncio.sleep(60))
        started = threading.Event()

        async def die(started: threading.Event = started) -> None:
            asyncio.get_running_loop().call_soon(exec, "raise SystemExit")
            started.set()

        late = [loop.submit(die())]
        started.wait(10)
        with contextlib.suppress(RuntimeError):
            while True:
                late.append(loop.submit(asyncio.sleep(0)))
        for future in (sleeping, *late):
            assert future.exception(10) is None or "has ended" in str(future.exception())
        with pytest.raises(RuntimeError, match="has ended"):
            sleeping.result(0)
        assert not loop.running
        loop.release("user")
