"""One output item of a response while it streams: its events in order, and its end at any moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pybase64

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.server.conversation import Conversation, Item

__all__ = ["Emit", "FunctionCallOutput", "MessageOutput", "Output", "announce"]

Emit = Callable[..., None]
"""``emit(type, **members)`` sends one server event."""


def announce(emit: Emit, item: Item, previous: str | None) -> None:
    """An item that is complete from the start joins the conversation."""
    emit("conversation.item.added", item=dict(item.wire), previous_item_id=previous)
    emit("conversation.item.done", item=dict(item.wire), previous_item_id=previous)


class Output:
    """What all output items have in common."""

    def __init__(
        self,
        emit: Emit,
        wire: dict[str, Any],
        *,
        response_id: str,
        index: int,
        conversation: Conversation | None,
        format: AudioFormat = PCM16,
    ) -> None:
        self.item = Item(wire, format=format, response_id=response_id)
        self.item.growing = list
        self._emit = emit
        self._conversation = conversation
        self._text: list[str] = []
        self._at: dict[str, Any] = {"response_id": response_id, "output_index": index}
        self._emit("response.output_item.added", item=dict(wire), **self._at)
        if conversation is not None:
            self._previous = conversation.append(self.item)
            self._emit("conversation.item.added", item=dict(wire), previous_item_id=self._previous)

    @property
    def text(self) -> str:
        """Text, transcript or arguments that were streamed so far."""
        return "".join(self._text)

    @property
    def audio_bytes(self) -> int:
        """Audio streamed so far."""
        return 0

    def close(self, status: str) -> None:
        """End the item with what was streamed: `status` is ``completed`` or ``incomplete``."""
        raise NotImplementedError

    def _finish(self, status: str | None) -> None:
        self.item.growing = None
        if status is not None:
            self.item.wire["status"] = status
        self.item.changed()
        if self._conversation is not None:
            self._conversation.grown(self.item)
        # Whoever has deleted it meanwhile is told no more about it as an item of the conversation.
        if self._conversation is not None and self.item in self._conversation:
            self._emit("conversation.item.done", item=dict(self.item.wire), previous_item_id=self._previous)
        self._emit("response.output_item.done", item=dict(self.item.wire), **self._at)


class MessageOutput(Output):
    """An assistant message: audio with its transcript, or text.

    Opening it emits the head of the sequence; :meth:`close` emits the tail with exactly what was streamed.
    """

    def __init__(
        self,
        emit: Emit,
        item_id: str,
        *,
        spoken: bool,
        response_id: str,
        index: int,
        conversation: Conversation | None,
        format: AudioFormat = PCM16,
    ) -> None:
        wire = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        super().__init__(emit, wire, response_id=response_id, index=index, conversation=conversation, format=format)
        self._spoken = spoken
        self._audio_bytes = 0
        self._part: dict[str, Any] = {"item_id": item_id, "content_index": 0, **self._at}
        self.item.growing = self._content
        # The part's type is "audio" or "text" here although the item's own parts are "output_*".
        part = {"type": "audio", "transcript": ""} if spoken else {"type": "text", "text": ""}
        self._emit("response.content_part.added", part=part, **self._part)

    @property
    def audio_bytes(self) -> int:
        """Audio streamed so far."""
        return self._audio_bytes

    def say(self, text: str) -> None:
        """Stream a piece of text, or of the transcript."""
        if not text:
            return
        self._text.append(text)
        kind = "output_audio_transcript" if self._spoken else "output_text"
        self._emit(f"response.{kind}.delta", delta=text, **self._part)

    def play(self, data: bytes) -> None:
        """Stream a piece of audio in the item's format, whole samples."""
        self._audio_bytes += len(data)
        if not self.item.truncated:
            self.item.audio += data
        self._emit("response.output_audio.delta", delta=pybase64.b64encode(data).decode("ascii"), **self._part)

    def close(self, status: str) -> None:
        """End the item with what was streamed: `status` is ``completed`` or ``incomplete``."""
        text = self.text
        if self._spoken:
            self._emit("response.output_audio.done", **self._part)
            self._emit("response.output_audio_transcript.done", transcript=text, **self._part)
            part = {"type": "audio", "transcript": text}
        else:
            self._emit("response.output_text.done", text=text, **self._part)
            part = {"type": "text", "text": text}
        self._emit("response.content_part.done", part=part, **self._part)
        self.item.wire["content"] = self._content()
        self._finish(status)

    def _content(self) -> list[dict[str, Any]]:
        if not self._spoken:
            return [{"type": "output_text", "text": self.text}]
        if self.item.truncated:
            return [{"type": "output_audio"}]
        return [{"type": "output_audio", "transcript": self.text}]


class FunctionCallOutput(Output):
    """A function call: arguments streamed, then final."""

    def __init__(
        self,
        emit: Emit,
        item_id: str,
        *,
        name: str,
        call_id: str,
        response_id: str,
        index: int,
        conversation: Conversation | None,
    ) -> None:
        wire = {
            "id": item_id,
            "type": "function_call",
            "status": "in_progress",
            "name": name,
            "call_id": call_id,
            "arguments": "",
        }
        super().__init__(emit, wire, response_id=response_id, index=index, conversation=conversation)
        self._call: dict[str, Any] = {"item_id": item_id, "call_id": call_id, **self._at}

    def write(self, arguments: str) -> None:
        """Stream a piece of the arguments."""
        if not arguments:
            return
        self._text.append(arguments)
        self.item.wire["arguments"] = self.text
        self._emit("response.function_call_arguments.delta", delta=arguments, **self._call)

    def close(self, status: str) -> None:
        """End the item with what was streamed: `status` is ``completed`` or ``incomplete``."""
        arguments = self.text
        self._emit(
            "response.function_call_arguments.done",
            arguments=arguments,
            name=self.item.wire["name"],
            **self._call,
        )
        self.item.wire["arguments"] = arguments
        self._finish(status)
