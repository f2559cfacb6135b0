from __future__ import annotations

import base64
import functools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.wire import Wire

import rtnb
from rtnb import Clip
from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.errors import ConfigError
from rtnb.server import EmbeddedServer
from rtnb.speech.loader import VoiceLoader
from rtnb.speech.silent_ear import SilentEar
from rtnb.speech.stack import VoiceStack
from rtnb.speech.tone import ToneVoice
from rtnb.vad import probabilities
from rtnb.vad.engines import Engine, load_engine
from rtnb.vad.tracks.hearing import format_of, heard


@functools.cache
def talk(rate_hz: int) -> Clip:
    clip = Clip.load(rtnb.sample("dialogue_sample"))[6.0:12.01]
    return clip.resample(rate_hz)


def whole(clip: Clip, cuts: list[int], sent: AudioFormat | None = None) -> np.ndarray:
    blocks, at = [], 0
    for size in (*cuts, len(clip)):
        blocks.append(clip.samples[at : at + size])
        at += size
    return np.concatenate(list(heard(blocks, clip.rate_hz, sent, engine_hz=16000, hop=512)))


@settings(deadline=None, max_examples=30)
@given(st.sampled_from([8000, 16000, 24000, 44100]), st.lists(st.integers(0, 50_000), max_size=8))
def test_however_a_recording_is_read_it_is_the_resampled_clip(rate_hz: int, cuts: list[int]) -> None:
    samples = talk(rate_hz).resample(16000).samples
    found = whole(talk(rate_hz), cuts)
    assert np.array_equal(found[: samples.size], samples)
    assert not found[samples.size :].any()
    assert found.size == -(-samples.size // 512) * 512


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(["audio/pcm", "audio/pcmu", "audio/pcma"]), st.lists(st.integers(0, 50_000), max_size=8))
def test_however_it_is_read_it_is_sent_alike(name: str, cuts: list[int]) -> None:
    sent = AudioFormat.from_wire(name)
    found = whole(talk(24000), cuts, sent)
    assert np.array_equal(found, whole(talk(24000), [], sent))
    assert found.size == -(-len(talk(24000)) * 16000 // 24000 // 512) * 512


@pytest.mark.parametrize("samples", [0, 1, 100, 767, 768, 769])
def test_short_recordings_have_the_frames_that_they_begin(samples: int) -> None:
    clip = Clip(np.full(samples, 0.1), 24000)
    for sent in (None, PCM16, AudioFormat.from_wire("audio/pcma")):
        # A sample at 24 kHz is none at 8.
        heard_ms = 1000 * samples / 24000 if sent is None else len(sent.encode(clip.samples, 24000)) / sent.bytes_per_ms
        assert whole(clip, [], sent).size == 512 * math.ceil(heard_ms / 32)


def test_a_name_that_is_none_is_told() -> None:
    with pytest.raises(ConfigError, match="audio/mp3"):
        format_of("audio/mp3")
    with pytest.raises(ConfigError, match="as_sent is True, False or a format"):
        format_of(3)  # type: ignore[arg-type]


class Overheard:
    """An engine that notes what the server's streams are told."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name, self.rate_hz, self.hop = engine.name, engine.rate_hz, engine.hop
        self.streams: list[list[np.ndarray]] = []

    def stream(self) -> OverheardStream:
        self.streams.append([])
        return OverheardStream(self._engine.stream(), self.streams[-1])


class OverheardStream:
    def __init__(self, stream: object, told: list[np.ndarray]) -> None:
        self._stream, self._told = stream, told

    def push(self, samples: np.ndarray) -> np.ndarray:
        self._told.append(self._stream.push(samples))  # type: ignore[attr-defined]
        return self._told[-1]


@pytest.mark.parametrize("name", ["audio/pcm", "audio/pcmu", "audio/pcma"])
@pytest.mark.parametrize("chunk_ms", [20, 3000])
def test_it_is_what_the_embedded_server_gets(name: str, chunk_ms: int) -> None:
    pytest.importorskip("onnxruntime")
    engine, format = Overheard(load_engine("silero")), AudioFormat.from_wire(name)
    clip = talk(44100)
    data = format.encode(clip.samples, clip.rate_hz)
    server = EmbeddedServer()
    server.voices = VoiceLoader(lambda progress: VoiceStack(SilentEar(), ToneVoice(), engine))
    with server, Wire(server.url, key=server.key) as wire:
        wire.next()
        detection = {"type": "server_vad", "create_response": False}
        told = wire.update(audio={"input": {"format": format.to_wire(), "turn_detection": detection}})
        assert told["type"] == "session.updated"
        size = chunk_ms * format.bytes_per_ms
        for at in range(0, len(data), size):
            audio = base64.b64encode(data[at : at + size]).decode()
            wire.send({"type": "input_audio_buffer.append", "audio": audio})
        wire.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")
    (parts,) = engine.streams
    served = np.concatenate(parts)
    track = probabilities(clip, engine="silero", as_sent=name, cache=False)
    assert track.as_sent == name
    # The server waits for the rest of the last frame, which a track fills with silence.
    assert served.size in (track.p.size - 1, track.p.size)
    assert np.abs(served - track.p[: served.size]).max() < 2e-5
    # Which the other way would not give.
    direct = probabilities(clip, engine="silero", cache=False)
    assert np.abs(served - direct.p[: served.size]).max() > 1e-3
