"""Turns of events, whatever a server makes of their order."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rtnb.lab.trials.heard import STARTED, STOPPED, HeardEvent, heard_events, heard_turns
from rtnb.protocol.envelope import AudioRef, AudioStore, Event


def event(t_s: float, kind: str, **body: Any) -> Event:
    return Event(0, t_s, 0.0, "received", kind, body)


def append(t_s: float, ms: int, store: AudioStore) -> Event:
    ref = AudioRef(("audio",), store, *store.append(bytes(48 * ms)))
    return Event(0, t_s, 0.0, "sent", "input_audio_buffer.append", {}, (ref,))


def test_an_event_knows_how_much_had_been_sent() -> None:
    store = AudioStore("input")
    log = [
        append(2.0, 20, store),
        append(2.02, 20, store),
        event(2.03, STARTED, audio_start_ms=10, item_id="item_1"),
        append(2.04, 20, store),
        event(2.5, STOPPED, audio_end_ms=55.4, item_id="item_1"),
    ]
    found, untimed = heard_events(log, bytes_per_ms=48)
    assert [(e.type, e.audio_ms, round(e.at_s, 6), e.sent_ms) for e in found] == [
        ("speech_started", 10, 0.03, 40.0),
        ("speech_stopped", 55, 0.5, 60.0),
    ]
    assert untimed == 0
    assert [e.sent_ms for e in heard_events(log, bytes_per_ms=48, live=False)[0]] == [10.0, 55.4]


def test_events_without_a_time_are_counted_and_left_out() -> None:
    log = [event(0, STARTED), event(0, STARTED, audio_start_ms="soon"), event(0, STOPPED, audio_end_ms=True)]
    assert heard_events(log, bytes_per_ms=48) == ((), 3)


def start(ms: int) -> HeardEvent:
    return HeardEvent("speech_started", ms, ms / 1000, ms + 300.0)


def stop(ms: int) -> HeardEvent:
    return HeardEvent("speech_stopped", ms, ms / 1000, ms + 40.0)


def test_onset_and_end_are_reckoned_from_what_the_server_adds() -> None:
    (turn,) = heard_turns([start(200), stop(1500)], prefix_ms=300, silence_ms=500, sent_ms=4000)
    assert (turn.onset_s, turn.end_s, turn.started_at_s, turn.stopped_at_s) == (0.5, 1.0, 0.5, 1.54)
    assert (turn.audio_start_ms, turn.audio_end_ms, turn.closed) == (200, 1500, True)


def test_speech_shorter_than_its_padding_still_has_an_onset_before_its_end() -> None:
    (turn,) = heard_turns([start(0), stop(600)], prefix_ms=300, silence_ms=500, sent_ms=4000)
    assert turn.onset_s == turn.end_s == 0.1


def test_a_start_without_a_stop_is_open_and_a_stop_alone_is_nothing() -> None:
    turns = heard_turns([stop(50), start(100), start(900), stop(1500), start(2000)], sent_ms=4000)
    assert [(turn.audio_start_ms, turn.audio_end_ms, turn.closed) for turn in turns] == [
        (100, None, False),
        (900, 1500, True),
        (2000, None, False),
    ]
    assert turns[-1].end_s == 4.0


EVENTS = st.lists(st.tuples(st.booleans(), st.integers(0, 5000)), max_size=12)


@given(EVENTS, st.integers(0, 500), st.integers(0, 500))
def test_every_start_makes_one_turn(events: list[tuple[bool, int]], prefix: int, silence: int) -> None:
    told = [start(ms) if is_start else stop(ms) for is_start, ms in events]
    turns = heard_turns(told, prefix_ms=prefix, silence_ms=silence, sent_ms=6000)
    assert len(turns) == sum(is_start for is_start, _ in events)
    assert all(turn.onset_s <= turn.end_s for turn in turns)
