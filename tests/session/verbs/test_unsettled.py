"""What waits in the input buffer, and what a drop takes along."""

from __future__ import annotations

from typing import Any

import pytest
from support.logs import Script, append, committed, got, pcm, sent, session, speech_started

from rtnb.session.verbs.unsettled import Unsettled

LOST = ("local", {"type": "rtnb.connection.lost", "code": 1006, "reason": ""})
COMMIT = sent("input_audio_buffer.commit", event_id="e")


def after(*steps: Any) -> tuple[Unsettled, Any]:
    script, found = Script(), Unsettled()
    for step in steps:
        count = len(script.log)
        script.play(step)
        for event in script.log[count:]:
            found.on_event(event, script.talk)
    return found, script.talk


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([], ""),
        ([append(pcm(1500))], "1.5 s of audio that was not committed"),
        ([append(pcm(1500)), COMMIT], ""),
        ([append(pcm(1500)), COMMIT, append(pcm(300))], "0.3 s of audio that was not committed"),
        ([append(pcm(1500)), sent("input_audio_buffer.clear", event_id="e")], ""),
        ([append(pcm(1500)), committed("u")], ""),
        ([append(pcm(1500)), ("local", {"type": "rtnb.connection.opened"}), session(vad=False)], ""),
    ],
)
def test_manual_turns(steps: list[Any], words: str) -> None:
    found, talk = after(session(vad=False), *steps)
    assert found.manual(talk) == found.dropped(talk) == words


def test_with_turn_detection_only_what_was_being_said_is_lost() -> None:
    found, talk = after(session(), append(pcm(500)), LOST)
    assert found.dropped(talk) == found.manual(talk) == ""
    found, talk = after(session(), append(pcm(500)), speech_started("u", 100), LOST)
    assert found.dropped(talk) == "What was being said" and found.manual(talk) == ""
    stopped = got("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=400)
    found, talk = after(session(), append(pcm(500)), speech_started("u", 100), stopped, committed("u"), LOST)
    assert found.dropped(talk) == ""
