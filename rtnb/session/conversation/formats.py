"""The audio formats of a session, in the GA and in the beta shape of its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from rtnb.audio import Clip
from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.errors import ConfigError
from rtnb.session.conversation.reading import at, string

__all__ = ["PCM", "Side", "audio_format", "bytes_per_ms", "clip_of", "format_of", "named", "transcription_model"]

Side = Literal["input", "output"]

PCM: Final = PCM16.type


def format_of(config: Mapping[str, Any], side: Side) -> str:
    """The format of one side by its GA name; empty where the session names none, which means PCM.

    Examples
    --------
    >>> format_of({"output_audio_format": "g711_ulaw"}, "output")
    'audio/pcmu'
    >>> format_of({"audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}}, "input")
    'audio/pcm'
    """
    stated = at(config, "audio", side, "format")
    name = string(at(stated, "type")) or string(stated) or string(at(config, f"{side}_audio_format"))
    known = _known(name)
    return known.type if known is not None else name


def audio_format(config: Mapping[str, Any], side: Side) -> AudioFormat:
    """The format of one side; a name that nobody knows is read as PCM, as an unstated one is.

    Examples
    --------
    >>> audio_format({"input_audio_format": "g711_ulaw"}, "input").rate_hz, audio_format({}, "output").rate_hz
    (8000, 24000)
    """
    return named(format_of(config, side))


def named(name: str) -> AudioFormat:
    """A format by its GA or beta name; PCM for any other.

    Examples
    --------
    >>> named("audio/pcma").bytes_per_ms, named("").bytes_per_ms
    (8, 48)
    """
    return _known(name) or PCM16


def bytes_per_ms(config: Mapping[str, Any], side: Side) -> int:
    """Bytes of a millisecond of audio on one side.

    Examples
    --------
    >>> bytes_per_ms({}, "input"), bytes_per_ms({"input_audio_format": "g711_alaw"}, "input")
    (48, 8)
    """
    return audio_format(config, side).bytes_per_ms


def clip_of(data: bytes | bytearray | memoryview, form: AudioFormat | Mapping[str, Any], side: Side = "output") -> Clip:
    r"""Received or sent bytes as a clip; the beginning of a sample at their end is left out.

    Parameters
    ----------
    data : bytes
    form : AudioFormat or mapping
        The format, or the settings of the session it is to be read from.
    side : {"output", "input"}
        Which of its two, where settings are given.

    Examples
    --------
    >>> clip_of(b"\xff" * 800, {"output_audio_format": "g711_ulaw"})
    Clip(0.100 s, 8000 Hz, silent)
    >>> clip_of(bytes(481), {})
    Clip(0.010 s, 24000 Hz, silent)
    """
    own = form if isinstance(form, AudioFormat) else audio_format(form, side)
    return Clip(own.int16(own.whole(bytes(data))), own.rate_hz)


def transcription_model(config: Mapping[str, Any]) -> str:
    """The transcription model of a session, in the GA or the beta shape; empty for none.

    Examples
    --------
    >>> transcription_model({"input_audio_transcription": {"model": "whisper-1"}}), transcription_model({})
    ('whisper-1', '')
    """
    ga = at(config, "audio", "input", "transcription", "model")
    return string(ga) or string(at(config, "input_audio_transcription", "model"))


def _known(name: str) -> AudioFormat | None:
    if not name:
        return None
    try:
        return AudioFormat.from_wire(name)
    except ConfigError:
        return None
