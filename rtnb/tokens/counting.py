"""How many tokens audio, conversation items and session settings are.

Sources (checked 2026-11-21): the "Managing costs" guide of the Realtime API gives one token for 100 ms of
audio in user messages and one for 50 ms in assistant messages, and says that counts include a few special
tokens a message (ten text tokens of content may count as twelve). Its own worked example is off by one token
against its own rule, so no count made here is exact to the token; the usage that a server sends always wins.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rtnb.tokens.text import count_text

__all__ = [
    "ASSISTANT_AUDIO_MS_PER_TOKEN",
    "IMAGE_TOKENS",
    "ITEM_OVERHEAD_TOKENS",
    "USER_AUDIO_MS_PER_TOKEN",
    "ModalityCount",
    "assistant_audio_tokens",
    "item_tokens",
    "settings_tokens",
    "user_audio_tokens",
]

USER_AUDIO_MS_PER_TOKEN = 100
"""Milliseconds of audio in a user message that make one token: 600 tokens a minute."""
ASSISTANT_AUDIO_MS_PER_TOKEN = 50
"""Milliseconds of audio in an assistant message that make one token, given or generated: 1,200 a minute."""
ITEM_OVERHEAD_TOKENS = 2
"""Text tokens that frame each item, and the settings; from the guide's "10 may count as 12"."""
IMAGE_TOKENS = 85
"""Tokens of one image where nothing better is known: what GPT-4o class models count for one of low detail.
No published rule was found for realtime models."""

_TEXT_PARTS = frozenset({"input_text", "output_text", "text"})
_AUDIO_PARTS = frozenset({"input_audio", "output_audio", "audio"})
_TEXT_MEMBERS = {
    "function_call": ("name", "arguments"),
    "function_call_output": ("output",),
    "mcp_call": ("name", "arguments", "output"),
    "mcp_approval_request": ("name", "arguments"),
    "mcp_approval_response": ("reason",),
}


@dataclass(frozen=True, slots=True)
class ModalityCount:
    """Tokens by modality.

    Examples
    --------
    >>> ModalityCount(text=12) + ModalityCount(audio=19)
    ModalityCount(text=12, audio=19, image=0)
    >>> ModalityCount(text=12, audio=19).total
    31
    """

    text: int = 0
    audio: int = 0
    image: int = 0

    @property
    def total(self) -> int:
        """All modalities together."""
        return self.text + self.audio + self.image

    @property
    def parts(self) -> tuple[int, int, int]:
        """Text, audio and image, in the order in which the constructor takes them.

        Examples
        --------
        >>> ModalityCount(text=12, audio=19).parts
        (12, 19, 0)
        """
        return self.text, self.audio, self.image

    def less(self, other: ModalityCount) -> ModalityCount:
        """The difference by modality, never below zero.

        Examples
        --------
        >>> ModalityCount(text=12, audio=19).less(ModalityCount(text=2, audio=20))
        ModalityCount(text=10, audio=0, image=0)
        """
        return ModalityCount(*(max(0, a - b) for a, b in zip(self.parts, other.parts, strict=True)))

    def __add__(self, other: object) -> ModalityCount:
        if not isinstance(other, ModalityCount):
            return NotImplemented
        return ModalityCount(self.text + other.text, self.audio + other.audio, self.image + other.image)

    def __radd__(self, other: object) -> ModalityCount:
        # sum() starts from 0.
        return self if other == 0 else NotImplemented


def user_audio_tokens(duration_ms: float) -> int:
    """Tokens of `duration_ms` of a user's audio: one for every 100 ms begun.

    Examples
    --------
    >>> user_audio_tokens(1868), user_audio_tokens(60_000)
    (19, 600)
    """
    return max(0, math.ceil(duration_ms / USER_AUDIO_MS_PER_TOKEN))


def assistant_audio_tokens(duration_ms: float) -> int:
    """Tokens of `duration_ms` of an assistant's audio: one for every 50 ms begun.

    The same number is billed when the answer is generated and each time it is given back as context.

    Examples
    --------
    >>> assistant_audio_tokens(1000), assistant_audio_tokens(60_000)
    (20, 1200)
    """
    return max(0, math.ceil(duration_ms / ASSISTANT_AUDIO_MS_PER_TOKEN))


def item_tokens(
    item: Mapping[str, Any],
    *,
    audio_ms: Mapping[str, int] | int = 0,
    image_tokens: int = IMAGE_TOKENS,
    count: Callable[[str], int] = count_text,
) -> ModalityCount:
    """Tokens of one conversation item when it is given to the model.

    Parameters
    ----------
    item : mapping
        In the shape of the wire: a ``message`` with its content parts, ``function_call``,
        ``function_call_output``, or an MCP item.
    audio_ms : int or mapping of item id to int
        Milliseconds of audio in this item, all its parts together. Wire items do not say how long their audio
        is, so it is not looked for in the item.
    image_tokens : int
        Tokens of each image in it.
    count : callable
        Counts the tokens of a string; an exact tokenizer's function may be given.

    Returns
    -------
    ModalityCount
        :data:`ITEM_OVERHEAD_TOKENS` included.

    Notes
    -----
    An assistant's spoken answer counts twice, as audio and as the text of its transcript, because both were
    generated and both come back as context. The transcript of a user's audio counts nothing: a separate model
    made it, and the conversation's model is not shown it.

    Examples
    --------
    >>> item_tokens({"type": "message", "role": "user",
    ...     "content": [{"type": "input_text", "text": "What is the weather in Paris?"}]})
    ModalityCount(text=9, audio=0, image=0)
    >>> item_tokens({"type": "message", "role": "user", "id": "item_1",
    ...     "content": [{"type": "input_audio", "transcript": None}]}, audio_ms={"item_1": 1868})
    ModalityCount(text=2, audio=19, image=0)
    """
    kind = item.get("type", "message")
    if kind == "message":
        found = _message(item, audio_ms, image_tokens, count)
    elif kind == "mcp_list_tools":
        found = ModalityCount(text=_tools(item.get("tools"), count))
    else:
        found = ModalityCount(text=sum(_text(item, name, count) for name in _TEXT_MEMBERS.get(str(kind), ())))
    return found + ModalityCount(text=ITEM_OVERHEAD_TOKENS)


def settings_tokens(
    instructions: str | None,
    tools: Sequence[Mapping[str, Any]] | None = None,
    *,
    count: Callable[[str], int] = count_text,
) -> ModalityCount:
    """Tokens of what a session puts before the conversation: its instructions and its tools.

    Tools are counted as compact JSON. How the service writes them out for the model is not published; for
    the JSON schemas of function tools this is an upper estimate rather than a lower one.

    Examples
    --------
    >>> settings_tokens("You are brief.")
    ModalityCount(text=6, audio=0, image=0)
    >>> settings_tokens("", [])
    ModalityCount(text=0, audio=0, image=0)
    """
    text = (count(instructions) if instructions else 0) + _tools(tools, count)
    return ModalityCount(text=text + ITEM_OVERHEAD_TOKENS if text else 0)


def _message(
    item: Mapping[str, Any],
    audio_ms: Mapping[str, int] | int,
    image_tokens: int,
    count: Callable[[str], int],
) -> ModalityCount:
    assistant = item.get("role") == "assistant"
    text, images, audio = 0, 0, False
    for part in item.get("content") or ():
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind in _TEXT_PARTS:
            text += _text(part, "text", count)
        elif kind in _AUDIO_PARTS:
            audio = True
            text += _text(part, "transcript", count) if assistant else 0
        elif kind == "input_image":
            images += 1
    duration_ms = audio_ms.get(str(item.get("id")), 0) if isinstance(audio_ms, Mapping) else audio_ms
    rule = assistant_audio_tokens if assistant else user_audio_tokens
    return ModalityCount(text, rule(duration_ms) if audio else 0, images * image_tokens)


def _text(holder: Mapping[str, Any], name: str, count: Callable[[str], int]) -> int:
    value = holder.get(name)
    return count(value) if isinstance(value, str) else 0


def _tools(tools: object, count: Callable[[str], int]) -> int:
    if not tools:
        return 0
    return count(json.dumps(tools, ensure_ascii=False, separators=(",", ":"), default=str))
