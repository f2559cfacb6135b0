"""What a user can say and ask for, and the wire forms it becomes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rtnb.audio import Clip
from rtnb.errors import AudioError, ConfigError
from rtnb.session.config.keywords import session_patch

__all__ = ["BYTES_PER_MS", "OVERRIDES", "WIRE_RATE_HZ", "Content", "checked_event", "pcm_of", "response_of", "said_of"]

Content = str | Clip | Path
"""Text, a clip, or the path of an audio file (as a Path; a plain string is text)."""

WIRE_RATE_HZ: Final = 24000
"""The only rate of the Realtime API's ``audio/pcm``."""

BYTES_PER_MS: Final = WIRE_RATE_HZ * 2 // 1000

MIN_COMMIT_MS: Final = 100
"""The API refuses to commit less."""

_AUDIO_NAME = re.compile(r"\S+\.(wav|flac|mp3|ogg|opus|m4a|aiff?)", re.IGNORECASE)
"""A text that is nothing but the name of an audio file; somebody meant the file."""


def said_of(content: object) -> str | bytes:
    """Text as it is; audio as PCM16 at the wire's rate."""
    if isinstance(content, str):
        if not content.strip():
            raise ConfigError("There is nothing to say: the text is empty.")
        if _AUDIO_NAME.fullmatch(content.strip()):
            raise ConfigError(
                f"'{content}' would be said as text. For the file of that name use "
                f"rtnb.Clip.load({content!r}) or pathlib.Path({content!r})."
            )
        return content
    if isinstance(content, Path):
        content = Clip.load(content)
    if not isinstance(content, Clip):
        raise AudioError(
            f"A turn is text, a Clip or a Path, not {type(content).__name__}. "
            "Clip(samples, rate_hz) makes a clip of an array, Clip.load(path) of a file."
        )
    if content.duration_s * 1000 < MIN_COMMIT_MS:
        raise AudioError(
            f"The clip lasts {content.duration_s * 1000:.0f} ms; the API refuses less than {MIN_COMMIT_MS} ms of audio."
        )
    return content.to_pcm16(WIRE_RATE_HZ)


OVERRIDES = ("instructions", "modalities", "max_output_tokens", "tools", "tool_choice", "voice", "metadata")


def response_of(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The ``response`` member of a ``response.create``."""
    unknown = sorted(set(overrides) - set(OVERRIDES))
    if unknown:
        raise ConfigError(
            f"Unknown option {', '.join(map(repr, unknown))}. Options of a response are: {', '.join(OVERRIDES)}."
        )
    response = {name: overrides[name] for name in OVERRIDES if name in overrides}
    settings: dict[str, Any] = {name: response.pop(name) for name in ("modalities", "voice") if name in response}
    patch = session_patch(settings)
    patch.pop("type")
    return {**response, **patch}


def pcm_of(audio: object) -> bytes:
    """Bytes as they are, a clip as PCM16 at the wire's rate."""
    if isinstance(audio, Clip):
        return audio.to_pcm16(WIRE_RATE_HZ)
    if isinstance(audio, bytes | bytearray):
        return bytes(audio)
    raise AudioError(
        f"The input buffer takes bytes or a Clip, not {type(audio).__name__}; Clip(samples, rate_hz) makes one."
    )


def checked_event(event: object) -> Mapping[str, Any]:
    """The event, if it is one that can be sent."""
    if not isinstance(event, Mapping) or not isinstance(event.get("type"), str):
        raise ConfigError("An event is a mapping with a 'type', such as {'type': 'input_audio_buffer.clear'}.")
    try:
        json.dumps(dict(event))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"The event cannot be written as JSON: {error}.") from None
    return event
