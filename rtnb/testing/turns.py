"""The user's spoken turns, cut out of what a client sent by what the server told of them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rtnb.audio import Clip
from rtnb.audio.formats import AudioFormat

__all__ = ["UserTurn", "decoded", "parts_of", "user_turns"]


@dataclass(frozen=True, slots=True)
class UserTurn:
    """What the user spoke at once.

    Parameters
    ----------
    item_id : str
    clip : Clip
    transcript : str or None
        What the session's own transcription says; None where it did not transcribe.
    """

    item_id: str
    clip: Clip
    transcript: str | None = None


def user_turns(events: Iterable[tuple[str, Mapping[str, Any]]], format: AudioFormat) -> list[UserTurn]:
    """The spoken turns of a session.

    Parameters
    ----------
    events : iterable of (str, mapping)
        All events with who sent each, ``"client"`` or ``"server"``.
    format : AudioFormat
        Of the input.
    """
    written = bytearray()
    fresh = 0
    spans: dict[str, list[float | None]] = {}
    audio: dict[str, bytes] = {}
    transcripts: dict[str, str] = {}
    for way, event in events:
        kind = event.get("type")
        if way == "client":
            if kind == "input_audio_buffer.append":
                written += _bytes(event.get("audio"))
            elif kind == "conversation.item.create":
                _own_audio(event.get("item"), audio)
            continue
        match kind:
            case "input_audio_buffer.cleared":
                fresh = len(written)
            case "input_audio_buffer.speech_started":
                spans[str(event["item_id"])] = [event["audio_start_ms"], None]
            case "input_audio_buffer.speech_stopped":
                spans.setdefault(str(event["item_id"]), [0, None])[1] = event["audio_end_ms"]
            case "input_audio_buffer.committed":
                item = str(event["item_id"])
                start_ms, end_ms = spans.get(item, (None, None))
                start = fresh if start_ms is None else int(start_ms) * format.bytes_per_ms
                end = len(written) if end_ms is None else int(end_ms) * format.bytes_per_ms
                audio[item] = bytes(written[start:end])
                fresh = len(written)
            case "conversation.item.added" if event["item"].get("role") == "user" and "" in audio:
                # The item that the client has just created without an id of its own.
                if not any(part.get("type") == "input_audio" for part in event["item"].get("content") or ()):
                    continue
                audio[str(event["item"]["id"])] = audio.pop("")
            case "conversation.item.input_audio_transcription.completed":
                transcripts[str(event["item_id"])] = str(event.get("transcript", ""))
    return [UserTurn(item, _clip(data, format), transcripts.get(item)) for item, data in audio.items() if data]


def decoded(parts: Iterable[object], format: AudioFormat) -> Clip:
    """Audio in base64 as one clip; what is none is passed over."""
    return _clip(b"".join(_bytes(part) for part in parts), format)


def parts_of(item: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """The content parts of a type in an item as a client has sent it, which may be anything."""
    parts = item.get("content")
    return (
        [part for part in parts if isinstance(part, dict) and part.get("type") == kind]
        if isinstance(parts, list)
        else []
    )


def _own_audio(item: object, audio: dict[str, bytes]) -> None:
    if isinstance(item, dict) and item.get("role") == "user" and (spoken := parts_of(item, "input_audio")):
        audio[str(item.get("id") or "")] = b"".join(_bytes(part.get("audio")) for part in spoken)


def _clip(data: bytes, format: AudioFormat) -> Clip:
    return Clip(format.decode(format.whole(data)), format.rate_hz)


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(text) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        return b""
