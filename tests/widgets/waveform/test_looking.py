"""Looking at what grows without telling."""

from __future__ import annotations

import threading

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
