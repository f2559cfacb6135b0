from __future__ import annotations

import base64
import time
from contextlib import suppress

import numpy as np
import pytest
from support.replays import predicted as clamped
from support.replays import recording, track_of
from support.wire import Wire

import rtnb
from rtnb import Clip, SemanticVad, ServerVad
from rtnb.errors import ConfigError
from rtnb.server import EmbeddedServer
from rtnb.vad import DetectorTuning, Setting, Track, detect, load_engine, probabilities
from rtnb.vad.idle import Playback
from rtnb.vad.predicted import PredictedEvent, events
from rtnb.vad.semantic_bounds import ESTIMATE

STARTED, STOPPED, TIMED_OUT = (
    f"input_audio_buffer.{name}" for name in ("speech_started", "speech_stopped", "timeout_triggered")
)


def track(*runs: tuple[float, int]) -> Track:
    return Track(np.repeat([p for p, _ in runs], [n for _, n in runs]).astype(np.float32), 0.032, "silero")


TWICE = track((0.1, 10), (0.9, 20), (0.1, 10), (0.9, 5), (0.1, 2))


def test_events_in_order_with_what_they_say() -> None:
    found = events(TWICE, ServerVad(silence_duration_ms=200, prefix_padding_ms=1000))
    assert found[:3] == (
        PredictedEvent(STARTED, 352.0, audio_start_ms=0, turn=0),
        PredictedEvent(STOPPED, 1216.0, audio_end_ms=1160, turn=0),
        PredictedEvent(STARTED, 1312.0, audio_start_ms=1160, turn=1),
    )
    # The last one only because of silence behind the recording.
    assert found[3].at_ms > 1000 * TWICE.duration_s and len(found) == 4


def test_on_the_wire() -> None:
    found = events(TWICE, Setting(0.5, 300, 200))
    assert found[0].to_wire() == {"type": STARTED, "audio_start_ms": 20}
    assert found[1].to_wire() == {"type": STOPPED, "audio_end_ms": 1160}


def test_a_timeout_takes_the_audio_that_padding_would_reach_into() -> None:
    quiet = track((0.9, 20), (0.0, 300), (0.9, 20), (0.0, 50))
    vad = ServerVad(silence_duration_ms=200, prefix_padding_ms=3000, idle_timeout_ms=5000)
    answers = Playback(delay_s=0.5, answer_s=2.0)
    kinds = [event.type for event in events(quiet, vad, playback=answers)]
    assert kinds == [STARTED, STOPPED, TIMED_OUT, STARTED, STOPPED]
    _, _, timeout, start, _ = events(quiet, vad, playback=answers)
    assert timeout.audio_start_ms is not None and timeout.audio_end_ms == timeout.audio_start_ms + 5000
    assert start.audio_start_ms == timeout.audio_end_ms and timeout.turn is None
    # Nothing is played that nobody says, and nothing times out without being asked to.
    assert len(events(quiet, vad)) == 4
    assert len(events(quiet, ServerVad(silence_duration_ms=200), playback=answers)) == 4


def test_every_event_says_what_it_is() -> None:
    mine = DetectorTuning(name="calibrated to X", engine="another")
    vad = ServerVad(silence_duration_ms=200, idle_timeout_ms=5000)
    found = events(TWICE, vad, playback=Playback(delay_s=0, answer_s=0), tuning=mine)
    assert {event.prediction for event in found} == {"calibrated to X, engine silero, audio not as sent"}


def test_semantic_vad_is_an_estimate_without_timeouts() -> None:
    found = events(TWICE, SemanticVad(eagerness="high"), playback=Playback(delay_s=0, answer_s=0))
    assert found and {event.prediction for event in found} == {ESTIMATE}
    assert "prediction" not in found[0].to_wire()
    assert [event.type for event in found] == [STARTED, STOPPED]


def test_what_is_no_turn_detection_is_refused() -> None:
    with pytest.raises(ConfigError, match="Turn detection is"):
        events(TWICE, None)


@pytest.mark.local
def test_the_embedded_server_sends_these_events(server: EmbeddedServer) -> None:
    pytest.importorskip("onnxruntime")
    clip = Clip.load(rtnb.sample("weather_question"))
    clip = Clip.concat([clip, Clip.silence(1.2), clip, Clip.silence(1.2)])
    vad = ServerVad(threshold=0.4, prefix_padding_ms=700, silence_duration_ms=320, create_response=False)
    found = probabilities(clip, as_sent=True)
    assert isinstance(found, Track)
    expected = [event.to_wire() for event in events(found, vad)]
    with Wire(server.url, key=server.key) as wire:
        wire.until("session.created")
        wire.update(audio={"input": {"turn_detection": vad.to_wire(), "transcription": None}})
        wire.append(clip.to_pcm16(24000), chunk_ms=20)
        wire.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")
        heard = [event for event in wire.seen if event["type"] in (STARTED, STOPPED)]
    members = ("type", "audio_start_ms", "audio_end_ms")
    told = [{name: event[name] for name in members if name in event} for event in heard]
    assert told == expected and len(told) == 4


@pytest.mark.local
def test_the_embedded_server_times_out_when_it_is_predicted_to(server: EmbeddedServer) -> None:
    """In real time: a question, its answer, and nobody says anything."""
    pytest.importorskip("onnxruntime")
    vad = ServerVad(silence_duration_ms=320, idle_timeout_ms=5000)
    clip = Clip.concat([Clip.load(rtnb.sample("weather_question")).resample(24000), Clip.silence(12.0)])
    pcm, size = clip.to_pcm16(24000), 48 * 20
    with Wire(server.url, key=server.key) as wire:
        wire.until("session.created")
        wire.update(audio={"input": {"turn_detection": vad.to_wire(), "transcription": None}})
        begun = time.monotonic()
        sent_ms, answer_ms, first_ms = 0, 0.0, 0.0
        timeout = None
        while timeout is None and sent_ms < 1000 * clip.duration_s:
            wire.append(pcm[48 * sent_ms : 48 * sent_ms + size], chunk_ms=20)
            sent_ms += 20
            time.sleep(max(0.0, begun + sent_ms / 1000 - time.monotonic()))
            with suppress(TimeoutError):
                while event := wire.next(timeout=0.0):
                    if event["type"] == "response.output_audio.delta":
                        first_ms = first_ms or sent_ms
                        answer_ms += len(base64.b64decode(event["delta"])) / 48
                    if event["type"] == TIMED_OUT:
                        timeout = event
                        break
    assert timeout is not None and answer_ms > 500
    found = probabilities(clip, as_sent=True)
    assert isinstance(found, Track)
    (turn,) = detect(found, vad)
    playback = Playback(delay_s=first_ms / 1000 - turn.stopped_at_s, answer_s=answer_ms / 1000)
    expected = next(event for event in events(found, vad, playback=playback) if event.type == TIMED_OUT)
    # What is sent comes in pieces of 20 ms, and a machine that is busy wakes late.
    assert timeout["audio_start_ms"] == pytest.approx(expected.audio_start_ms, abs=300)
    assert timeout["audio_end_ms"] == pytest.approx(expected.audio_end_ms, abs=300)


def test_positions_are_those_of_the_replays_of_other_tests() -> None:
    engine = load_engine("energy")
    config = Setting(0.5, 100, 160)
    found = events(track_of(engine), config)
    pairs = zip(found[::2], found[1::2], strict=True)
    assert [(start.audio_start_ms, stop.audio_end_ms) for start, stop in pairs] == clamped(engine, None)
    assert found and recording().pcm
