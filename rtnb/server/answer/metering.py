"""Usage objects: what a response would count on the live service, by the published token rules."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rtnb.audio.formats import PCM16
from rtnb.server.conversation import Item
from rtnb.tokens import (
    ModalityCount,
    Segment,
    TokenUsage,
    assistant_audio_tokens,
    cached_prefix,
    count_text,
    item_tokens,
    settings_tokens,
    user_audio_tokens,
)

__all__ = ["Meter", "transcription_usage"]


REMEMBERED_PROMPTS = 8
"""How many earlier prompts a new one may share its beginning with. The live cache holds many for minutes; more
than these few make no difference to one conversation and its side requests."""


class Meter:
    """Counts tokens of one conversation and remembers what the prompt cache would hold."""

    def __init__(self) -> None:
        # A response outside of the conversation has another prompt, and leaves those before it in the cache.
        self._prompts: deque[Sequence[Segment]] = deque(maxlen=REMEMBERED_PROMPTS)

    def prompt(
        self, instructions: str, tools: Sequence[Mapping[str, Any]], items: Iterable[Item]
    ) -> tuple[ModalityCount, ModalityCount]:
        """Input tokens of a response and how many of them are cached; the prompt is remembered."""
        segments = [Segment(f"settings:{hash((instructions, repr(tools)))}", settings_tokens(instructions, tools))]
        segments += [
            # The key holds the length: a truncated item is another prefix.
            Segment(f"{item.id}:{len(item.audio)}", item_tokens(item.wire, audio_ms=item.audio_ms))
            for item in items
        ]
        found = (cached_prefix(prompt, segments) for prompt in self._prompts)
        cached = max(found, key=lambda count: count.total, default=ModalityCount())
        self._prompts.append(segments)
        total = ModalityCount()
        for segment in segments:
            total = total + segment.count
        return total, cached

    @staticmethod
    def usage(
        prompt: ModalityCount, cached: ModalityCount, *, texts: Iterable[str], audio_bytes: int
    ) -> dict[str, Any]:
        """The wire form of a response's usage."""
        return TokenUsage(
            input_text=prompt.text,
            input_audio=prompt.audio,
            input_image=prompt.image,
            cached_text=cached.text,
            cached_audio=cached.audio,
            cached_image=cached.image,
            output_text=sum(count_text(text) for text in texts),
            output_audio=assistant_audio_tokens(audio_bytes / PCM16.bytes_per_ms),
        ).to_wire()


_TOKEN_PRICED = ("gpt-4o-transcribe", "gpt-4o-mini-transcribe")
"""Transcription models whose usage is counted in tokens; the others are billed by duration."""


def transcription_usage(model: str, duration_ms: float, transcript: str) -> dict[str, Any]:
    """Usage of ``conversation.item.input_audio_transcription.completed``.

    Duration models round the buffer's seconds up, silence included, as captures of the live service show.
    """
    if not model.startswith(_TOKEN_PRICED):
        return {"type": "duration", "seconds": math.ceil(duration_ms / 1000)}
    audio, text = user_audio_tokens(duration_ms), count_text(transcript)
    return {
        "type": "tokens",
        "total_tokens": audio + text,
        "input_tokens": audio,
        "input_token_details": {"text_tokens": 0, "audio_tokens": audio},
        "output_tokens": text,
    }
