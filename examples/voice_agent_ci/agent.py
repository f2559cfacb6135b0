"""The agent under test: push to talk, on the ``openai`` package, with its tools on an MCP server. It knows no rtnb."""

from __future__ import annotations

import base64
from typing import Any

from openai import AsyncOpenAI
from websockets.exceptions import ConnectionClosed

TRIES = 2


class Unavailable(Exception):
    """The model gives no answer."""


class Agent:
    """Answers questions about orders.

    Parameters
    ----------
    shop_url : str
        Address of the MCP server with the tools.
    """

    def __init__(self, shop_url: str):
        self._session: Any = {
            "type": "realtime",
            "instructions": "You help the customers of a shop. Look orders up; never guess. Be brief.",
            "audio": {"input": {"turn_detection": None}},
            "tools": [{"type": "mcp", "server_label": "shop", "server_url": shop_url, "require_approval": "never"}],
        }

    async def ask(self, question: bytes) -> bytes:
        """The spoken answer to a spoken question, both as PCM16 at 24 kHz; asks again when the line is lost."""
        for _ in range(TRIES):
            try:
                return await self._ask(question)
            except ConnectionClosed:
                continue
        raise Unavailable("The connection was lost again and again.")

    async def _ask(self, question: bytes) -> bytes:
        async with AsyncOpenAI().realtime.connect(model="gpt-realtime-2.1") as connection:
            await connection.session.update(session=self._session)
            await connection.input_audio_buffer.append(audio=base64.b64encode(question).decode())
            await connection.input_audio_buffer.commit()
            await connection.response.create()
            answer = bytearray()
            async for event in connection:
                match event.type:
                    case "response.output_audio.delta":
                        answer += base64.b64decode(event.delta)
                    case "response.done" if event.response.status == "failed":
                        raise Unavailable(event.response.status_details.error.code)
                    case "response.done" if any(item.type == "mcp_call" for item in event.response.output):
                        # The service has called the tool; what it gave is to be told.
                        await connection.response.create()
                    case "response.done":
                        return bytes(answer)
                    case "error":
                        raise Unavailable(event.error.message)
        raise Unavailable("The connection was closed.")
