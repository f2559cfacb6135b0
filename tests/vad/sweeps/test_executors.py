"""Whoever does the work, its trouble is one clear error."""

from __future__ import annotations

import os
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

import rtnb
from rtnb.errors import ConfigError, ModelError
from rtnb.vad.sweeps.executors import borrowed, worked
from rtnb.vad.sweeps.running import sweep

GRID = {"threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200, "turn_gap_s": 0.7, "cache": False}


class Untouchable:
    """An engine that cannot be pickled."""

    name, rate_hz, hop = "untouchable", 16000, 512

    def __init__(self):
        self.work = lambda samples: np.zeros(samples.size // 512, np.float32)

    def stream(self):
        return self

    def push(self, samples):
        return self.work(samples)


class Deadly:
    """An engine that takes its process with it."""

    name, rate_hz, hop = "deadly", 16000, 512

    def stream(self):
        os._exit(3)


def end_at(number: int) -> int:
    if number == 2:
        os._exit(3)
    return number


def quiet(done: int) -> None:
    pass


def plus(number: int) -> int:
    return 10 // number


def spawn(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def test_results_are_in_order_and_progress_is_told():
    told: list[int] = []
    with ThreadPoolExecutor(2) as pool:
        assert worked(pool, plus, [(1,), (2,), (5,)], "abc", told.append) == [10, 5, 2]
    # What the work itself raises stays as it is.
    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        worked(pool, plus, [(1,), (0,)], "ab", told.append)


def test_what_cannot_be_pickled():
    with spawn(1) as pool:
        with pytest.raises(ConfigError, match=r"cannot be sent to the executor's processes: .*lambda.*module:callable"):
            sweep(rtnb.sample("labelled"), **GRID, engine=Untouchable(), executor=pool)
        # The pool is as good as before.
        assert len(sweep(rtnb.sample("labelled"), **GRID, engine="energy", executor=pool)) == 1


def test_a_worker_that_dies_names_what_was_not_done():
    with spawn(1) as pool:
        assert worked(pool, end_at, [(0,)], "z", quiet) == [0]
        with pytest.raises(ModelError, match=r"before 1 recording was done: c\. Memory") as told:
            worked(pool, end_at, [(2,)], "c", quiet)
        assert "BrokenProcessPool" in str(told.value)
        # Nor does a broken pool take anything more.
        with pytest.raises(ModelError, match="before 2 recordings were done: a, b"):
            worked(pool, end_at, [(0,), (1,)], "ab", quiet)


def test_an_engine_that_ends_its_process():
    with spawn(1) as pool, pytest.raises(ModelError, match=r"8 recordings were done: ami_trn01, .*one by one"):
        sweep(rtnb.sample("labelled"), **GRID, engine=Deadly(), executor=pool)


@pytest.mark.parametrize("pool", [ThreadPoolExecutor(1), ProcessPoolExecutor(1)], ids=["threads", "processes"])
def test_an_executor_that_was_shut_down(pool: Executor):
    pool.shutdown()
    with pytest.raises(ConfigError, match=r"The executor is shut down and takes no work .*: make a new one"):
        sweep(rtnb.sample("labelled"), **GRID, engine="energy", executor=pool)


def test_an_executor_that_is_shut_down_meanwhile():
    pool = ThreadPoolExecutor(1)

    def stop(number: int) -> int:
        # Not before the others wait for their turn.
        for _ in range(10_000):
            if pool._work_queue.qsize() >= 2:
                break
            time.sleep(0.001)
        pool.shutdown(wait=False, cancel_futures=True)
        return number

    with pytest.raises(ConfigError, match="The executor called the work off"):
        worked(pool, stop, [(1,), (2,), (3,)], "abc", quiet)


def test_what_is_no_executor():
    for value in (4, object(), ThreadPoolExecutor):
        with pytest.raises(ConfigError, match="An executor is one of"), borrowed(value):
            pass
