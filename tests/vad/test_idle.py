"""Idle timeouts that are predicted, against the embedded server's own timer on a clock that the test turns."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.server.input.idle import IdleTimer
from rtnb.vad.idle import Playback, Timeout, timeouts
from rtnb.vad.turns import DetectedTurn


def turn(start_s: float, stop_s: float) -> DetectedTurn:
    """Known to start and to stop at these times."""
    return DetectedTurn(start_s, stop_s, round(1000 * start_s), round(1000 * stop_s), True, start_s, stop_s)


ONE = [turn(1.0, 3.0)]
ANSWERS = Playback(delay_s=0.5, answer_s=2.0)


def test_silence_is_counted_from_the_end_of_playback() -> None:
    assert timeouts(ONE, ANSWERS, 6000, until_ms=11_500) == ()
    (found,) = timeouts(ONE, ANSWERS, 6000, until_ms=11_600)
    assert found == Timeout(5500, 11_500, 11_500.0)


def test_every_timeout_is_answered_and_the_next_one_counts_from_there() -> None:
    found = timeouts(ONE, ANSWERS, 6000, until_ms=30_000)
    starts = [each.audio_start_ms for each in found]
    assert starts == [5500, 14_000, 22_500] and [each.audio_end_ms - 6000 for each in found] == starts


def test_speech_ends_the_count_and_begins_another_behind_its_answer() -> None:
    found = timeouts([*ONE, turn(11.0, 12.0)], ANSWERS, 6000, until_ms=25_000)
    assert found == (Timeout(14_500, 20_500, 20_500.0),)


def test_speech_interrupts_an_answer_or_lets_it_play_out() -> None:
    turns = [*ONE, turn(4.0, 5.0)]
    long = Playback(delay_s=0.5, answer_s=10.0)
    # The first answer ends at 4 s, the second one plays from 5.5 to 15.5 s.
    assert timeouts(turns, long, 6000, until_ms=25_000) == (Timeout(15_500, 21_500, 21_500.0),)
    # The first one plays from 3.5 to 13.5 s and the second one behind it.
    (found,) = timeouts(turns, long, 6000, until_ms=30_000, interrupt_response=False)
    assert found == Timeout(23_500, 29_500, 29_500.0)


def test_speech_before_the_answer_begins_leaves_none() -> None:
    turns = [*ONE, turn(3.2, 30.0)]
    assert timeouts(turns, ANSWERS, 6000, until_ms=30_000) == ()
    assert timeouts(turns, ANSWERS, 6000, until_ms=30_000, interrupt_response=False) == ()


def test_nothing_is_counted_without_answers_or_before_the_first() -> None:
    assert timeouts([], ANSWERS, 5000, until_ms=100_000) == ()
    assert timeouts(ONE, ANSWERS, 5000, until_ms=100_000, create_response=False) == ()


def test_answers_may_differ_in_length() -> None:
    answers = Playback(delay_s=0.5, answer_s=lambda number: 1.0 + number)
    found = timeouts(ONE, answers, 6000, until_ms=30_000)
    assert [each.audio_start_ms for each in found] == [4500, 13_000, 22_500]


@pytest.mark.parametrize("options", [{"delay_s": -1}, {"answer_s": math.nan}, {"delay_s": "soon"}, {"answer_s": True}])
def test_times_that_cannot_be_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=f"Playback: {next(iter(options))}"):
        Playback(**{"delay_s": 0.5, "answer_s": 2.0, **options})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"answer_s\(0\)"):
        timeouts(ONE, Playback(delay_s=0.5, answer_s=lambda number: -1.0), 6000, until_ms=30_000)


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

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Call:
        self.calls.append(Call(self.now_s + delay_s, callback))
        return self.calls[-1]

    def turn(self, to_s: float) -> None:
        while due := [call for call in self.calls if not call.cancelled and call.at_s < to_s]:
            first = min(due, key=lambda call: call.at_s)
            self.calls.remove(first)
            self.now_s = first.at_s
            first.callback()
        self.now_s = to_s


class Server:
    """The server's timer with what a session does around it, on audio that is sent in real time."""

    def __init__(self, playback: Playback, timeout_ms: int, interrupt: bool) -> None:
        self.clock = Clock()
        self.found: list[tuple[int, int]] = []
        self.playback, self.interrupt = playback, interrupt
        self.speaking, self.answers = False, 0
        self.answer: Call | None = None
        self.idle = IdleTimer(lambda: timeout_ms, lambda: 1000 * self.clock.now_s, self.fired, clock=self.clock)

    def fired(self, start_ms: float) -> None:
        self.idle.stop()
        self.found.append((int(start_ms), int(1000 * self.clock.now_s)))
        self.respond()

    def respond(self) -> None:
        if self.answer is None:
            self.idle.stop()
            self.answer = self.clock.call_later(self.playback.delay_s, self.answered)

    def answered(self) -> None:
        self.answer = None
        left_ms = 1000 * self.playback.length_s(self.answers)
        self.answers += 1
        (self.idle.plays if self.speaking else self.idle.begin)(left_ms)

    def start(self) -> None:
        self.speaking = True
        self.idle.stop()
        if self.interrupt:
            self.idle.unplayed(math.inf)
            if self.answer is not None:
                self.answer.cancel()
                self.answer = None
                self.idle.plays(0.0)

    def stop(self) -> None:
        self.speaking = False
        self.respond()


# Quarters of a second, so that sums are exact.
QUARTERS = st.integers(1, 60).map(lambda quarters: quarters / 4)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(QUARTERS, QUARTERS), max_size=6),
    st.builds(Playback, delay_s=QUARTERS.map(lambda s: s / 8), answer_s=QUARTERS),
    st.sampled_from([5000, 6000, 10_000]),
    st.booleans(),
)
def test_predictions_are_what_the_servers_timer_does(
    parts: list[tuple[float, float]], playback: Playback, timeout_ms: int, interrupt: bool
) -> None:
    turns, at_s = [], 0.0
    for pause_s, speech_s in parts:
        start_s = at_s + pause_s
        at_s = start_s + speech_s
        turns.append(turn(start_s, at_s))
    server = Server(playback, timeout_ms, interrupt)
    for each in turns:
        server.clock.turn(each.started_at_s)
        server.start()
        server.clock.turn(each.stopped_at_s)
        server.stop()
    until_s = at_s + 40
    server.clock.turn(until_s)
    found = timeouts(turns, playback, timeout_ms, until_ms=1000 * until_s, interrupt_response=interrupt)
    assert [(each.audio_start_ms, each.audio_end_ms) for each in found] == server.found
