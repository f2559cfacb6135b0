"""Threads that nobody waits for."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import CancelledError, wait

import pytest

from rtnb._threads import DaemonPool


def ours() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("pool-of-a-test")]


def test_threads_start_when_needed_and_end_with_the_pool() -> None:
    begun: list[str] = []
    with DaemonPool(
        2, name="pool-of-a-test", initializer=lambda: begun.append(threading.current_thread().name)
    ) as pool:
        assert not ours()
        meeting = threading.Barrier(2, timeout=30)
        # Two at a time pass, so there are two threads; and no third one.
        wait([pool.submit(meeting.wait) for _ in range(20)])
        assert sorted(ours()) == sorted(begun) == ["pool-of-a-test_0", "pool-of-a-test_1"]
        assert all(thread.daemon for thread in threading.enumerate() if thread.name in begun)
        assert pool.submit(divmod, 7, 2).result(30) == (3, 1)
    assert not ours()
    with pytest.raises(RuntimeError, match="cannot schedule new futures"):
        pool.submit(int)


def test_failures_of_all_kinds_come_back_and_the_thread_goes_on() -> None:
    def fail(error: BaseException) -> None:
        raise error

    with DaemonPool(1, name="pool-of-a-test") as pool:
        for error in (ValueError("no"), SystemExit(3), StopIteration()):
            assert pool.submit(fail, error).exception(30) is error
        assert pool.submit(int, "7").result(30) == 7


def test_what_hangs_is_left_behind_and_what_waits_is_dropped() -> None:
    go, started = threading.Event(), threading.Event()
    pool = DaemonPool(1, name="pool-of-a-test")
    hanging = pool.submit(lambda: (started.set(), go.wait(60))[1])
    waiting = pool.submit(int, "7")
    assert started.wait(30)
    assert not pool.end(0.01)
    with pytest.raises(CancelledError):
        waiting.result(30)
    go.set()
    assert hanging.result(30)
    assert pool.end(30) and not ours()


def test_a_process_ends_although_its_work_does_not() -> None:
    code = (
        "import threading; from rtnb import _threads; _threads.END_S = 0.01\n"
        "begun = threading.Event(); pool = _threads.DaemonPool(2, name='x')\n"
        "pool.submit(lambda: (begun.set(), threading.Event().wait())); begun.wait(); print('over')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "over\n", "")


def test_work_under_way_at_the_end_of_a_process_is_let_end() -> None:
    code = (
        "import threading, time; from rtnb._threads import DaemonPool\n"
        "begun = threading.Event(); pool = DaemonPool(2, name='x')\n"
        "pool.submit(lambda: (begun.set(), time.sleep(0.05), print('done', flush=True))); begun.wait()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout == "done\n"
