"""The server's conversation: items in order, each with its audio and, once heard, its words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
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
"""Items from the end on that may still be recognised; those before have been answered long ago (own choice: a turn
or two of short utterances in a row, so that an idle check looks at a handful of items)."""

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
    response_id: str = ""
    """The response that made it, if one did."""

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
    def told(self) -> str | None:
        """The words that a client gave with the audio of an item; None where any part came without."""
        parts = [part for part in self.wire.get("content") or () if part.get("type") == "input_audio"]
        words = [part.get("transcript") for part in parts]
        return " ".join(words) if words and all(words) else None

    @property
    def audio_ms(self) -> int:
        return len(self.audio) // self.format.bytes_per_ms

    @property
    def held_bytes(self) -> int:
        """Bytes of its audio and images, and characters of its text."""
        images = sum(len(image.data) for image in self.images.values())
        return len(self.audio) + images + sum(map(len, self.texts()))

    def texts(self) -> Iterator[str]:
        """Every text in it, its own members and those of its content."""
        for value in self.wire.values():
            if isinstance(value, str):
                yield value
        for part in self.wire.get("content", ()):
            for value in part.values():
                if isinstance(value, str):
                    yield value

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
        # What it counts as stays: a model is given the audio, not this.
        self.messages = None

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
    """Items in order, found by their ids.

    Parameters
    ----------
    most_bytes : int, optional
        What the items may hold together, audio, images and text; None for any number.
    """

    def __init__(self, most_bytes: int | None = None) -> None:
        self.id = new_id("conv")
        self._voice: object = None
        self._spoken: set[str] = set()
        self._most_bytes = most_bytes
        self._held: dict[str, int] = {}
        self._held_bytes = 0
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
    def voice(self) -> Any:
        """That of the assistant's audio in it, which can be no other; None while there is none.

        Audio that was cut down to nothing counts, an item that was deleted does not.
        """
        return self._voice if self._spoken else None

    def spoke(self, item: Item, voice: object) -> None:
        """There is assistant audio in that voice in `item`."""
        if not self._spoken:
            self._voice = voice
        if item in self:
            self._spoken.add(item.id)

    def check_room(self, more_bytes: int) -> None:
        """Refuse what would hold more than a session may.

        Raises
        ------
        Refused
            There is no room for so many bytes.
        """
        if self._most_bytes is not None and self._held_bytes + more_bytes > self._most_bytes:
            raise Refused(problems.conversation_full(self._most_bytes))

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
            The id is taken, there is no such item to follow, the output is of a call that is not there, or there is
            no room for it.
        """
        if item.id == "root":
            raise Refused(problems.reserved_item_id(item.id))
        if item.id in self._by_id:
            raise Refused(problems.duplicate_item(item.id))
        if item.type == "function_call_output" and not self.has_call(item.wire["call_id"]):
            raise Refused(problems.unknown_call(item.wire["call_id"]))
        self.check_room(item.held_bytes)
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
        self._held[item.id] = item.held_bytes
        self._held_bytes += self._held[item.id]
        if item.type == "function_call":
            call_id = item.wire["call_id"]
            self._calls[call_id] = self._calls.get(call_id, 0) + 1
        return previous

    def delete(self, item_id: str) -> None:
        """Forget an item."""
        item = self.get(item_id, verb="delete")
        self._items.remove(item)
        del self._by_id[item_id]
        self._held_bytes -= self._held.pop(item_id)
        self._spoken.discard(item_id)
        if item.type == "function_call":
            call_id = item.wire["call_id"]
            self._calls[call_id] -= 1
            if not self._calls[call_id]:
                del self._calls[call_id]

    def grown(self, item: Item) -> None:
        """Count again what an item holds: a response has ended it, or a client has cut it."""
        if item in self:
            self._held_bytes += item.held_bytes - self._held[item.id]
            self._held[item.id] = item.held_bytes

    def truncate(self, item_id: str, audio_end_ms: int, content_index: int = 0) -> float:
        """Cut assistant audio after `audio_end_ms`; returns the milliseconds of audio that are thrown away.

        Raises
        ------
        Refused
            There is no such item, it or that part of it is no assistant audio, or its audio ends before.
        """
        item = self.get(item_id, verb="truncate")
        kinds = [part.get("type") for part in item.content]
        if item.role != "assistant" or not (item.audio or "output_audio" in kinds):
            raise Refused(problems.not_audio_item())
        if not 0 <= content_index < len(kinds) or kinds[content_index] != "output_audio":
            raise Refused(problems.not_audio_part(content_index))
        had_ms = item.audio_ms
        if audio_end_ms > had_ms:
            raise Refused(problems.truncate_past_end(had_ms, audio_end_ms))
        item.truncate(audio_end_ms)
        self.grown(item)
        return had_ms - item.audio_ms

    def clear(self) -> None:
        """Let go of everything: the session has ended."""
        self._items.clear()
        self._by_id.clear()
        self._calls.clear()
        self._held.clear()
        self._held_bytes = 0
