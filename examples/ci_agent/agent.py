"""The agent under test: it takes calls for a restaurant, on the ``openai`` package. Nothing in it knows rtnb."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

from openai import AsyncOpenAI

INSTRUCTIONS = "You book tables for a restaurant. Be brief. When the caller says goodbye, hang up."
TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "name": "book_table",
        "description": "Book a table for this evening.",
        "parameters": {
            "type": "object",
            "properties": {"people": {"type": "integer"}, "hour": {"type": "integer", "description": "1 to 12"}},
            "required": ["people", "hour"],
        },
    },
    {"type": "function", "name": "hang_up", "description": "End the call.", "parameters": {"type": "object"}},
]
SORRY = "Sorry, I have a problem just now. Please call again."


class Telephone(Protocol):
    """What the agent speaks through."""

    def play(self, audio: bytes) -> None:
        """Put PCM16 of 24 kHz behind what is still to be played."""

    def stop(self) -> int | None:
        """Forget what is still to be played; milliseconds of the answer that were heard, None if all of it was."""


class Agent:
    """One call.

    Parameters
    ----------
    telephone : Telephone
        Where its voice goes.
    book : callable
        ``book(people=…, hour=…)`` books a table and tells its number, or raises.
    """

    def __init__(self, telephone: Telephone, book: Callable[..., int]):
        self.said: list[str] = []
        self.heard: list[str] = []
        self._telephone = telephone
        self._book = book
        self._speaking: str | None = None
        self._owes_answer = False

    async def take_call(self, microphone: AsyncIterator[bytes]) -> None:
        """Talk until the caller says goodbye."""
        client = AsyncOpenAI(websocket_base_url=os.environ.get("REALTIME_URL"))
        async with client.realtime.connect(model="gpt-realtime-2.1") as connection:
            listening = {"turn_detection": {"type": "server_vad"}, "transcription": {"model": "whisper-1"}}
            session = {"type": "realtime", "instructions": INSTRUCTIONS, "tools": TOOLS, "audio": {"input": listening}}
            await connection.session.update(session=session)  # type: ignore[arg-type]
            sending = asyncio.create_task(self._send(connection, microphone))
            try:
                async for event in connection:
                    if await self._handle(connection, event):
                        break
            finally:
                sending.cancel()

    async def _send(self, connection: Any, microphone: AsyncIterator[bytes]) -> None:
        async for chunk in microphone:
            await connection.input_audio_buffer.append(audio=base64.b64encode(chunk).decode())

    async def _handle(self, connection: Any, event: Any) -> bool:
        """Act on one event; True at the end of the call."""
        match event.type:
            case "response.output_audio.delta":
                self._speaking = event.item_id
                self._telephone.play(base64.b64decode(event.delta))
            case "response.output_audio_transcript.done":
                self.said.append(event.transcript)
            case "conversation.item.input_audio_transcription.completed":
                self.heard.append(event.transcript.strip())
            case "input_audio_buffer.speech_started" if self._speaking:
                item, self._speaking = self._speaking, None
                if (heard_ms := self._telephone.stop()) is not None:
                    await connection.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=heard_ms)
            case "response.function_call_arguments.done" if event.name == "hang_up":
                return True
            case "response.function_call_arguments.done":
                await self._answer_call(connection, event)
            case "response.done" if event.response.status == "failed":
                self.said.append(SORRY)
                return True
            case "response.done" if self._owes_answer:
                # The response that called the tool is over, so the next one can begin.
                self._owes_answer = False
                await connection.response.create()
            case "error":
                raise RuntimeError(event.error.message)
        return False

    async def _answer_call(self, connection: Any, event: Any) -> None:
        try:
            output: dict[str, int | str] = {"table": self._book(**json.loads(event.arguments))}
        except Exception as error:
            output = {"error": str(error)}
        item = {"type": "function_call_output", "call_id": event.call_id, "output": json.dumps(output)}
        await connection.conversation.item.create(item=item)
        self._owes_answer = True
