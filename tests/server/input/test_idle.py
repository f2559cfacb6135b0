"""The silence after an answer, on a clock that the test turns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from rtnb.server.input.idle import IdleTimer


@dataclass
class Call:
    at_s: float
    callback: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class Clock:
    now_s: float = 0.0
    calls: list[Call] = field(default_factory=list)

    def later(self, delay_s: float, callback: Callable[[], None]) -> Call:
        assert delay_s >= 0
        self.calls.append(Call(self.now_s + delay_s, callback))
        return self.calls[-1]

    def turn(self, to_s: float) -> None:
        while due := [call for call in self.calls if not call.cancelled and call.at_s <= to_s]:
            first = min(due, key=lambda call: call.at_s)
            self.calls.remove(first)
            self.now_s = first.at_s
            first.callback()
        self.now_s = to_s


class World:
    def __init__(self, timeout_ms: int | None = 5000) -> None:
        self.timeout_ms = timeout_ms
        self.clock = Clock()
        self.fired: list[tuple[float, float]] = []
        self.timer = IdleTimer(
            lambda: self.timeout_ms,
            lambda: 1000 * self.clock.now_s,
            lambda start_ms: self.fired.append((start_ms, 1000 * self.clock.now_s)),
            call_later=self.clock.later,
        )


def test_it_counts_from_the_end_of_playback() -> None:
    world = World()
    world.clock.turn(10)
    world.timer.begin(2500)
    world.clock.turn(17.4)
    assert not world.fired and world.timer.running
    world.clock.turn(17.5)
    assert world.fired == [(12_500, 17_500)]
    world.clock.turn(100)
    assert len(world.fired) == 1 and not world.timer.running


@pytest.mark.parametrize("left_ms", [0, -300])
def test_an_answer_that_has_been_heard_is_silence_at_once(left_ms: float) -> None:
    world = World()
    world.timer.begin(left_ms)
    world.clock.turn(5)
    assert world.fired == [(0, 5000)]


@pytest.mark.parametrize("stopped_s", [1, 4])
def test_it_can_be_stopped_while_the_answer_plays_and_afterwards(stopped_s: float) -> None:
    world = World()
    world.timer.begin(2000)
    world.clock.turn(stopped_s)
    world.timer.stop()
    world.timer.stop()
    world.clock.turn(60)
    assert world.fired == [] and not world.timer.running


def test_the_next_answer_starts_it_anew() -> None:
    world = World()
    world.timer.begin(1000)
    world.clock.turn(4)
    world.timer.begin(1000)
    world.clock.turn(60)
    assert world.fired == [(5000, 10_000)]


def test_no_timeout_no_clock() -> None:
    world = World(None)
    world.timer.begin(1000)
    assert world.clock.calls == []
    world.timeout_ms = 5000
    world.timer.begin(1000)
    world.timeout_ms = None
    world.clock.turn(60)
    assert world.fired == [] and not world.timer.running
