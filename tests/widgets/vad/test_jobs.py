"""One thing at a time, in the background."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from rtnb.errors import ConfigError
from rtnb.widgets.vad.jobs import Job, Jobs


def test_progress_is_told_and_the_end() -> None:
    told: list[Mapping[str, Any]] = []
    jobs = Jobs(told.append)

    def work(job: Job) -> Mapping[str, Any]:
        job.progress(1, 4)
        job.progress(0, 0)
        return {"text": "Fine.", "extra": 7}

    assert jobs.start("Work", work) and jobs.wait(10)
    assert [each["state"] for each in told] == ["running", "running", "running", "done"]
    assert [each.get("part") for each in told] == [None, 0.25, None, None]
    assert told[-1]["extra"] == 7 and jobs.running == ""


def test_there_is_one_at_a_time() -> None:
    go = threading.Event()
    jobs = Jobs(lambda told: None)

    def work(job: Job) -> Mapping[str, Any]:
        go.wait(10)
        return {}

    assert jobs.start("One", work) and jobs.running == "One"
    assert not jobs.start("Other", work)
    go.set()
    assert jobs.wait(10) and jobs.start("Other", work) and jobs.wait(10)


def test_cancelled_work_says_so() -> None:
    told: list[Mapping[str, Any]] = []
    jobs = Jobs(told.append)
    begun = threading.Event()

    def work(job: Job) -> Mapping[str, Any]:
        begun.set()
        while True:
            job.cancel.wait(5)
            job.progress(1, 2)

    jobs.start("Work", work)
    assert begun.wait(10)
    jobs.cancel()
    assert jobs.wait(10) and told[-1]["state"] == "cancelled" and "cancelled" in told[-1]["text"]
    jobs.cancel()


def test_work_that_fails_leaves_a_sentence() -> None:
    told: list[Mapping[str, Any]] = []
    jobs = Jobs(told.append)

    def refuse(job: Job) -> Mapping[str, Any]:
        raise ConfigError("No labels.")

    def break_(job: Job) -> Mapping[str, Any]:
        raise ZeroDivisionError("by zero")

    for work, text in ((refuse, "Work: No labels."), (break_, "Work: ZeroDivisionError: by zero")):
        jobs.start("Work", work)
        assert jobs.wait(10) and told[-1] == {"type": "job", "state": "failed", "name": "Work", "text": text}
