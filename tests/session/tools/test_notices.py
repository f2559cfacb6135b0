"""What is told once; that functions hang is seen over a socket in test_running.py."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from rtnb.session.tools.notices import SEVERAL, ToolNotices


def test_each_is_told_once_and_hanging_functions_whenever_there_are_twice_as_many() -> None:
    told: list[str] = []
    core: Any = SimpleNamespace(over=False, tell=told.append)
    threads: Any = SimpleNamespace(hung=0)
    notices = ToolNotices(core, threads)
    for _ in range(3):
        notices.once("a", "A.")
        notices.queued("work")
    assert len(told) == 2 and "work waits" in told[1]
    for threads.hung in (SEVERAL - 1, SEVERAL, SEVERAL + 1, 2 * SEVERAL):
        notices.hung()
    assert [text.split()[0] for text in told[2:]] == [str(SEVERAL), str(2 * SEVERAL)]
    notices.blocked()
    assert "has blocked its loop for 3 s" in told[-1]
    core.over = True
    notices.blocked()
    notices.once("b", "B.")
    assert len(told) == 5
