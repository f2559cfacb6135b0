"""At most so often, and always once after the last change."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtnb.widgets.frame import pulse as room
from rtnb.widgets.frame.pulse import Pulse


class Clock:
    """A loop's ``call_later`` with a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[tuple[float, object]] = []

    def get_running_loop(self) -> Clock:
        return self

    def call_later(self, delay: float, call: object) -> Clock:
        self.due.append((self.now + delay, call))
        return self

    def cancel(self) -> None:
        self.due.clear()

    def until(self, moment: float) -> None:
        while self.due and self.due[0][0] <= moment:
            self.now, call = self.due.pop(0)
            call()  # type: ignore[operator]
        self.now = moment


@given(steps=st.lists(st.floats(0.0, 0.3), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_never_too_often_and_never_forgotten(steps: list[float]) -> None:
    clock = Clock()
    told: list[float] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(room, "asyncio", clock)
        pulse = Pulse(lambda: told.append(clock.now), per_s=20)
        for step in steps:
            clock.until(clock.now + step)
            pulse.touch()
        last = clock.now
        clock.until(last + 1)
    assert told[-1] >= last and told[0] == pytest.approx(steps[0])
    assert all(later - earlier >= 0.05 - 1e-9 for earlier, later in itertools.pairwise(told))


def test_the_end_tells_what_is_left_and_nothing_after() -> None:
    async def main() -> list[int]:
        told: list[int] = []
        pulse = Pulse(lambda: told.append(1), per_s=1)
        pulse.touch()
        pulse.touch()
        pulse.end()
        pulse.touch()
        pulse.end()
        await asyncio.sleep(0)
        return told

    assert asyncio.run(main()) == [1, 1]


def test_what_fails_is_called_again_with_the_next_change() -> None:
    async def main() -> int:
        calls = 0

        def fail() -> None:
            nonlocal calls
            calls += 1
            raise ValueError

        pulse = Pulse(fail, per_s=1000)
        with pytest.raises(ValueError):
            pulse.touch()
        await asyncio.sleep(0.01)
        with pytest.raises(ValueError):
            pulse.touch()
        return calls

    assert asyncio.run(main()) == 2
