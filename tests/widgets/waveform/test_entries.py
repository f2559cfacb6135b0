"""What a page is told besides sound."""

from __future__ import annotations

import json

from rtnb.audio import Clip
from rtnb.session.views.shapes import Latency, SpeechSpan, TurnView
from rtnb.widgets.waveform.entries import TEXT_LIMIT, speech_entry, text_entry, turn_entry

TURN = TurnView(
    2,
    "cancelled",
    user_text="What  is\nthe weather?",
    user_audio=Clip.silence(2.0),
    user_start_s=10.0,
    speech=(SpeechSpan(10.0, 12.0, 0.3, 0.5),),
    assistant_text="Sunny.",
    assistant_start_s=13.0,
    received_s=4.0,
    heard_s=1.25,
    latency=Latency("speech end", "first audio", 11.5, 12.9),
)


def test_a_turn_with_everything() -> None:
    found = json.loads(json.dumps(turn_entry(TURN, 2)))
    assert found["number"] == [10.3, "3"] and found["speech"] == [[10.0, 10.3, 11.5, 12.0]]
    assert found["texts"] == [["user", 10.3, 11.5, "What is the weather?"], ["assistant", 13.0, 17.0, "Sunny."]]
    assert found["marks"] == [[10.0, "speech started"], [12.0, "speech stopped"], [14.25, "interrupted, 1.25 s heard"]]
    assert found["latencies"] == [[11.5, 12.9, "speech end", "first audio", "1.40 s"]]
    assert found["span"] == [10.0, 14.25]


def test_a_turn_on_a_clock_of_its_own() -> None:
    found = turn_entry(TURN, 0, number=False, by_s=10.0)
    assert found["number"] is None and found["speech"][0][0] == 0.0 and found["texts"][1][1] == 3.0


def test_a_typed_turn_that_was_not_answered_yet() -> None:
    found = turn_entry(TurnView(0, "waiting", user_text="Hello", user_start_s=4.0), 0)
    assert found["texts"] == [["user", 4.0, 4.0, "Hello"]] and "span" not in found


def test_speech_that_goes_on_has_no_end() -> None:
    assert speech_entry(SpeechSpan(1.0, None, 0.25)) == [1.0, 1.25, None, None]


def test_long_texts_are_cut() -> None:
    assert len(str(text_entry("user", 0, 1, "word " * 1000)[3])) == TEXT_LIMIT
