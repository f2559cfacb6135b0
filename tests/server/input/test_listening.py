"""Turn detection of a connection: the same whatever the chunks, on the clock of the session."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.wire import speech

from rtnb.protocol import ServerVad
from rtnb.server.input.listening import Listener
from rtnb.vad import SpeechStarted, SpeechStopped, default_engine

pytestmark = pytest.mark.local

VAD = ServerVad().resolved().to_wire()
PCM = bytes(48 * 500) + speech(seconds_behind=0.8)


def heard(chunk: int, offset_ms: float = 0.0) -> list[SpeechStarted | SpeechStopped]:
    listener = Listener(default_engine(), VAD, offset_ms)
    return [found for start in range(0, len(PCM), chunk) for found in listener.push(PCM[start : start + chunk])]


def test_one_utterance_is_one_span() -> None:
    started, stopped = heard(960)
    assert isinstance(started, SpeechStarted) and isinstance(stopped, SpeechStopped)
    assert started.onset_ms == pytest.approx(948, abs=64)
    assert started.audio_start_ms == pytest.approx(started.onset_ms - 300, abs=1)
    assert stopped.audio_end_ms == pytest.approx(stopped.speech_end_ms + 200, abs=1)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 30_000))
def test_how_the_audio_is_cut_makes_no_difference(chunk: int) -> None:
    assert [e.onset_ms if isinstance(e, SpeechStarted) else e.speech_end_ms for e in heard(max(chunk, 333))] == [
        e.onset_ms if isinstance(e, SpeechStarted) else e.speech_end_ms for e in heard(960)
    ]


def test_positions_count_from_the_first_audio_of_the_session() -> None:
    plain, later = heard(960), heard(960, offset_ms=5000)
    assert isinstance(plain[0], SpeechStarted) and isinstance(later[0], SpeechStarted)
    assert later[0].audio_start_ms == plain[0].audio_start_ms + 5000


def test_new_parameters_hold_for_an_open_span() -> None:
    listener = Listener(default_engine(), VAD, 0.0)
    listener.push(PCM[: 48 * 2300])
    assert listener.speaking
    listener.reconfigure({**VAD, "silence_duration_ms": 1200})
    assert listener.push(PCM[48 * 2300 :] + bytes(48 * 100)) == []
    assert listener.pending_silence_ms > 0
    (stopped,) = listener.push(bytes(48 * 400))
    assert isinstance(stopped, SpeechStopped)
