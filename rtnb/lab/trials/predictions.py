"""What the local detector expects of a server, on the audio as it is sent."""

from __future__ import annotations

from dataclasses import dataclass

from rtnb.audio import Clip
from rtnb.audio.formats import PCM16, PCMA, PCMU, AudioFormat
from rtnb.protocol.turn_detection import SemanticVad
from rtnb.session.verbs.streaming import silence
from rtnb.vad.batch import detect_table
from rtnb.vad.computing import probabilities
from rtnb.vad.engines.base import Engine
from rtnb.vad.semantic_bounds import semantic_turns
from rtnb.vad.setting import Setting
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning
from rtnb.vad.turns import DetectedTurn

__all__ = ["Predicted", "bytes_of", "format_of", "predicted", "track_of"]


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


def bytes_of(clip: Clip, format: AudioFormat, silence_s: float = 0.0) -> bytes:
    """A clip as it is sent, and silence behind it."""
    spoken = format.encode(clip.samples, clip.rate_hz)
    return spoken + silence(format, round(1000 * silence_s) * format.bytes_per_ms)


def track_of(sent: bytes, format: AudioFormat, engine: Engine | str | None) -> Track:
    """The probabilities that a server gets of these bytes, as the embedded one does."""
    clip = Clip(format.decode(sent), format.rate_hz)
    return probabilities(clip, engine=engine, as_sent=True if format is PCM16 else format.type, progress=False)


def predicted(track: Track, setting: Setting | SemanticVad, tuning: DetectorTuning) -> Predicted:
    """The turns of one setting; those of ``semantic_vad`` are an estimate by a rule, in which nobody judges."""
    if isinstance(setting, SemanticVad):
        found = semantic_turns(track, setting, tuning=tuning)
        return Predicted(found.turns, found.prediction)
    return Predicted(detect_table(track, setting, tuning=tuning).turns(), tuning.name)
