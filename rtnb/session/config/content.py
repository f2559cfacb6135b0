"""What a user can say, and the wire forms it becomes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rtnb.audio import Clip
from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.errors import AudioError, ConfigError
from rtnb.session.config.image import Image
from rtnb.session.config.overrides import OVERRIDES, response_of
from rtnb.session.config.parts import Parts, audio_bytes, loaded, parts_of, refused

__all__ = [
    "BYTES_PER_MS",
    "OVERRIDES",
    "WIRE_RATE_HZ",
    "Content",
    "Parts",
    "Said",
    "checked_event",
    "pcm_of",
    "response_of",
    "said_of",
]

Content = str | Clip | Path | Image | list[Any] | tuple[Any, ...]
"""Text, a clip, an image, the path of a sound or an image (as a Path; a plain string is text), or a list of these,
which is one message of several parts.
"""

Said = str | bytes | Parts
"""Text; sound for the input buffer, in the session's input format; or the parts of one message."""

WIRE_RATE_HZ: Final = PCM16.rate_hz
"""The only rate of the Realtime API's ``audio/pcm``."""

BYTES_PER_MS: Final = PCM16.bytes_per_ms

MIN_COMMIT_MS: Final = 100
"""The API refuses to commit less."""

_AUDIO_NAME = re.compile(r"\S+\.(wav|flac|mp3|ogg|opus|m4a|aiff?)", re.IGNORECASE)
_IMAGE_NAME = re.compile(r"\S+\.(png|jpe?g)", re.IGNORECASE)
"""A text that is nothing but the name of a file; somebody meant the file."""


def said_of(content: object, audio_format: AudioFormat = PCM16) -> Said:
    """What a turn says, ready for the wire.

    Parameters
    ----------
    content : str, Clip, Path, Image, or a list of these
        A list is one message of several parts. A clip by itself goes through the input buffer, as speech does.
    audio_format : AudioFormat
        Of the session's input.

    Raises
    ------
    ConfigError, AudioError
        There is nothing to say, or it cannot be said.

    Examples
    --------
    >>> said_of("Hello."), len(said_of(Clip.silence(0.5)))
    ('Hello.', 24000)
    >>> said_of(["Listen.", Clip.silence(0.5)])
    Parts(text, audio)
    """
    if isinstance(content, str):
        return _text(content)
    content = loaded(content)
    if isinstance(content, list | tuple | Image | Mapping):
        return parts_of(content, audio_format)
    if not isinstance(content, Clip):
        raise refused(content)
    if content.duration_s * 1000 < MIN_COMMIT_MS:
        raise AudioError(
            f"The clip lasts {content.duration_s * 1000:.0f} ms; the API refuses less than {MIN_COMMIT_MS} ms of audio."
        )
    return audio_bytes(content, audio_format)


def _text(content: str) -> str:
    text = content.strip()
    if not text:
        raise ConfigError("There is nothing to say: the text is empty.")
    for pattern, remedy in ((_AUDIO_NAME, "rtnb.Clip.load"), (_IMAGE_NAME, "rtnb.Image")):
        if pattern.fullmatch(text):
            raise ConfigError(
                f"'{content}' would be said as text. For the file of that name use "
                f"{remedy}({content!r}) or pathlib.Path({content!r})."
            )
    return content


def pcm_of(audio: object, audio_format: AudioFormat = PCM16) -> bytes:
    """Bytes as they are, a clip as bytes of the session's input format.

    Examples
    --------
    >>> from rtnb.audio.formats import PCMA
    >>> len(pcm_of(Clip.silence(0.02))), len(pcm_of(Clip.silence(0.02), PCMA)), pcm_of(b"ab")
    (960, 160, b'ab')
    """
    if isinstance(audio, Clip):
        return audio_bytes(audio, audio_format)
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
    except RecursionError:
        raise ConfigError("The event is nested too deeply to be written as JSON.") from None
    except (TypeError, ValueError) as error:
        raise ConfigError(f"The event cannot be written as JSON: {error}.") from None
    return event
