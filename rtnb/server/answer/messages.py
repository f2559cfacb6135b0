"""Conversation items as a brain reads them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, Literal, cast

from rtnb.server.brains.base import Image, Message
from rtnb.server.conversation import Item

__all__ = ["messages_of"]

OTHERS_TURN: Final = 500
"""Items after which others have their turn on the event loop: a few milliseconds of work."""

_CALLS: Final = frozenset({"function_call", "mcp_call"})

_Role = Literal["system", "user", "assistant"]


async def messages_of(items: Iterable[Item]) -> tuple[Message, ...]:
    """Items as messages, in order; waits for words that are still being recognised.

    What has no words for anybody, such as the list of an MCP server's tools, has no message. Calls in a row that one
    response made stand together, before the outputs among them: they were made at once.
    """
    found: list[Message] = []
    outputs: list[Message] = []
    round_of = ""
    for number, item in enumerate(items):
        if number % OTHERS_TURN == OTHERS_TURN - 1:
            await asyncio.sleep(0)
        made = item.messages
        if made is None:
            made = await _messages(item)
            if not item.in_progress:
                item.messages = made
        called = item.response_id if item.type in _CALLS else ""
        if outputs and called != round_of:
            found.extend(outputs)
            outputs.clear()
        round_of = called
        found.extend(made[:1] if called else made)
        outputs.extend(made[1:] if called else ())
    return (*found, *outputs)


async def _messages(item: Item) -> tuple[Message, ...]:
    wire = item.wire
    match item.type:
        case "message":
            return (await _message(item),)
        case "function_call":
            return (Message(role="assistant", name=wire["name"], call_id=wire["call_id"], text=wire["arguments"]),)
        case "function_call_output":
            return (Message(role="tool", call_id=wire["call_id"], text=wire["output"]),)
        case "mcp_call":
            call = Message(role="assistant", name=wire["name"], call_id=item.id, text=wire["arguments"])
            if (error := wire.get("error")) is not None:
                return (call, Message(role="tool", call_id=item.id, text=json.dumps({"error": error["message"]})))
            output = wire.get("output")
            return (call,) if output is None else (call, Message(role="tool", call_id=item.id, text=output))
        case _:
            return ()


async def _message(item: Item) -> Message:
    heard = await item.words()
    parts = item.content
    # A transcript that the transcription left on the item is what was heard, not more of it.
    known = [part for part in parts if not (heard and part.get("type") == "input_audio")]
    texts = [part.get("text") or part.get("transcript") or "" for part in known] + [heard]
    if item.truncated:
        texts.append(item.kept)
    return Message(
        role=cast(_Role, item.role),
        text=" ".join(text for text in texts if text),
        heard=any(part.get("type") == "input_audio" for part in parts),
        images=tuple(_image(item.images[index], parts[index]) for index in sorted(item.images)),
    )


def _image(image: Image, part: Mapping[str, Any]) -> Image:
    detail = part.get("detail")
    return replace(image, detail=detail) if detail in ("low", "high") else image
