"""Checks run side by side; none ends the others."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from rtnb.checkup.checking import LIGHT, Check, Lane, driven, examined, harmless
from rtnb.checkup.report import Finding, Report
from rtnb.errors import ConfigError


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
    # A cold disk is no problem; whoever needs the result says that it is one.
    assert (found.verdict, found.found, found.remedy) == ("note", "no result within 0.05 s", "Nobody came.")


def test_how_bad_it_is_that_something_hangs() -> None:
    freed = threading.Event()
    assert of(made(lambda: freed.wait(60), limit_s=0.05, late_is="problem")).verdict == "problem"
    freed.set()


def test_what_an_exception_says_is_shown_only_where_it_is_ours_or_the_systems() -> None:
    def failing(error: Exception) -> Finding:
        def probe() -> None:
            raise error

        return of(made(probe))

    told = failing(ValueError("Port could not be cast to integer value as 'hunter2'")).found
    assert "hunter2" not in told and "ValueError (test_checking.py, line " in told
    assert failing(UnicodeError("hunter2")).found.find("hunter2") < 0
    assert failing(ConfigError("Use another one.")).found.endswith("ConfigError: Use another one.")
    assert harmless(ConnectionRefusedError(111, "Connection refused")).endswith("Connection refused")


def test_what_is_skipped_is_not_looked_at() -> None:
    found = of(made(lambda: sys.exit("looked"), skipped="left out"))
    assert (found.verdict, found.found) == ("skipped", "left out")


def test_a_lane_is_one_after_the_other_and_lanes_are_beside_each_other() -> None:
    order, gate = [], threading.Event()

    def first() -> None:
        assert gate.wait(30)
        order.append("first")

    checks = [
        Check("g", "first", first, judged, lane=Lane("a"), limit_s=30),
        Check("g", "second", lambda: order.append("second"), judged, lane=Lane("a"), limit_s=30),
        # Would wait for ever if lanes were not beside each other.
        Check("g", "other", gate.set, judged, lane=Lane("b"), limit_s=30),
    ]
    told = [check.name for check, _ in examined(checks)]
    assert order == ["first", "second"]
    assert sorted(told) == ["first", "other", "second"] and told.index("first") < told.index("second")


def test_a_lane_begins_when_the_one_before_it_has_ended() -> None:
    order: list[str] = []
    heavy = Lane("heavy", after=LIGHT)
    checks = [
        Check("g", "heavy", lambda: order.append("heavy"), judged, lane=heavy),
        *(Check("g", f"light {n}", lambda: order.append("light"), judged) for n in range(20)),
    ]
    assert len(list(examined(checks))) == 21
    assert order == ["light"] * 20 + ["heavy"]
    # Without that other lane it does not wait.
    assert len(list(examined(checks[:1]))) == 1


def test_a_strict_lane_ends_with_what_did_not_end() -> None:
    freed, order = threading.Event(), []
    lane = Lane("heavy", strict=True)
    checks = [
        Check("g", "loading", lambda: freed.wait(60), judged, 0.05, lane),
        Check("g", "pace", lambda: order.append("pace"), judged, 30, lane),
        Check("g", "turns", lambda: order.append("turns"), judged, 30, lane, "left out, as quick was asked for"),
    ]
    found = {check.name: finding for check, (finding,) in examined(checks)}
    freed.set()
    assert not order
    assert {name: each.verdict for name, each in found.items()} == {
        "loading": "note",
        "pace": "skipped",
        "turns": "skipped",
    }
    assert "'loading' did not end" in found["pace"].found and "quick" in found["turns"].found


def test_a_report_is_filled_in_the_order_of_the_checks() -> None:
    gate, told = threading.Event(), []
    report = Report(["g", "h"])
    checks = [
        Check("g", "slow", lambda: gate.wait(30), judged, 30, Lane("a")),
        Check("h", "quick", lambda: 7, judged, 30, Lane("b")),
    ]

    def came(group: str) -> None:
        told.append(group)
        gate.set()

    driven(checks, report, started=lambda: told.append("started"), came=came)
    assert told == ["started", "h", "g"]
    assert [finding.found for finding in report.findings] == ["True", "7"]
