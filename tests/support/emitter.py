"""A scripted server that says what a test has it say, in the middle of a session."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from typing import Any

from rtnb.session.aio import AsyncSession
from rtnb.testing import ScriptedServer, greeting

__all__ = ["STARTED", "STOPPED", "begun", "chunk", "done", "emit", "emitter", "soon"]

STARTED = {"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": "said"}
STOPPED = {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 10, "item_id": "said"}


def _script(event: Mapping[str, Any]) -> list[dict[str, Any]]:
    match event["type"]:
        case "session.update":
            return [{"type": "session.updated", "session": {"id": "sess", **event["session"]}}]
        case "test.emit":
            return list(event["events"])
    return []


def emitter() -> ScriptedServer:
    """It accepts any settings, and emits what :func:`emit` gives it."""
    return ScriptedServer(_script, first=[greeting(model="m")])


def begun(response_id: str, item_id: str, *, conversation: str | None = "conv") -> list[dict[str, Any]]:
    """A response with one message begins."""
    response = {"id": response_id, "conversation_id": conversation, "status": "in_progress", "output": []}
    item = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    return [
        {"type": "response.created", "response": {**response, "metadata": None, "usage": None}},
        {"type": "response.output_item.added", "response_id": response_id, "output_index": 0, "item": item},
    ]


def chunk(response_id: str, item_id: str, data: bytes) -> dict[str, Any]:
    """Audio of it."""
    text = base64.b64encode(data).decode()
    where = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
    return {"type": "response.output_audio.delta", **where, "delta": text}


def done(response_id: str, item_id: str) -> list[dict[str, Any]]:
    """Its end."""
    where = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
    response = {"id": response_id, "conversation_id": "conv", "status": "completed", "output": [], "usage": None}
    return [
        {"type": "response.output_audio.done", **where},
        {"type": "response.done", "response": {**response, "metadata": None}},
    ]


async def emit(session: AsyncSession, *events: Mapping[str, Any]) -> None:
    """Have the server say it, and wait until the session has heard it."""
    last = {"type": "test.heard", "event_id": f"heard_{len(session.events)}"}
    await session.send_event({"type": "test.emit", "events": [*events, last]})
    await session.core.until(lambda: any(event.body == last for event in session.events.of_type("test.heard")), 5)


async def soon(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)
