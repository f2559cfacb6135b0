"""What the user says in one go: text, sound and images as the parts of one message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pybase64

from rtnb.audio import Clip
from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.errors import AudioError, ConfigError
from rtnb.session.config.checking import plain
from rtnb.session.config.image import Image, looks_like_image

__all__ = ["Parts", "audio_bytes", "loaded", "message", "parts_of", "refused"]

_TAKES: Final = "text, an rtnb.Clip, an rtnb.Image, a pathlib.Path of a sound or an image, or a list of these"
_HEAD_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one user message.

    Attributes
    ----------
    parts : tuple of dict
        Content parts as the wire has them; their audio is in the session's input format.

    Examples
    --------
    >>> parts_of(["What is", "this?"]).item("item_1")["content"][1]
    {'type': 'input_text', 'text': 'this?'}
    """

    parts: tuple[dict[str, Any], ...]

    def item(self, item_id: str) -> dict[str, Any]:
        """The item of a ``conversation.item.create``."""
        return {"id": item_id, **message(self.parts)}

    @property
    def text(self) -> str:
        """What of it is text, part by part on lines of their own."""
        return "\n".join(part["text"] for part in self.parts if part["type"] == "input_text")

    @property
    def kinds(self) -> frozenset[str]:
        """``input_text``, ``input_audio``, ``input_image``."""
        return frozenset(part["type"] for part in self.parts)

    def __repr__(self) -> str:
        return f"Parts({', '.join(part['type'].removeprefix('input_') for part in self.parts)})"


def message(parts: Iterable[Mapping[str, Any]], role: str = "user") -> dict[str, Any]:
    """A message item of these parts."""
    return {"type": "message", "role": role, "content": [dict(part) for part in parts]}


def parts_of(content: object, audio_format: AudioFormat = PCM16) -> Parts:
    """Content of any kind as the parts of one message.

    Parameters
    ----------
    content : str, Clip, Path, Image, mapping, or a list of these
        A mapping is a part of the wire already.
    audio_format : AudioFormat
        Of the session's input.

    Raises
    ------
    ConfigError, AudioError
        Something in it cannot be said.
    """
    given = content if isinstance(content, list | tuple) else [content]
    made = tuple(_part(one, audio_format) for one in given)
    if not any(part["type"] != "input_text" or str(part.get("text", "")).strip() for part in made):
        raise ConfigError("There is nothing to say: the message has no parts, or only empty ones.")
    return Parts(made)


def _part(one: object, audio_format: AudioFormat) -> dict[str, Any]:
    value = loaded(one)
    if isinstance(value, str):
        return {"type": "input_text", "text": value}
    if isinstance(value, Image):
        return value.to_wire()
    if isinstance(value, Clip):
        data = audio_bytes(value, audio_format)
        return {"type": "input_audio", "audio": pybase64.b64encode(data).decode("ascii")}
    if isinstance(value, Mapping) and isinstance(value.get("type"), str):
        part: dict[str, Any] = plain(value)
        return part
    raise refused(value)


def loaded(one: object) -> object:
    """What a path leads to, by its first bytes: an image or a sound; anything else as it is.

    Raises
    ------
    AudioFileError, AudioError, ConfigError
        It cannot be read, or is neither.
    """
    if not isinstance(one, Path):
        return one
    try:
        with one.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        # The audio reader says what is wrong with it, and with its place.
        return Clip.load(one)
    return Image(one) if looks_like_image(head) else Clip.load(one)


def audio_bytes(clip: Clip, audio_format: AudioFormat = PCM16) -> bytes:
    """A clip as bytes of a session's input format.

    Examples
    --------
    >>> from rtnb.audio.formats import PCMU
    >>> clip = Clip.silence(1.0, 16000)
    >>> len(audio_bytes(clip)), len(audio_bytes(clip, PCMU))
    (48000, 8000)
    """
    if audio_format == PCM16:
        return clip.to_pcm16(PCM16.rate_hz)
    return audio_format.encode(clip.samples, clip.rate_hz)


def refused(value: object) -> AudioError | ConfigError:
    """The error of what cannot be said, with the remedy."""
    name = type(value).__name__
    if isinstance(value, np.ndarray):
        return AudioError(
            f"A turn is {_TAKES}, not an array (this one is of shape {value.shape}), since an array does not know its "
            "rate. Clip(samples, rate_hz) makes a clip of it."
        )
    if isinstance(value, bytes | bytearray):
        return AudioError(
            "A turn is not bytes, since they do not say what they are. rtnb.Image(data) makes an image of a PNG or "
            "JPEG file, Clip.from_pcm16(data, 24000) a clip of PCM16; append(data) sends raw audio."
        )
    return AudioError(
        f"A turn is {_TAKES}, not {name}. Clip(samples, rate_hz) makes a clip of an array, Clip.load(path) of a file."
    )
