"""The server's conversation: items in order, each with its audio and, once heard, its words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pybase64

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.protocol import Problem
from rtnb.protocol.ids import new_id
from rtnb.server import problems

__all__ = ["Conversation", "Item", "Refused"]


class Refused(Exception):
    """A client event that cannot be carried out; the connection answers with its problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(slots=True, eq=False)
class Item:
    """One conversation item.

    Parameters
    ----------
    wire : dict
        The item as events show it, without audio bytes.
    audio : bytearray
        Its audio part, user's or assistant's, in `format`.
    heard : asyncio.Future of str, optional
        What the recogniser makes of a user's audio.
    truncated : bool
        Whether the client has said that the rest was not heard; nothing is added after that.
    format : AudioFormat
        Of `audio`.
    """

    wire: dict[str, Any]
    audio: bytearray = field(default_factory=bytearray)
    heard: asyncio.Future[str] | None = None
    truncated: bool = False
    format: AudioFormat = PCM16

    @property
    def id(self) -> str:
        return str(self.wire["id"])

    @property
    def role(self) -> str:
        return str(self.wire.get("role", ""))

    @property
    def audio_ms(self) -> int:
        return len(self.audio) // self.format.bytes_per_ms

    @property
    def audio_index(self) -> int:
        """Index of the user's audio among the content parts; 0 when there is none."""
        kinds = [part.get("type") for part in self.wire.get("content", [])]
        return kinds.index("input_audio") if "input_audio" in kinds else 0

    def set_transcript(self, index: int, text: str) -> None:
        """Keep what a transcription made of the audio, for whoever retrieves the item."""
        parts = list(self.wire["content"])
        parts[index] = {**parts[index], "transcript": text}
        self.wire["content"] = parts

    def with_audio(self) -> dict[str, Any]:
        """The item with its audio bytes, as ``conversation.item.retrieved`` carries it."""
        content = [
            {**part, "audio": pybase64.b64encode(bytes(self.audio)).decode("ascii")}
            if part.get("type") in ("input_audio", "output_audio")
            else part
            for part in self.wire.get("content", [])
        ]
        return {**self.wire, "content": content} if content else dict(self.wire)


def _taken_in(wire: Mapping[str, Any]) -> Item:
    """A client's item as the server keeps it: id and status filled in, audio decoded and set apart."""
    audio = bytearray()
    shown = {key: value for key, value in wire.items() if value is not None}
    shown.setdefault("id", new_id("item"))
    shown["status"] = "completed"
    if "content" in shown:
        parts = []
        for index, part in enumerate(shown["content"]):
            part = dict(part)
            if (data := part.pop("audio", None)) is not None:
                try:
                    audio += pybase64.b64decode(data, validate=True)
                except ValueError:
                    raise Refused(problems.bad_base64(f"item.content[{index}].audio")) from None
                part.setdefault("transcript", None)
            parts.append(part)
        shown["content"] = parts
    if shown["type"] == "function_call":
        shown.setdefault("call_id", new_id("call"))
    return Item(shown, audio)


class Conversation:
    """Items in order."""

    def __init__(self) -> None:
        self.id = new_id("conv")
        self._items: list[Item] = []

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def _index(self, item_id: str) -> int | None:
        return next((index for index, item in enumerate(self._items) if item.id == item_id), None)

    def get(self, item_id: str, *, verb: str) -> Item:
        """The item, or the refusal that `verb` (``delete``, ``retrieve``, ``truncate``) answers."""
        index = self._index(item_id)
        if index is None:
            raise Refused(problems.unknown_item(verb, item_id))
        return self._items[index]

    def find(self, item_id: str) -> Item | None:
        """The item or None."""
        index = self._index(item_id)
        return None if index is None else self._items[index]

    def append(self, item: Item) -> str | None:
        """Add at the end; returns the id of the item before it."""
        previous = self._items[-1].id if self._items else None
        self._items.append(item)
        return previous

    def create(self, wire: Mapping[str, Any], previous_item_id: str | None) -> tuple[Item, str | None]:
        """Add a client's item where it asks; returns the item and the id of the one before it."""
        item = _taken_in(wire)
        if self._index(item.id) is not None:
            raise Refused(problems.duplicate_item(item.id))
        if previous_item_id is None:
            return item, self.append(item)
        if previous_item_id == "root":
            self._items.insert(0, item)
            return item, None
        index = self._index(previous_item_id)
        if index is None:
            raise Refused(problems.unknown_previous_item(previous_item_id))
        self._items.insert(index + 1, item)
        return item, previous_item_id

    def delete(self, item_id: str) -> None:
        """Forget an item."""
        self._items.remove(self.get(item_id, verb="delete"))

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        """Cut assistant audio after `audio_end_ms`; the transcript of the rest cannot be told apart and goes."""
        item = self.get(item_id, verb="truncate")
        parts = item.wire.get("content") or []
        if item.role != "assistant" or not (item.audio or any(p.get("type") == "output_audio" for p in parts)):
            raise Refused(problems.not_audio_item())
        if audio_end_ms > item.audio_ms:
            raise Refused(problems.truncate_past_end(item.audio_ms, audio_end_ms))
        item.truncated = True
        del item.audio[audio_end_ms * item.format.bytes_per_ms :]
        item.wire["content"] = [
            {key: value for key, value in part.items() if key != "transcript"}
            if part.get("type") == "output_audio"
            else part
            for part in parts
        ]
