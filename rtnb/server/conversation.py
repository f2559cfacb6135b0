"""The server's conversation: items in order, each with its audio and, once heard, its words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pybase64

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.protocol.ids import new_id
from rtnb.server import problems
from rtnb.server.brains.base import Image, Message
from rtnb.server.problems import Refused
from rtnb.tokens import Segment

if TYPE_CHECKING:
    from rtnb.server.input.hearing import Heard

__all__ = ["Conversation", "Item", "Refused"]

Json = dict[str, Any]

LATEST = 8
"""Items from the end on that may still be recognised; those before have been answered long ago."""

_AUDIO_PARTS = ("input_audio", "output_audio")


@dataclass(slots=True, eq=False)
class Item:
    """One conversation item.

    Parameters
    ----------
    wire : dict
        The item as events show it, without the bytes of audio and images.
    audio : bytearray
        Its audio, user's or assistant's, in `format`; that of all its parts, one after another.
    heard : awaitable of str, optional
        What the recogniser makes of a user's audio.
    truncated : bool
        Whether the client has said that the rest was not heard; nothing is added after that.
    format : AudioFormat
        Of `audio`.
    lengths : tuple of int
        Bytes of each audio part where there are several.
    images : mapping of int to Image
        The images, by the index of their content part.
    left_out : bool
        Whether truncation of the context has dropped it: it can be retrieved, but no response is given it again.
    growing : callable, optional
        While a response streams it: the content so far.
    kept : str
        What was said up to where it was truncated, as far as that can be told; the client is not shown it.

    Examples
    --------
    >>> item = Item({"id": "item_1", "type": "message", "role": "assistant"}, bytearray(4800))
    >>> item.role, item.audio_ms
    ('assistant', 100)
    """

    wire: Json
    audio: bytearray = field(default_factory=bytearray)
    heard: Heard | None = None
    truncated: bool = False
    format: AudioFormat = PCM16
    lengths: tuple[int, ...] = ()
    images: Mapping[int, Image] = field(default_factory=dict)
    left_out: bool = False
    growing: Callable[[], list[Json]] | None = None
    kept: str = ""
    segment: Segment | None = None
    """What it counts as, once that is known; see :mod:`rtnb.server.answer.metering`."""
    messages: tuple[Message, ...] | None = None
    """How the brain reads it, once that is known; see :mod:`rtnb.server.answer.messages`."""

    @property
    def id(self) -> str:
        return str(self.wire["id"])

    @property
    def type(self) -> str:
        return str(self.wire["type"])

    @property
    def role(self) -> str:
        return str(self.wire.get("role", ""))

    @property
    def in_progress(self) -> bool:
        """Whether a response is still streaming it."""
        return self.growing is not None

    @property
    def audio_ms(self) -> int:
        return len(self.audio) // self.format.bytes_per_ms

    @property
    def audio_index(self) -> int:
        """Index of the user's audio among the content parts; 0 when there is none."""
        kinds = [part.get("type") for part in self.wire.get("content", [])]
        return kinds.index("input_audio") if "input_audio" in kinds else 0

    @property
    def content(self) -> list[Json]:
        """The content parts as they are now; of an item that is being streamed, as far as it has come."""
        return self.growing() if self.growing is not None else self.wire.get("content", [])

    async def words(self) -> str:
        """What was heard in a user's audio; begins its recognition if nobody has asked for it before."""
        # Shielded: a cancelled response must not take the recognition with it.
        return await asyncio.shield(self.heard) if self.heard is not None else ""

    def set_transcript(self, index: int, text: str) -> None:
        """Keep what a transcription made of the audio, for whoever retrieves the item."""
        parts = list(self.wire["content"])
        parts[index] = {**parts[index], "transcript": text}
        self.wire["content"] = parts
        self.changed()

    def changed(self) -> None:
        """Forget what was worked out about an earlier state of it."""
        self.segment = self.messages = None

    def with_audio(self) -> Json:
        """The item with the bytes of its audio and images, as ``conversation.item.retrieved`` carries it."""
        parts = self.content
        if not parts:
            return dict(self.wire)
        lengths = iter(self.lengths or (len(self.audio),))
        start, content = 0, []
        for index, part in enumerate(parts):
            if part.get("type") in _AUDIO_PARTS:
                stop = start + next(lengths, 0)
                part = {**part, "audio": pybase64.b64encode(bytes(self.audio[start:stop])).decode("ascii")}
                start = stop
            elif (image := self.images.get(index)) is not None:
                data = pybase64.b64encode(image.data).decode("ascii")
                part = {**part, "image_url": f"data:{image.kind};base64,{data}"}
            content.append(part)
        return {**self.wire, "content": content}

    def truncate(self, audio_end_ms: int) -> None:
        """Cut assistant audio; the transcript of the rest cannot be told apart and goes with all of it."""
        parts = self.content
        said = " ".join(part["transcript"] for part in parts if part.get("transcript")) or self.kept
        words = said.split()
        share = audio_end_ms / self.audio_ms if self.audio_ms else 0.0
        self.kept = " ".join(words[: round(share * len(words))])
        self.truncated = True
        del self.audio[audio_end_ms * self.format.bytes_per_ms :]
        if self.growing is None:
            self.wire["content"] = [_unsaid(part) for part in parts]
        self.changed()


def _unsaid(part: Json) -> Json:
    if part.get("type") != "output_audio":
        return part
    return {name: value for name, value in part.items() if name != "transcript"}


class Conversation:
    """Items in order, found by their ids."""

    def __init__(self) -> None:
        self.id = new_id("conv")
        self._items: list[Item] = []
        self._by_id: dict[str, Item] = {}
        self._calls: dict[str, int] = {}

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item: object) -> bool:
        return isinstance(item, Item) and self._by_id.get(item.id) is item

    def get(self, item_id: str, *, verb: str) -> Item:
        """The item, or the refusal that `verb` (``delete``, ``retrieve``, ``truncate``) answers."""
        item = self._by_id.get(item_id)
        if item is None:
            raise Refused(problems.unknown_item(verb, item_id))
        return item

    def find(self, item_id: str) -> Item | None:
        """The item or None."""
        return self._by_id.get(item_id)

    def has_call(self, call_id: str) -> bool:
        """Whether a function call of that id is among the items."""
        return call_id in self._calls

    @property
    def has_assistant_audio(self) -> bool:
        """Whether the assistant has spoken in it."""
        return any(item.role == "assistant" and item.audio for item in self._items)

    @property
    def recognising(self) -> bool:
        """Whether the words of one of the latest items are being worked out."""
        latest = (item.heard for item in self._items[-LATEST:])
        return any(heard.begun and not heard.done() for heard in latest if heard is not None)

    def append(self, item: Item) -> str | None:
        """Add at the end; returns the id of the item before it."""
        return self._insert(len(self._items), item)

    def place(self, item: Item, previous_item_id: str | None) -> str | None:
        """Add a client's item where it asks; returns the id of the one before it.

        Parameters
        ----------
        item : Item
        previous_item_id : str or None
            None for the end, ``"root"`` for the front, or the id of the item before.

        Raises
        ------
        Refused
            The id is taken, there is no such item to follow, or the output is of a call that is not there.
        """
        if item.id in self._by_id:
            raise Refused(problems.duplicate_item(item.id))
        if item.type == "function_call_output" and not self.has_call(item.wire["call_id"]):
            raise Refused(problems.unknown_call(item.wire["call_id"]))
        if previous_item_id is None:
            return self.append(item)
        if previous_item_id == "root":
            return self._insert(0, item)
        before = self._by_id.get(previous_item_id)
        if before is None:
            raise Refused(problems.unknown_previous_item(previous_item_id))
        return self._insert(self._items.index(before) + 1, item)

    def _insert(self, index: int, item: Item) -> str | None:
        previous = self._items[index - 1].id if index else None
        self._items.insert(index, item)
        self._by_id[item.id] = item
        if item.type == "function_call":
            call_id = item.wire["call_id"]
            self._calls[call_id] = self._calls.get(call_id, 0) + 1
        return previous

    def delete(self, item_id: str) -> None:
        """Forget an item."""
        item = self.get(item_id, verb="delete")
        self._items.remove(item)
        del self._by_id[item_id]
        if item.type == "function_call":
            call_id = item.wire["call_id"]
            self._calls[call_id] -= 1
            if not self._calls[call_id]:
                del self._calls[call_id]

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        """Cut assistant audio after `audio_end_ms`.

        Raises
        ------
        Refused
            There is no such item, it is no assistant audio, or its audio ends before.
        """
        item = self.get(item_id, verb="truncate")
        if item.role != "assistant" or not (item.audio or _spoken(item.content)):
            raise Refused(problems.not_audio_item())
        if audio_end_ms > item.audio_ms:
            raise Refused(problems.truncate_past_end(item.audio_ms, audio_end_ms))
        item.truncate(audio_end_ms)


def _spoken(parts: Sequence[Mapping[str, Any]]) -> bool:
    return any(part.get("type") == "output_audio" for part in parts)
