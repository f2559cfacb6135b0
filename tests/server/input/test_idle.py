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

    def time(self) -> float:
        return self.now_s

    @property
    def running(self) -> bool:
        return any(not call.cancelled for call in self.calls)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Call:
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
            clock=self.clock,
        )


def test_it_counts_from_the_end_of_playback() -> None:
    world = World()
    world.clock.turn(10)
    world.timer.begin(2500)
    world.clock.turn(17.4)
    assert not world.fired and world.clock.running
    world.clock.turn(17.5)
    assert world.fired == [(12_500, 17_500)]
    world.clock.turn(100)
    assert len(world.fired) == 1 and not world.clock.running


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
    assert world.fired == [] and not world.clock.running


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
    assert world.fired == [] and not world.clock.running


def test_an_answer_plays_behind_the_one_before_it() -> None:
    world = World()
    world.timer.begin(4000)
    world.clock.turn(1)
    world.timer.stop()
    world.timer.begin(2000)
    world.clock.turn(60)
    # 4 s and 2 s of playback.
    assert world.fired == [(6000, 11_000)]


def test_what_a_client_throws_away_is_not_waited_for() -> None:
    for thrown_ms, end_s in ((3000, 7.0), (100_000, 2.0)):
        world = World()
        world.timer.begin(10_000)
        world.clock.turn(2)
        world.timer.unplayed(thrown_ms)
        world.clock.turn(60)
        assert world.fired == [(1000 * end_s, 1000 * end_s + 5000)]


def test_silence_that_is_counted_already_goes_on_when_something_old_is_thrown_away() -> None:
    world = World()
    world.timer.begin(1000)
    world.clock.turn(3)
    world.timer.unplayed(500)
    world.clock.turn(60)
    assert world.fired == [(1000, 6000)]


def test_nothing_thrown_away_is_nothing_begun() -> None:
    world = World()
    world.timer.unplayed(1000)
    assert not world.clock.running
