"""What the local detector expects of a server, on the audio as it is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rtnb.audio import Clip
from rtnb.audio.formats import PCM16, PCMA, PCMU, AudioFormat
from rtnb.audio.resampling import StreamResampler
from rtnb.protocol.turn_detection import SemanticVad
from rtnb.session.verbs.streaming import silence
from rtnb.vad.batch import detect_table
from rtnb.vad.computing import probabilities
from rtnb.vad.engines.base import Engine
from rtnb.vad.prediction import prediction_from
from rtnb.vad.semantic_bounds import semantic_turns
from rtnb.vad.setting import Setting
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning
from rtnb.vad.turns import DetectedTurn

__all__ = ["Predicted", "bytes_of", "format_of", "predicted", "track_of"]

BLOCK_S = 30
"""Seconds that are encoded at a time: whoever waits for hours of sound can be told, and can stop it."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """The turns that are expected of one setting, and what that expectation is called."""

    turns: tuple[DetectedTurn, ...]
    name: str


def format_of(asked: object) -> AudioFormat:
    """The format that a session is asked for by ``input_format``; what is none of them is told by the session.

    Examples
    --------
    >>> format_of("pcmu").type, format_of(None).type
    ('audio/pcmu', 'audio/pcm')
    """
    told = asked.get("type") if isinstance(asked, dict) else asked
    return {"pcmu": PCMU, PCMU.type: PCMU, "pcma": PCMA, PCMA.type: PCMA}.get(str(told), PCM16)


def bytes_of(
    clip: Clip, format: AudioFormat, silence_s: float = 0.0, tick: Callable[[float], object] | None = None
) -> bytes:
    """A clip as it is sent, and silence behind it; `tick` takes which part of it is done, and may end it."""
    into = StreamResampler(clip.rate_hz, format.rate_hz, "HQ")
    size = BLOCK_S * clip.rate_hz
    parts = []
    # soxr gives the same however its input is cut: what is sent does not depend on the blocks.
    for begin in range(0, len(clip), size):
        parts.append(format.encode(into.push(clip.samples[begin : begin + size]), format.rate_hz))
        if tick is not None:
            tick(min(1.0, (begin + size) / len(clip)))
    parts.append(format.encode(into.push(np.zeros(0, dtype=np.float32), last=True), format.rate_hz))
    return b"".join([*parts, silence(format, round(1000 * silence_s) * format.bytes_per_ms)])


def track_of(
    sent: bytes, format: AudioFormat, engine: Engine | str | None, tick: Callable[[float], object] | None = None
) -> Track:
    """The probabilities that a server gets of these bytes, as the embedded one does; `tick` as above."""
    clip = Clip(format.decode(sent), format.rate_hz)
    return probabilities(
        clip,
        engine=engine,
        as_sent=True if format is PCM16 else format.type,
        progress=False if tick is None else lambda done, of: tick(done / of),
    )


def predicted(track: Track, setting: Setting | SemanticVad, tuning: DetectorTuning) -> Predicted:
    """The turns of one setting; those of ``semantic_vad`` are an estimate by a rule, in which nobody judges."""
    if isinstance(setting, SemanticVad):
        found = semantic_turns(track, setting, tuning=tuning)
        return Predicted(found.turns, found.prediction)
    name = prediction_from(tuning, [track], hysteresis=setting.hysteresis)
    return Predicted(detect_table(track, setting, tuning=tuning).turns(), name)
