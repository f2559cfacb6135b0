"""A recording whose utterances are known, and what turn detection says of it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

import rtnb
from rtnb import Clip
from rtnb.audio.resampling import StreamResampler
from rtnb.protocol.turn_detection import ServerVad
from rtnb.vad import DetectorTuning, Engine, Track, detect
from support.wire import Wire

__all__ = ["DETECTION", "Replay", "heard_live", "predicted", "recording"]

DETECTION = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 100,
    "silence_duration_ms": 160,
    "create_response": False,
}
RATE_HZ = 24_000


@dataclass(frozen=True)
class Replay:
    """Audio, and between which milliseconds of it people speak."""

    pcm: bytes
    labels: tuple[tuple[float, float], ...]


@functools.cache
def recording() -> Replay:
    """Three pieces of a conversation between pauses of a second; people breathe and hesitate within them."""
    dialogue = Clip.load(rtnb.sample("dialogue_sample")).resample(RATE_HZ)
    parts, labels, at_s = [], [], 0.0
    for begin_s, end_s in ((6.2, 8.2), (10.0, 14.0), (17.0, 21.0)):
        at_s += 1.0
        piece = Clip(dialogue.samples[round(begin_s * RATE_HZ) : round(end_s * RATE_HZ)], RATE_HZ)
        parts += [Clip.silence(1.0), piece]
        labels.append((1000 * at_s, 1000 * (at_s + piece.duration_s)))
        at_s += piece.duration_s
    return Replay(Clip.concat([*parts, Clip.silence(1.5)]).to_pcm16(RATE_HZ), tuple(labels))


@functools.cache
def track_of(engine: Engine) -> Track:
    """The probabilities that a server gets of the recording, which resamples for the least delay."""
    samples = np.frombuffer(recording().pcm, dtype="<i2").astype(np.float32) / 32768
    p = engine.stream().push(StreamResampler(RATE_HZ, engine.rate_hz).push(samples))
    return Track(p, engine.hop / engine.rate_hz, engine.name)


def predicted(engine: Engine, tuning: DetectorTuning | None) -> list[tuple[int, int]]:
    """Start and end of each turn, as the events would tell them, from the whole recording at once."""
    config = ServerVad(threshold=0.5, prefix_padding_ms=100, silence_duration_ms=160).resolved()
    found: list[tuple[int, int]] = []
    for turn in detect(track_of(engine), config, tuning=tuning):
        # A server has taken the audio of the turn before: padding does not reach into it.
        start_ms = max(turn.audio_start_ms, found[-1][1] if found else 0)
        found.append((start_ms, max(start_ms, turn.audio_end_ms)))
    return found


def heard_live(url: str, key: str | None, *, chunk_ms: int) -> list[tuple[int, int]]:
    """The same from a server that the recording is sent to, as fast as it takes it."""
    with Wire(url, key=key) as wire:
        wire.next()
        wire.update(audio={"input": {"turn_detection": DETECTION, "transcription": None}})
        wire.append(recording().pcm, chunk_ms)
        wire.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")
        starts = [e["audio_start_ms"] for e in wire.seen if e["type"] == "input_audio_buffer.speech_started"]
        ends = [e["audio_end_ms"] for e in wire.seen if e["type"] == "input_audio_buffer.speech_stopped"]
    return list(zip(starts, ends, strict=True))
