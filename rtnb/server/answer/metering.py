"""Usage objects: what a response would count on the live service, by the published token rules."""

from __future__ import annotations

import json
import zlib
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
)

__all__ = ["Meter", "counted", "segment_of"]


REMEMBERED_PROMPTS = 8
"""How many earlier prompts a new one may share its beginning with. The live cache holds many for minutes; more
than these few make no difference to one conversation and its side requests."""


def segment_of(item: Item) -> Segment:
    """What an item is in a prompt: a key of its content, and its tokens. Worked out once for each state of it.

    The key knows nothing of ids or of what a user's audio was transcribed to, neither of which a model is given.

    Examples
    --------
    >>> said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello!"}]}
    >>> segment_of(Item({"id": "a", **said})) == segment_of(Item({"id": "b", **said}))
    True
    """
    if item.segment is not None:
        return item.segment
    found = counted(item)
    if not item.in_progress:
        item.segment = found
    return found


def counted(item: Item) -> Segment:
    """What an item is in a prompt as it is now. Nothing is kept: it may be called in a thread."""
    shown = {**item.wire, "content": item.content}
    given = {name: value for name, value in shown.items() if name not in ("id", "object", "status", "content")}
    given["content"] = [
        {name: value for name, value in part.items() if not (part["type"] == "input_audio" and name == "transcript")}
        for part in item.content
    ]
    key = hash(
        (
            json.dumps(given, sort_keys=True),
            len(item.audio),
            zlib.crc32(item.audio),
            tuple(zlib.crc32(image.data) for image in item.images.values()),
        )
    )
    return Segment(f"{item.type}:{key}", item_tokens(shown, audio_ms=item.audio_ms))


class Meter:
    """Counts tokens of one conversation and remembers what the prompt cache would hold."""

    def __init__(self) -> None:
        # A response outside of the conversation has another prompt, and leaves those before it in the cache.
        self._prompts: deque[tuple[Sequence[Segment], ModalityCount]] = deque(maxlen=REMEMBERED_PROMPTS)
        self._settings: deque[tuple[tuple[str, str], Segment]] = deque(maxlen=REMEMBERED_PROMPTS)

    def settings(self, instructions: str, tools: Sequence[Mapping[str, Any]]) -> Segment:
        """Instructions and tools as the first part of a prompt."""
        about = (instructions, json.dumps(tools, sort_keys=True))
        for known, segment in self._settings:
            if known == about:
                return segment
        return self.keep_settings(instructions, tools, settings_tokens(instructions, tools))

    def keep_settings(self, instructions: str, tools: Sequence[Mapping[str, Any]], count: ModalityCount) -> Segment:
        """Remember what instructions and tools count as, so that :meth:`settings` finds it."""
        about = (instructions, json.dumps(tools, sort_keys=True))
        segment = Segment(f"settings:{hash(about)}", count)
        self._settings.append((about, segment))
        return segment

    def prompt(
        self, instructions: str, tools: Sequence[Mapping[str, Any]], items: Iterable[Item]
    ) -> tuple[ModalityCount, ModalityCount]:
        """Input tokens of a response and how many of them are cached; the prompt is remembered."""
        segments = [self.settings(instructions, tools), *map(segment_of, items)]
        shared, count = 0, ModalityCount()
        for prompt, total in reversed(self._prompts):
            # The latest prompt of a conversation is nearly always the longest one: the others need no look.
            if len(prompt) > shared and (common := _common(prompt, segments)) > shared:
                # Nearly always all of it: only what is new since is summed up.
                shared, count = common, total if common == len(prompt) else _total(segments[:common])
        whole = count + _total(segments[shared:])
        self._prompts.append((segments, whole))
        prefix = Segment("", count)
        return whole, cached_prefix([prefix], [prefix])

    @staticmethod
    def usage(prompt: ModalityCount, cached: ModalityCount, *, texts: Iterable[str], audio_ms: float) -> dict[str, Any]:
        """The wire form of a response's usage; `audio_ms` is what it has streamed."""
        return TokenUsage(
            input_text=prompt.text,
            input_audio=prompt.audio,
            input_image=prompt.image,
            cached_text=cached.text,
            cached_audio=cached.audio,
            cached_image=cached.image,
            output_text=sum(count_text(text) for text in texts),
            output_audio=assistant_audio_tokens(audio_ms),
        ).to_wire()


def _common(previous: Sequence[Segment], current: Sequence[Segment]) -> int:
    """How many segments two prompts begin with alike."""
    common = 0
    for before, now in zip(previous, current, strict=False):
        # Nearly always the same object: a conversation of thousands of items is compared in no time.
        if before is not now and before != now:
            break
        common += 1
    return common


def _total(segments: Sequence[Segment]) -> ModalityCount:
    text = audio = image = 0
    for segment in segments:
        count = segment.count
        text += count.text
        audio += count.audio
        image += count.image
    return ModalityCount(text, audio, image)
