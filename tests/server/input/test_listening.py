"""Turn detection of a connection: the same whatever the chunks, on the clock of the session."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.wire import speech

from rtnb.audio.formats import PCM16, PCMA, PCMU, AudioFormat
from rtnb.protocol import SemanticVad, ServerVad
from rtnb.server.input.listening import INLINE_MS, Listener, Pause
from rtnb.vad import DetectorTuning, SpeechStarted, SpeechStopped, default_engine

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


SEMANTIC = SemanticVad(eagerness="high").resolved().to_wire()


def in_format(format: AudioFormat, pcm: bytes = PCM) -> bytes:
    return format.encode(PCM16.decode(pcm), 24_000)


@pytest.mark.parametrize("format", [PCMU, PCMA], ids=["mu-law", "A-law"])
@pytest.mark.parametrize("chunk", [1, 160, 801])
def test_telephone_audio_is_heard_on_the_same_clock(format: AudioFormat, chunk: int) -> None:
    listener = Listener(default_engine(), VAD, 0.0, format=format)
    data = in_format(format)
    started, stopped = (e for at in range(0, len(data), chunk) for e in listener.push(data[at : at + chunk]))
    plain_start, plain_stop = heard(960)
    assert isinstance(started, SpeechStarted) and isinstance(plain_start, SpeechStarted)
    assert isinstance(stopped, SpeechStopped) and isinstance(plain_stop, SpeechStopped)
    assert started.onset_ms == pytest.approx(plain_start.onset_ms, abs=64)
    assert stopped.speech_end_ms == pytest.approx(plain_stop.speech_end_ms, abs=160)


def test_an_open_span_outlasts_a_change_of_format() -> None:
    listener = Listener(default_engine(), VAD, 0.0)
    assert len(listener.push(PCM[: 48 * 1500] + b"\x01")) == 1
    listener.change_format(PCMU)
    listener.change_format(PCMU)
    assert listener.speaking
    (stopped,) = listener.push(in_format(PCMU, PCM[48 * 1500 :]))
    assert isinstance(stopped, SpeechStopped)
    assert stopped.speech_end_ms == pytest.approx(2300, abs=200)
    assert listener.push(in_format(PCMU, bytes(48 * 500))) == []


def pauses(listener: Listener, data: bytes) -> list[object]:
    listener.hear(data)
    return list(iter(listener.advance, None))


def test_semantic_pauses_are_announced_once_and_judged_by_name() -> None:
    listener = Listener(default_engine(), SEMANTIC, 1000.0)
    assert listener.semantic
    cut = 48 * 2500
    started, pause = pauses(listener, PCM[:cut])
    assert isinstance(started, SpeechStarted) and isinstance(pause, Pause)
    assert pause.end_ms == listener.pending_end_ms and pause.at_ms - pause.end_ms == pytest.approx(96)
    assert not listener.judge(1.0, Pause(pause.end_ms - 32, pause.at_ms))
    assert listener.judge(1.0, pause)
    (stopped,) = pauses(listener, PCM[cut:])
    assert isinstance(stopped, SpeechStopped)
    assert stopped.speech_end_ms == pause.end_ms and stopped.audio_end_ms == round(pause.end_ms) + 250
    assert not listener.judge(1.0, pause)


def test_a_long_append_stands_still_at_a_pause_until_it_is_judged() -> None:
    for completeness, wait_ms in ((1.0, 250), (0.0, 2000)):
        listener = Listener(default_engine(), SEMANTIC, 0.0)
        listener.hear(PCM + bytes(48 * 3000))
        assert isinstance(listener.advance(), SpeechStarted)
        pause = listener.advance()
        assert isinstance(pause, Pause) and listener.judge(completeness, pause)
        stopped = listener.advance()
        assert isinstance(stopped, SpeechStopped)
        assert stopped.audio_end_ms - round(stopped.speech_end_ms) == wait_ms
        assert listener.advance() is None


def test_the_kind_may_change_within_a_span() -> None:
    listener = Listener(default_engine(), VAD, 0.0)
    assert len(pauses(listener, PCM[: 48 * 1500])) == 1
    listener.reconfigure(SEMANTIC)
    (pause,) = pauses(listener, PCM[48 * 1500 : 48 * 2500])
    assert isinstance(pause, Pause) and listener.speaking
    listener.reconfigure({**SEMANTIC, "eagerness": "low"})
    assert pauses(listener, bytes(48 * 500)) == []
    listener.reconfigure(VAD)
    assert not listener.semantic and not listener.judge(1.0, pause)
    (stopped,) = pauses(listener, bytes(48 * 64))
    assert isinstance(stopped, SpeechStopped) and stopped.speech_end_ms == pause.end_ms


def test_the_tuning_of_the_detector_is_the_servers_to_choose() -> None:
    lagged = Listener(default_engine(), VAD, 0.0, tuning=DetectorTuning(lag_ms=50)).push(PCM)
    plain = Listener(default_engine(), VAD, 0.0).push(PCM)
    assert isinstance(lagged[0], SpeechStarted) and isinstance(plain[0], SpeechStarted)
    assert lagged[0].audio_start_ms == plain[0].audio_start_ms + 50
    deaf = Listener(default_engine(), SEMANTIC, 0.0, tuning=DetectorTuning(min_speech_ms=60_000))
    assert deaf.push(PCM) == []


def test_little_audio_is_quick() -> None:
    for format in (PCM16, PCMU):
        listener = Listener(default_engine(), VAD, 0.0, format=format)
        assert listener.is_quick(INLINE_MS * format.bytes_per_ms)
        assert not listener.is_quick(INLINE_MS * format.bytes_per_ms + 1)
