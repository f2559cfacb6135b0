"""The audio formats of a session, in the GA and in the beta shape of its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from rtnb.session.config.content import BYTES_PER_MS
from rtnb.session.conversation.reading import at, string

__all__ = ["PCM", "bytes_per_ms", "format_of", "transcription_model"]

PCM: Final = "audio/pcm"

_BETA = {"pcm16": PCM, "g711_ulaw": "audio/pcmu", "g711_alaw": "audio/pcma"}
_BYTES_PER_MS = {"audio/pcmu": 8, "audio/pcma": 8}
"""G.711 is 8,000 samples a second, a byte each (ITU-T Recommendation G.711)."""


def format_of(config: Mapping[str, Any], side: Literal["input", "output"]) -> str:
    """The format of one side by its GA name; empty where the session names none, which means PCM.

    Examples
    --------
    >>> format_of({"output_audio_format": "g711_ulaw"}, "output")
    'audio/pcmu'
    >>> format_of({"audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}}, "input")
    'audio/pcm'
    """
    stated = at(config, "audio", side, "format")
    named = string(at(stated, "type")) or string(stated) or string(at(config, f"{side}_audio_format"))
    return _BETA.get(named, named)


def bytes_per_ms(config: Mapping[str, Any], side: Literal["input", "output"]) -> int:
    """Bytes of a millisecond of audio on one side.

    Examples
    --------
    >>> bytes_per_ms({}, "input"), bytes_per_ms({"input_audio_format": "g711_alaw"}, "input")
    (48, 8)
    """
    return _BYTES_PER_MS.get(format_of(config, side), BYTES_PER_MS)


def transcription_model(config: Mapping[str, Any]) -> str:
    """The transcription model of a session, in the GA or the beta shape; empty for none.

    Examples
    --------
    >>> transcription_model({"input_audio_transcription": {"model": "whisper-1"}}), transcription_model({})
    ('whisper-1', '')
    """
    ga = at(config, "audio", "input", "transcription", "model")
    return string(ga) or string(at(config, "input_audio_transcription", "model"))
