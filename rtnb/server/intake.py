"""What a client's item becomes on the server: id and status filled in, audio and images decoded and set apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pybase64

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.protocol.ids import new_id
from rtnb.server import problems
from rtnb.server.brains.base import Image
from rtnb.server.conversation import Item
from rtnb.server.images import image_of_url
from rtnb.server.problems import Refused

__all__ = ["MAX_TEXT_CHARS", "take_in"]

MAX_TEXT_CHARS = 2_000_000
"""Text of one item: more does not fit the largest window of a realtime model, 128,000 tokens of which hardly any text
makes more than 16 characters each (own choice)."""

_WITH_STATUS = frozenset({"message", "function_call", "function_call_output"})
"""Item types that have a status; those of MCP have none."""


def take_in(wire: Mapping[str, Any], format: AudioFormat = PCM16, path: str = "item") -> Item:
    """An item of the server, made of a valid one of a client.

    Parameters
    ----------
    wire : mapping
        The client's item; it is not changed.
    format : AudioFormat
        Of its audio: the session's input format.
    path : str
        Where it stands in the client's event, for the refusal.

    Raises
    ------
    Refused
        There is more text than any model takes, audio is no base64, or an image is none that a model can be shown.

    Examples
    --------
    >>> item = take_in({"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "AAAA"}]})
    >>> item.wire["content"], len(item.audio)
    ([{'type': 'input_audio', 'transcript': None}], 2)
    """
    _check_text(wire, path)
    shown = {name: value for name, value in wire.items() if value is not None}
    if not shown.get("id"):
        shown["id"] = new_id("item")
    if shown["type"] in _WITH_STATUS:
        shown["status"] = "completed"
    audio, lengths, images = bytearray(), list[int](), dict[int, Image]()
    if "content" in shown:
        parts = []
        for index, given in enumerate(shown["content"]):
            part, where = dict(given), f"{path}.content[{index}]"
            if (text := part.pop("audio", None)) is not None:
                data = _decoded(text, format, f"{where}.audio")
                audio += data
                lengths.append(len(data))
                part.setdefault("transcript", None)
            elif part.get("type") == "input_image":
                images[index] = image_of_url(part.pop("image_url"), f"{where}.image_url")
            parts.append(part)
        shown["content"] = parts
    if shown["type"] == "function_call":
        shown.setdefault("call_id", new_id("call"))
    return Item(shown, audio, format=format, lengths=tuple(lengths), images=images)


def _check_text(wire: Mapping[str, Any], path: str) -> None:
    texts = [(f"{path}.{name}", value) for name, value in wire.items() if isinstance(value, str)]
    for index, part in enumerate(wire.get("content") or ()):
        names = [name for name in part if name not in ("audio", "image_url")]
        texts += [(f"{path}.content[{index}].{name}", part[name]) for name in names if isinstance(part[name], str)]
    length = 0
    for where, text in texts:
        length += len(text)
        if length > MAX_TEXT_CHARS:
            raise Refused(problems.text_too_long(where, length, MAX_TEXT_CHARS))


def _decoded(text: str, format: AudioFormat, path: str) -> bytes:
    try:
        return format.whole(pybase64.b64decode(text, validate=True))
    except ValueError:
        raise Refused(problems.bad_base64(path)) from None
