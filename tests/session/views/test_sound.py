from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from support.logs import Script, answer, append, b64, committed, got, request, sent

import rtnb
from rtnb.audio import Clip
from rtnb.audio.formats import PCM16, PCMA, PCMU, AudioFormat
from rtnb.samples import sample
from rtnb.session.views.sound import clip_of

FORMATS = [PCM16, PCMU, PCMA]


def speaking(spoken: AudioFormat) -> Any:
    audio = {
        "input": {"format": spoken.to_wire(), "turn_detection": None, "transcription": None},
        "output": {"format": spoken.to_wire(), "voice": "marin"},
    }
    return got("session.created", session={"type": "realtime", "model": "gpt-realtime-2.1", "audio": audio})


def alike(one: Clip, other: Clip) -> float:
    """Correlation of two sounds, at 8 kHz."""
    a, b = (clip.resample(8000).samples for clip in (one, other))
    n = min(len(a), len(b))
    return float(np.corrcoef(a[:n], b[:n])[0, 1])


@pytest.fixture(scope="module")
def question() -> Clip:
    return Clip.load(sample("weather_question"))


@pytest.mark.parametrize("spoken", FORMATS, ids=lambda each: each.beta)
def test_both_directions_sound_as_they_were_spoken(spoken: AudioFormat, question: Clip) -> None:
    data = spoken.encode(question.samples, question.rate_hz)
    half = len(data) // 2
    script = Script(speaking(spoken), append(data[:half]), append(data[half:]), sent("input_audio_buffer.commit"))
    script.play(request("turn_1"), committed("item_u"), answer(1, ["a", "b"], [data[:half], data[half:]], key="turn_1"))
    (turn,) = script.turns()
    for clip in (turn.user_audio, turn.assistant_audio):
        assert clip is not None
        assert clip.duration_s == pytest.approx(question.duration_s, abs=0.002)
        assert clip.rate_hz == spoken.rate_hz
        assert alike(clip, question) > 0.98
    assert turn.received_s == pytest.approx(question.duration_s, abs=0.002)


def test_a_format_that_nobody_knows_is_taken_for_pcm() -> None:
    assert clip_of(b"\0\0\1", "audio/opus") == clip_of(b"\0\0\1", "") == Clip(np.zeros(1, dtype=np.int16), 24000)


def test_two_parts_of_audio_in_one_item_are_one_sound_after_the_other(question: Clip) -> None:
    first, second = (PCM16.encode(part.samples, part.rate_hz) for part in (question[:0.5], question[0.5:]))
    content = [{"type": "input_audio", "audio": b64(data)} for data in (first, second)]
    item = {"id": "item_u", "type": "message", "role": "user", "content": content}
    script = Script(speaking(PCM16), sent("conversation.item.create", item=item), request("turn_1"))
    script.play(answer(1, key="turn_1"))
    (turn,) = script.turns()
    assert turn.user_kind == "audio" and turn.user_audio is not None
    assert turn.user_audio.duration_s == pytest.approx(question.duration_s, abs=0.002)
    assert alike(turn.user_audio, question) > 0.98


def test_an_answer_over_several_items_is_one_sound(question: Clip) -> None:
    data = PCMU.encode(question.samples, question.rate_hz)
    script = Script(speaking(PCMU), request("turn_1"))
    script.play(answer(1, ["One."], [data[:4001]], key="turn_1"), answer(2, ["Two."], [data[4001:]], key="turn_1"))
    (turn,) = script.turns()
    assert turn.assistant_audio is not None and alike(turn.assistant_audio, question) > 0.98


def test_a_half_sample_at_the_end_of_an_item_is_left_out_of_it(question: Clip) -> None:
    data = PCM16.encode(question.samples, question.rate_hz)
    script = Script(speaking(PCM16), request("turn_1"))
    script.play(answer(1, ["One."], [data[:4001]], key="turn_1"), answer(2, ["Two."], [data[4000:]], key="turn_1"))
    (turn,) = script.turns()
    assert turn.assistant_audio is not None and alike(turn.assistant_audio, question) > 0.98


@pytest.mark.parametrize("spoken", [PCMU, PCMA], ids=lambda each: each.beta)
def test_a_session_over_the_telephone_says_what_a_session_in_pcm_says(
    server: Any, question: Clip, spoken: AudioFormat
) -> None:
    audio = {"input": {"format": spoken.to_wire()}, "output": {"format": spoken.to_wire()}}
    with rtnb.connect(journal=False) as plain:
        expected = plain.ask(question)
    with rtnb.connect(session={"audio": audio}, journal=False) as s:
        turn = s.ask(question)
        assert turn.audio is not None and expected.audio is not None and turn.user_audio is not None
        assert turn.transcript == expected.transcript and turn.text == expected.text
        assert turn.audio.rate_hz == 8000
        assert turn.audio.duration_s == pytest.approx(expected.audio.duration_s, abs=0.1)
        assert alike(turn.audio, expected.audio) > 0.9
        assert alike(turn.user_audio, question) > 0.9
        # What came back is speech to whoever listens to it: the same server understands it.
        again = s.ask(turn.audio)
        words = set(turn.text.lower().replace(".", "").replace(",", "").split())
        heard = set(again.transcript.lower().replace(".", "").replace(",", "").split())
        assert len(words & heard) >= 0.6 * len(words), json.dumps([turn.text, again.transcript])
