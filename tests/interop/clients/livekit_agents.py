"""``livekit-plugins-openai``: its RealtimeModel, driven as LiveKit's AgentSession drives it, without a room."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
from livekit import rtc
from livekit.agents import Agent, AgentSession, llm
from livekit.plugins.openai import realtime
from openai.types.beta.realtime.session import TurnDetection
from telling import Given, chunks, run, tell

called: list[str] = []


@llm.function_tool
async def get_weather(city: str) -> str:
    """The weather in a city now.

    Args:
        city: Name of the city
    """
    called.append(city)
    return json.dumps({"temperature_celsius": 23})


class Watch:
    """A session of the model, and what it told."""

    def __init__(self, given: Given, http: aiohttp.ClientSession, *, model: Any = None, **options: Any):
        self.model = model or realtime.RealtimeModel(
            base_url=given.base.replace("ws://", "http://"), api_key="x", http_session=http, **options
        )
        self.session: Any = self.model.session()
        self.errors: list[str] = []
        self.heard: list[str] = []
        self.generations: asyncio.Queue[Any] = asyncio.Queue()
        self.seen: asyncio.Queue[str] = asyncio.Queue()
        self.session.on("error", lambda event: self.errors.append(str(event.error)))
        self.session.on("generation_created", self.generations.put_nowait)
        self.session.on("input_audio_transcription_completed", self._heard)
        self.session.on("input_speech_started", lambda _: self.seen.put_nowait("speech_started"))
        self.session.on("input_speech_stopped", lambda _: self.seen.put_nowait("speech_stopped"))

    def _heard(self, event: Any) -> None:
        if event.is_final:
            self.heard.append(event.transcript)
            self.seen.put_nowait("heard")

    async def add(self, role: Any, text: str) -> None:
        """Put a message into the conversation; LiveKit waits until the server has taken it."""
        context = self.session.chat_ctx.copy()
        context.add_message(role=role, content=text)
        await self.session.update_chat_ctx(context)

    def roles(self) -> list[list[str]]:
        found = []
        for item in self.session.chat_ctx.items:
            if item.type == "message":
                found.append([item.role, item.text_content or ""])
            else:
                found.append([item.type, getattr(item, "output", None) or getattr(item, "arguments", "")])
        return found

    def push(self, pcm: bytes) -> None:
        self.session.push_audio(
            rtc.AudioFrame(data=pcm, sample_rate=24000, num_channels=1, samples_per_channel=len(pcm) // 2)
        )

    async def close(self) -> None:
        await self.session.aclose()
        await self.model.aclose()


async def collect(generation: Any) -> dict[str, Any]:
    """All of one generation: words, audio and calls."""
    found: dict[str, Any] = {"text": "", "audio_ms": 0, "calls": [], "ids": []}

    async def words(message: Any) -> None:
        async for piece in message.text_stream:
            found["text"] += str(piece)

    async def sound(message: Any) -> None:
        async for frame in message.audio_stream:
            found["audio_ms"] += int(frame.duration * 1000)

    async def messages() -> None:
        async for message in generation.message_stream:
            found["ids"].append(message.message_id)
            await asyncio.gather(words(message), sound(message))

    async def calls() -> None:
        async for call in generation.function_stream:
            found["calls"].append(call)

    await asyncio.gather(messages(), calls())
    return found


async def with_session(given: Given, scenario: Any, **options: Any) -> None:
    async with aiohttp.ClientSession() as http:
        watch = Watch(given, http, **options)
        try:
            await watch.session.update_instructions("You are brief.")
            await scenario(watch)
        finally:
            await watch.close()


async def text(given: Given) -> None:
    async def scenario(watch: Watch) -> None:
        await watch.add("user", "What is six times seven?")
        answer = await collect(await watch.session.generate_reply())
        tell(answer=answer["text"], audio_ms=answer["audio_ms"], history=watch.roles(), errors=watch.errors)

    await with_session(given, scenario, modalities=["text"], turn_detection=None)


async def audio(given: Given) -> None:
    async def scenario(watch: Watch) -> None:
        for chunk in chunks(given.pcm("capital"), 20):
            watch.push(chunk)
        watch.session.commit_audio()
        answer = await collect(await watch.session.generate_reply())
        while not watch.heard:
            await watch.seen.get()
        tell(
            answer=answer["text"],
            audio_ms=answer["audio_ms"],
            heard=watch.heard,
            history=watch.roles(),
            errors=watch.errors,
        )

    await with_session(given, scenario, turn_detection=None)


async def vad(given: Given) -> None:
    """As the package sets it: its default turn detection and transcription."""

    async def scenario(watch: Watch) -> None:
        async def speak() -> None:
            for chunk in chunks(bytes(48 * 300) + given.pcm("capital") + bytes(48 * 9000), 50):
                watch.push(chunk)
                await asyncio.sleep(0.05)

        speaking = asyncio.create_task(speak())
        answer = await collect(await watch.generations.get())
        while not watch.heard:
            await watch.seen.get()
        speaking.cancel()
        tell(answer=answer["text"], audio_ms=answer["audio_ms"], heard=watch.heard, errors=watch.errors)

    await with_session(given, scenario)


async def tool(given: Given) -> None:
    async def scenario(watch: Watch) -> None:
        await watch.session.update_tools([get_weather])
        await watch.add("user", "What is the weather in Paris?")
        first = await collect(await watch.session.generate_reply())
        (call,) = first["calls"]
        output = await get_weather(**json.loads(call.arguments))
        context = watch.session.chat_ctx.copy()
        context.items.append(
            llm.FunctionCallOutput(name=call.name, call_id=call.call_id, output=output, is_error=False)
        )
        await watch.session.update_chat_ctx(context)
        second = await collect(await watch.session.generate_reply())
        tell(name=call.name, called=called, answer=second["text"], history=watch.roles(), errors=watch.errors)

    await with_session(given, scenario, modalities=["text"], turn_detection=None)


async def interrupt(given: Given) -> None:
    async def scenario(watch: Watch) -> None:
        await watch.add("user", "Tell me a long story.")
        generation = await watch.session.generate_reply()
        collecting = asyncio.create_task(collect(generation))
        await asyncio.sleep(2.5)
        watch.session.interrupt()
        first = await collecting
        watch.session.truncate(message_id=first["ids"][0], modalities=["audio", "text"], audio_end_ms=700)
        await watch.add("user", "What is six times seven?")
        second = await collect(await watch.session.generate_reply())
        tell(first_ms=first["audio_ms"], answer=second["text"], history=watch.roles(), errors=watch.errors)

    await with_session(given, scenario, turn_detection=None)


async def barge_in(given: Given) -> None:
    async def scenario(watch: Watch) -> None:
        await watch.add("user", "Tell me a long story.")
        collecting = asyncio.create_task(collect(await watch.session.generate_reply()))
        await watch.generations.get()
        await asyncio.sleep(2.0)

        async def speak() -> None:
            for chunk in chunks(bytes(48 * 300) + given.pcm("capital") + bytes(48 * 3000), 50):
                watch.push(chunk)
                await asyncio.sleep(0.05)

        speaking = asyncio.create_task(speak())
        first = await collecting
        second = await collect(await watch.generations.get())
        speaking.cancel()
        tell(first_ms=first["audio_ms"], answer=second["text"], errors=watch.errors)

    detection = TurnDetection(type="server_vad", create_response=True, interrupt_response=True)
    await with_session(given, scenario, turn_detection=detection)


async def agent_session(given: Given) -> None:
    """The application's side: an AgentSession that runs the agent, its tools and the conversation."""
    async with aiohttp.ClientSession() as http:
        model = realtime.RealtimeModel(
            base_url=given.base.replace("ws://", "http://"), api_key="x", http_session=http, modalities=["text"]
        )
        async with AgentSession(llm=model) as session:
            await session.start(Agent(instructions="You are brief.", tools=[get_weather]))
            first = await session.run(user_input="What is the weather in Paris?")
            second = await session.run(user_input="What is six times seven?")
            tell(
                events=[event.type for event in first.events],
                called=called,
                said=[event.item.text_content for event in (first.events[-1], second.events[-1])],
            )


async def azure(given: Given) -> None:
    """The older Azure service, which LiveKit speaks in the beta's names."""
    async with aiohttp.ClientSession() as http:
        model = realtime.RealtimeModel.with_azure(
            azure_deployment="gpt-4o-realtime-preview",
            azure_endpoint=given.base.removesuffix("/v1").replace("ws://", "http://"),
            api_key="x",
            api_version="2024-10-01-preview",
            http_session=http,
            modalities=["text"],
            turn_detection=None,
        )
        watch = Watch(given, http, model=model)
        await watch.add("user", "What is six times seven?")
        answer = await collect(await watch.session.generate_reply())
        tell(answer=answer["text"], errors=watch.errors)
        await watch.close()


async def reconnect(given: Given) -> None:
    """A session that has grown old is left for a new one, which is given the whole conversation."""

    async def scenario(watch: Watch) -> None:
        watch.session.on("session_reconnected", lambda _: watch.seen.put_nowait("reconnected"))
        await watch.session.update_tools([get_weather])
        await watch.add("user", "What is the weather in Paris?")
        first = await collect(await watch.session.generate_reply())
        (call,) = first["calls"]
        context = watch.session.chat_ctx.copy()
        output = json.dumps({"temperature_celsius": 23})
        context.items.append(
            llm.FunctionCallOutput(name=call.name, call_id=call.call_id, output=output, is_error=False)
        )
        await watch.session.update_chat_ctx(context)
        await collect(await watch.session.generate_reply())
        while await watch.seen.get() != "reconnected":
            pass
        while len(watch.roles()) < 4:  # LiveKit's copy of the conversation fills as the server takes the items
            await asyncio.sleep(0.02)
        await watch.add("user", "What is six times seven?")
        answer = await collect(await watch.session.generate_reply())
        tell(answer=answer["text"], history=watch.roles(), errors=watch.errors)

    await with_session(given, scenario, modalities=["text"], turn_detection=None, max_session_duration=3)


async def edit(given: Given) -> None:
    """The conversation is rewritten: items deleted and put in between, each waited for by its id."""

    async def scenario(watch: Watch) -> None:
        for words in ("One.", "Two.", "Three."):
            await watch.add("user", words)
        context = watch.session.chat_ctx.copy()
        del context.items[1]
        context.items.insert(1, llm.ChatMessage(role="user", content=["Between."]))
        await watch.session.update_chat_ctx(context)
        tell(history=watch.roles(), errors=watch.errors)

    await with_session(given, scenario, modalities=["text"], turn_detection=None)


run(
    {
        "text": text,
        "audio": audio,
        "vad": vad,
        "tool": tool,
        "interrupt": interrupt,
        "barge_in": barge_in,
        "agent_session": agent_session,
        "azure": azure,
        "reconnect": reconnect,
        "edit": edit,
    }
)
