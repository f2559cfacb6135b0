"""A server session without a socket: events in, events out, each checked as a strict client would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self

import orjson

from rtnb.server.answer.delivery import Delivery
from rtnb.server.brains.base import BrainRequest, Piece
from rtnb.server.opening import Opening
from rtnb.server.options import Options
from rtnb.server.session import ServerSession
from rtnb.server.workers import Workers
from rtnb.speech import SilentEar, ToneVoice, VoiceStack
from rtnb.vad import load_engine
from support.strict import strict_server_event

Json = dict[str, Any]
Think = Callable[[BrainRequest], AsyncIterator[Piece]]


class Mind:
    """A brain made of a function; it remembers what it was asked."""

    name = "mind"

    def __init__(self, think: Think) -> None:
        self._think = think
        self.asked: list[BrainRequest] = []

    def reply(self, request: BrainRequest) -> AsyncIterator[Piece]:
        self.asked.append(request)
        return self._think(request)


class Desk:
    """One session with tones for a voice; ``async with`` ends it."""

    def __init__(self, brain: Any = None, *, opening: Opening | None = None, **options: Any) -> None:
        options = {"delivery": Delivery(factor=0), **options}
        self.events: list[Json] = []
        self._grown = asyncio.Event()
        self._workers = Workers(1)
        self._stack = VoiceStack(SilentEar(), ToneVoice(), load_engine("energy"))
        self.session = ServerSession(
            Options(**options) if brain is None else Options(brain=brain, **options),
            opening or Opening(model="gpt-realtime-2.1"),
            voices=self._voices,
            workers=self._workers,
            send=self._send,
            drained=self._drained,
        )

    async def _voices(self) -> VoiceStack:
        return self._stack

    async def _drained(self) -> None:
        pass

    def _send(self, event: Json) -> None:
        sent: Json = orjson.loads(orjson.dumps(event))
        assert strict_server_event(sent) == [], sent
        self.events.append(sent)
        self._grown.set()

    async def __aenter__(self) -> Self:
        self.session.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.close()
        self._workers.close()

    async def send(self, kind: str, **members: Any) -> list[Json]:
        """Handle one event; what was answered at once."""
        mark = len(self.events)
        await self.session.handle({"type": kind, **members})
        return self.events[mark:]

    async def update(self, **session: Any) -> Json:
        return (await self.send("session.update", session={"type": "realtime", **session}))[0]

    async def say(self, text: str, **item: Any) -> list[Json]:
        content = [{"type": "input_text", "text": text}]
        wire = {"type": "message", "role": "user", "content": content, **item}
        return await self.send("conversation.item.create", item=wire)

    async def until(self, *kinds: str, after: int = 0) -> Json:
        """The first event of one of these kinds, from index `after` on; waits for it."""
        at = after
        async with asyncio.timeout(10):
            while True:
                while at < len(self.events):
                    if self.events[at]["type"] in kinds:
                        return self.events[at]
                    at += 1
                self._grown.clear()
                await self._grown.wait()

    async def respond(self, **response: Any) -> Json:
        """A response from its request to its end."""
        mark = len(self.events)
        await self.send("response.create", **({"response": response} if response else {}))
        return (await self.until("response.done", "error", after=mark)).get("response", self.events[-1])

    def of(self, kind: str) -> list[Json]:
        return [event for event in self.events if event["type"] == kind]

    def error(self) -> Json:
        """The latest error."""
        return self.of("error")[-1]["error"]  # type: ignore[no-any-return]
