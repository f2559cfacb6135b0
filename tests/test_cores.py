"""How many cores are used."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from rtnb._cores import BACK, CORES, step_back, usable_cores


@pytest.mark.parametrize("said", ["", "none", "-1", "1.5", "²"])
def test_what_says_nothing_changes_nothing(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CORES, raising=False)
    there = usable_cores()
    assert there >= 1
    monkeypatch.setenv(CORES, said)
    assert usable_cores() == there


@pytest.mark.parametrize(("said", "found"), [("1", 1), ("0", 1)])
def test_fewer_are_used_where_it_is_said(said: str, found: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CORES, said)
    assert usable_cores() == found


def test_never_more_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CORES, raising=False)
    there = usable_cores()
    monkeypatch.setenv(CORES, "100000")
    assert usable_cores() == there


@pytest.mark.skipif(sys.platform != "linux", reason="niceness is that of a thread on Linux only")
@pytest.mark.parametrize("shared", [True, False])
def test_a_thread_steps_back_by_itself_and_where_the_machine_is_shared_out(
    shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shared:
        monkeypatch.setenv(CORES, "1")
    else:
        monkeypatch.delenv(CORES, raising=False)
    before = os.getpriority(os.PRIO_PROCESS, 0)
    found: list[int] = []

    def heavy() -> None:
        step_back()
        child = threading.Thread(target=lambda: found.append(_niceness()))
        child.start()
        child.join()
        found.append(_niceness())

    thread = threading.Thread(target=heavy)
    thread.start()
    thread.join()
    assert found == [min(19, before + BACK if shared else before)] * 2
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


def _niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
