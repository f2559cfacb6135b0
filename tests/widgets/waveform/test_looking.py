"""Looking at what grows without telling."""

from __future__ import annotations

import threading

import pytest

from rtnb.widgets.waveform.looking import Looking


def test_an_error_ends_nothing_and_the_end_does() -> None:
    seen = threading.Event()

    def look() -> None:
        seen.set()
        raise ValueError("once")

    looking = Looking(lambda: True, look, every_s=0.01)
    assert seen.wait(10)
    assert not looking.wait(0.05)
    looking.end()
    assert looking.wait(10)


def test_failures_in_a_row_are_said_once_and_so_is_their_end(caplog: pytest.LogCaptureFixture) -> None:
    looks = [ValueError("one"), ValueError("two"), None, None]
    said: list[str] = []

    def look() -> None:
        if (error := looks.pop(0)) is not None:
            raise error

    looking = Looking(lambda: len(looks) > 1, look, every_s=0.01, failed=lambda error: said.append(str(error)))
    assert looking.wait(10)
    assert said == ["one", "None"]
    assert len([each for each in caplog.records if "cannot follow" in each.message]) == 1
