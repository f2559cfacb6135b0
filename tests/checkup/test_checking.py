"""Checks run side by side; none ends the others."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from rtnb.checkup.checking import Check, examined
from rtnb.checkup.report import Finding


def judged(facts: object) -> list[Finding]:
    return [Finding("thing", "ok", str(facts))]


def made(probe: Callable[[], Any], **members: Any) -> Check[Any]:
    return Check("group", "thing", probe, judged, **members)


def of(check: Check[Any]) -> Finding:
    (finding,) = check.run()
    return finding


def test_facts_are_judged() -> None:
    assert of(made(lambda: 7)).found == "7"


@pytest.mark.parametrize("error", [ValueError("seven"), SystemExit(3), KeyboardInterrupt()])
def test_an_exception_is_a_finding(error: BaseException) -> None:
    def failing() -> object:
        raise error

    found = of(made(failing))
    assert found.verdict == "problem" and type(error).__name__ in found.found and "report it" in found.remedy


def test_a_judge_that_fails_is_one_too() -> None:
    found = of(Check("group", "thing", lambda: 1, lambda facts: 1 / 0))  # type: ignore[arg-type,return-value]
    assert found.verdict == "problem" and "ZeroDivisionError" in found.found


def test_what_hangs_is_left_behind() -> None:
    freed = threading.Event()
    found = of(made(lambda: freed.wait(60), limit_s=0.05, late="Nobody came."))
    freed.set()
    assert (found.verdict, found.found, found.remedy) == ("problem", "no result within 0.05 s", "Nobody came.")


def test_what_is_skipped_is_not_looked_at() -> None:
    found = of(made(lambda: sys.exit("looked"), skipped="left out"))
    assert (found.verdict, found.found) == ("skipped", "left out")


def test_a_lane_is_one_after_the_other_and_lanes_are_beside_each_other() -> None:
    order, gate = [], threading.Event()

    def first() -> None:
        assert gate.wait(30)
        order.append("first")

    checks = [
        Check("g", "first", first, judged, lane="a", limit_s=30),
        Check("g", "second", lambda: order.append("second"), judged, lane="a", limit_s=30),
        # Would wait for ever if lanes were not beside each other.
        Check("g", "other", gate.set, judged, lane="b", limit_s=30),
    ]
    told = [check.name for check, _ in examined(checks)]
    assert order == ["first", "second"]
    assert sorted(told) == ["first", "other", "second"] and told.index("first") < told.index("second")
