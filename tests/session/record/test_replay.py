"""Replays: the same state as the live fold at every moment, at any pace, without a clock of their own."""

from __future__ import annotations

import asyncio
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.logs import b64, pcm

from rtnb.errors import ConfigError
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.record.log import EventLog
from rtnb.session.record.replay import Cursor, Replay
from rtnb.session.views.snapshots import Observer

PLACE = {"response_id": "r", "item_id": "a", "output_index": 0, "content_index": 0}


def a_log():
    log = EventLog(start_s=0.0, start_wall_s=1_795_000_000.0)

    def at(now_s, direction, kind, **members):
        log.record({"type": kind, **members}, direction, now_s=now_s)

    asked = {"id": "u", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello?"}]}
    response = {"id": "r", "status": "in_progress", "output": []}
    said = {"id": "a", "type": "message", "role": "assistant", "content": []}
    at(0.0, "received", "session.created", session={"type": "realtime", "model": "m"})
    at(0.5, "sent", "conversation.item.create", event_id="c1", item=asked)
    at(0.5, "sent", "response.create", event_id="c2")
    at(0.6, "received", "conversation.item.added", item=asked, previous_item_id=None)
    at(1.0, "received", "response.created", response=response)
    at(1.1, "received", "response.output_item.added", response_id="r", item=said)
    for n, word in enumerate(("Good", " day", ".")):
        at(1.2 + n / 10, "received", "response.output_audio_transcript.delta", delta=word, **PLACE)
        at(1.2 + n / 10, "received", "response.output_audio.delta", delta=b64(pcm(100)), **PLACE)
    # Late in the log though early by its time: order counts.
    at(1.35, "received", "response.done", response={**response, "status": "completed"})
    at(30.0, "sent", "response.cancel")
    return log


LOG = a_log()
TIMES = sorted({event.t_s for event in LOG})


class Clock:
    """Time that passes only in sleep."""

    def __init__(self, interrupt_after=math.inf):
        self.now = 100.0
        self.sleeps = []
        self._left = interrupt_after

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt
        self.sleeps.append(seconds)
        self.now += seconds

    async def sleep_async(self, seconds):
        self.sleep(seconds)
        await asyncio.sleep(0)


def a_replay(clock=None, **members):
    clock = clock or Clock()
    return Replay(LOG, endpoint="it", clock=clock, sleep=clock.sleep, **members)


def as_it_stood(count):
    talk = Conversation()
    for event in LOG[:count]:
        talk.apply(event)
    return Observer(talk, LOG, "it").session("recording")


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(0, 40), st.sampled_from(TIMES)), max_size=8))
def test_wherever_it_goes_it_stands_as_the_fold_does(moves):
    replay = a_replay()
    for to_s in moves:
        if to_s is None:
            replay.step()
        else:
            replay.seek(to_s)
            assert replay.t_s == min(to_s, replay.length_s)
        count = 0 if replay.event is None else replay.event.seq + 1
        assert replay.view() == as_it_stood(count)


def test_a_moment_in_the_middle():
    replay = a_replay().seek(1.25)
    assert replay.turns[0].assistant_text == "Good"
    assert replay.turns[0].status == "in_progress"
    assert replay.seek(1.0).turns[0].assistant_text == ""
    assert replay.seek(0.55).turns[0].status == "waiting"
    assert replay.seek(0).turns == []
    assert replay.event.type == "session.created"


def test_steps():
    replay = a_replay()
    assert replay.event is None
    assert [each.event.seq for each in replay.steps()] == list(range(len(LOG)))
    assert replay.done
    assert replay.step() is None
    replay.seek(0)
    texts = [each.turns[0].assistant_text for each in replay.steps(until="response.output_audio_transcript.delta")]
    assert texts == ["Good", "Good day", "Good day."]
    assert replay.done, "the rest was gone through in search of another"
    assert a_replay().step(until="response").type == "response.create"


@pytest.mark.parametrize("speed", [1, 2.0, 0.5])
def test_the_pace_is_that_of_the_session(speed):
    clock, seen = Clock(), []
    replay = a_replay(clock)
    replay.play(speed, on_event=lambda event: seen.append((event.seq, (clock.now - 100) * speed)))
    assert [seq for seq, _ in seen] == list(range(len(LOG)))
    due = 0.0
    for seq, when in seen:
        due = max(due, LOG[seq].t_s)
        assert when == pytest.approx(due, abs=1e-6)
    assert max(clock.sleeps) <= 0.25, "an interrupt need not wait, and a card is redrawn"
    assert replay.done


@pytest.mark.parametrize("speed", ["fast", math.inf])
def test_fast_waits_for_nothing(speed):
    clock = Clock()
    replay = a_replay(clock)
    replay.play(speed)
    assert replay.done
    assert sum(clock.sleeps) == 0
    assert replay.view() == as_it_stood(len(LOG))


def test_long_waits_are_shortened():
    clock = Clock()
    a_replay(clock).play(longest_wait_s=0.5)
    assert sum(clock.sleeps) == pytest.approx(0.5 + 0.1 + 0.4 + 0.1 * 4 + 0.5, abs=0.06)


def test_it_goes_on_after_an_interrupt_and_begins_anew_at_its_end():
    clock = Clock(interrupt_after=3)
    replay = a_replay(clock)
    with pytest.raises(KeyboardInterrupt):
        replay.play()
    stopped = replay.t_s
    assert 0 < stopped < 1.1
    clock._left = math.inf
    seen = []
    replay.play("fast", on_event=lambda event: seen.append(event.seq))
    assert seen[0] > 0
    assert seen[-1] == len(LOG) - 1
    seen.clear()
    replay.play("fast", on_event=lambda event: seen.append(event.seq))
    assert seen == list(range(len(LOG)))


def test_until():
    clock = Clock()
    replay = a_replay(clock)
    replay.play(2, until_s=1.25)
    assert replay.t_s == 1.25
    assert replay.turns[0].assistant_text == "Good"
    replay.play(until_s=1.0)
    assert replay.t_s == 1.25


def test_on_an_event_loop():
    clock, seen = Clock(), []

    async def main():
        replay = a_replay(clock)
        await replay.play_async(4, sleep=clock.sleep_async)
        assert replay.done
        replay.seek(0)
        async for each in replay.steps_async("response"):
            seen.append(each.event.type)

    asyncio.run(main())
    assert seen[0] == "response.create"
    assert sum(clock.sleeps) == pytest.approx(30 / 4, abs=0.01)


@pytest.mark.parametrize("speed", [0, -1, "slow", None, True, math.nan])
def test_speeds_that_are_none(speed):
    with pytest.raises(ConfigError, match="above 0"):
        a_replay().play(speed)


@pytest.mark.parametrize("t_s", [None, "1", math.nan])
def test_moments_that_are_none(t_s):
    with pytest.raises(ConfigError, match="number of seconds"):
        a_replay().seek(t_s)


def test_it_shows_itself():
    replay = a_replay().seek(1.25)
    assert "1.25 of 30.00 s" in repr(replay)
    assert "text/html" in replay._repr_mimebundle_()


def test_nothing_to_play():
    empty = Replay(EventLog(start_s=0, start_wall_s=0), endpoint="")
    empty.play()
    assert empty.done
    assert empty.seek(5).t_s == 0
    assert empty.turns == []


def test_a_cursor_of_a_growing_log_keeps_to_what_there_was():
    log = EventLog(start_s=0, start_wall_s=0)
    log.record({"type": "response.cancel"}, "sent", now_s=0.0)
    cursor = Cursor(log)
    log.record({"type": "response.cancel"}, "sent", now_s=1.0)
    assert cursor.advance(5) == 1
