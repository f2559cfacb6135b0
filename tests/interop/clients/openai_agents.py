"""``openai-agents`` (Python): a RealtimeAgent run by RealtimeRunner."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner, realtime_handoff
from agents.realtime.model_inputs import RealtimeModelSendRawMessage
from telling import Given, chunks, run, tell

MANUAL: dict[str, Any] = {"turn_detection": None}
called: list[str] = []


@function_tool
def get_weather(city: str) -> str:
    """The weather in a city now."""
    called.append(city)
    return json.dumps({"temperature_celsius": 23})


class Watch:
    """What a session told its application."""

    def __init__(self, session: Any):
        self.session = session
        self.errors: list[str] = []
        self.audio_bytes = 0
        self.history: list[Any] = []
        self._seen: asyncio.Queue[str] = asyncio.Queue()
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for event in self.session:
            kind = event.type
            if kind == "error":
                self.errors.append(str(event.error))
            elif kind == "audio":
                self.audio_bytes += len(event.audio.data)
            elif kind == "history_updated":
                self.history = list(event.history)
            elif kind == "history_added":
                self.history = [*(item for item in self.history if item.item_id != event.item.item_id), event.item]
            elif kind == "raw_model_event":
                kind = event.data.type
                if kind == "raw_server_event":
                    kind = event.data.data.get("type", "?")
            self._seen.put_nowait(kind)
        self._seen.put_nowait("end")

    async def until(self, *kinds: str) -> str:
        while (kind := await self._seen.get()) not in kinds:
            if kind == "end":
                raise RuntimeError(f"the session ended; errors: {self.errors}")
        return kind

    async def while_(self, condition: Any) -> None:
        while condition():
            await self._seen.get()

    def said(self) -> list[list[str]]:
        """The history as role and words."""
        found = []
        for item in self.session._history:
            if item.type == "message":
                words = [
                    getattr(part, "text", None) or getattr(part, "transcript", None) or "" for part in item.content
                ]
                found.append([item.role, " ".join(words)])
            else:
                found.append([item.name, item.output or ""])
        return found


async def start(
    given: Given, *, text: bool = True, tools: Any = (), audio_input: Any = MANUAL, agent: Any = None
) -> Any:
    agent = agent or RealtimeAgent(name="Tester", instructions="You are brief.", tools=list(tools))
    settings: dict[str, Any] = {"modalities": ["text"] if text else ["audio"]}
    if audio_input is not None:
        settings["audio"] = {"input": audio_input}
    return await RealtimeRunner(agent).run(
        model_config={
            "url": f"{given.url}?model=gpt-realtime-2.1",
            "api_key": "x",
            "initial_model_settings": settings,  # type: ignore[typeddict-item]
        }
    )


async def raw(session: Any, kind: str, /, **data: Any) -> None:
    await session.model.send_event(RealtimeModelSendRawMessage(message={"type": kind, "other_data": data}))


async def text(given: Given) -> None:
    async with await start(given) as session:
        watch = Watch(session)
        await session.send_message("What is six times seven?")
        await watch.until("response.done")
        await asyncio.sleep(0.3)
        tell(history=watch.said(), errors=watch.errors)


async def audio(given: Given) -> None:
    """With turn detection off, the application commits and asks for the response."""
    async with await start(
        given, text=False, audio_input=MANUAL | {"transcription": {"model": "whisper-1"}}
    ) as session:
        watch = Watch(session)
        *first, last = chunks(given.pcm("capital"))
        for chunk in first:
            await session.send_audio(chunk)
        await session.send_audio(last, commit=True)
        await raw(session, "response.create")
        await watch.until("response.done")
        await asyncio.sleep(1.5)
        tell(history=watch.said(), audio_bytes=watch.audio_bytes, errors=watch.errors)


async def vad(given: Given) -> None:
    """Everything as the package sets it: semantic VAD, transcription, spoken answers."""
    async with await start(given, text=False, audio_input=None) as session:
        watch = Watch(session)

        async def speak() -> None:
            for chunk in chunks(bytes(48 * 300) + given.pcm("capital") + bytes(48 * 9000), 50):
                await session.send_audio(chunk)
                await asyncio.sleep(0.05)

        speaking = asyncio.create_task(speak())
        await watch.until("response.done")
        await asyncio.sleep(1.0)
        speaking.cancel()
        tell(history=watch.said(), audio_bytes=watch.audio_bytes, errors=watch.errors)


async def tool(given: Given) -> None:
    async with await start(given, tools=[get_weather]) as session:
        watch = Watch(session)
        await session.send_message("What is the weather in Paris?")
        await watch.until("response.done")
        await watch.until("response.done")
        await asyncio.sleep(0.3)
        tell(called=called, history=watch.said(), errors=watch.errors)


async def handoff(given: Given) -> None:
    """Another agent takes over: its instructions and tools replace those of the first in mid-session."""
    manager = RealtimeAgent(name="manager", instructions="You are the manager.", tools=[get_weather])
    clerk = RealtimeAgent(name="clerk", instructions="You are a clerk.", handoffs=[realtime_handoff(manager)])
    async with await start(given, agent=clerk) as session:
        watch = Watch(session)
        await session.send_message("Let me speak to the manager.")
        await watch.until("response.done")
        await watch.until("response.done")
        await session.send_message("What is the weather in Paris?")
        await watch.until("response.done")
        await watch.until("response.done")
        await asyncio.sleep(0.3)
        tell(called=called, history=watch.said(), errors=watch.errors)


async def interrupt(given: Given) -> None:
    async with await start(given, text=False) as session:
        watch = Watch(session)
        await session.send_message("Tell me a long story.")
        await watch.while_(lambda: watch.audio_bytes < 48000)
        await asyncio.sleep(0.6)
        await session.interrupt()
        await watch.until("response.done")
        before = watch.audio_bytes
        await session.send_message("What is six times seven?")
        await watch.until("response.done")
        await asyncio.sleep(0.3)
        tell(history=watch.said(), errors=watch.errors, came_ms=before // 48)


async def barge_in(given: Given) -> None:
    """The user speaks while a story is told: server VAD interrupts it, and the package truncates what was not heard."""
    settings = {"turn_detection": {"type": "server_vad", "interrupt_response": True, "create_response": True}}
    async with await start(given, text=False, audio_input=settings) as session:
        watch = Watch(session)
        await session.send_message("Tell me a long story.")
        await watch.while_(lambda: watch.audio_bytes < 48000)

        async def speak() -> None:
            for chunk in chunks(bytes(48 * 300) + given.pcm("capital") + bytes(48 * 3000), 50):
                await session.send_audio(chunk)
                await asyncio.sleep(0.05)

        speaking = asyncio.create_task(speak())
        await watch.until("audio_interrupted")
        await watch.until("response.done")
        await watch.until("response.done")
        await asyncio.sleep(0.3)
        speaking.cancel()
        tell(history=watch.said(), errors=watch.errors)


async def out_of_band(given: Given) -> None:
    async with await start(given) as session:
        watch = Watch(session)
        question = {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "What is two plus three?"}],
        }
        await raw(
            session,
            "response.create",
            response={
                "conversation": "none",
                "output_modalities": ["text"],
                "metadata": {"a": "b"},
                "input": [question],
            },
        )
        await watch.until("response.done")
        await session.send_message("What is six times seven?")
        await watch.until("response.done")
        await asyncio.sleep(0.3)
        tell(history=watch.said(), errors=watch.errors)


async def mcp(given: Given) -> None:
    """A tool that the service calls itself, which the package has no word for: it goes as a raw event."""
    shop = {
        "type": "mcp",
        "server_label": "shop",
        "server_url": os.environ["SHOP_URL"],
        "require_approval": "never",
    }
    async with await start(given, text=False) as session:
        watch = Watch(session)
        await raw(session, "session.update", session={"type": "realtime", "tools": [shop]})
        *first, last = chunks(given.pcm("order"))
        for chunk in first:
            await session.send_audio(chunk)
        await session.send_audio(last, commit=True)
        await raw(session, "response.create")
        await watch.until("response.done")
        await raw(session, "response.create")
        await watch.until("response.done")
        await asyncio.sleep(0.3)
        tell(audio_bytes=watch.audio_bytes, errors=watch.errors)


run(
    {
        "mcp": mcp,
        "text": text,
        "audio": audio,
        "vad": vad,
        "tool": tool,
        "handoff": handoff,
        "interrupt": interrupt,
        "barge_in": barge_in,
        "out_of_band": out_of_band,
    }
)
