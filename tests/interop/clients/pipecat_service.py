"""``pipecat-ai``: its OpenAIRealtimeLLMService in a pipeline between the two context aggregators."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from loguru import logger
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMMessagesAppendFrame,
    LLMRunFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.openai.realtime.events import (
    AudioConfiguration,
    AudioInput,
    InputAudioTranscription,
    SessionProperties,
    TurnDetection,
)
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.workers.runner import WorkerRunner
from telling import Given, chunks, run, tell

called: list[dict[str, Any]] = []
WEATHER = FunctionSchema(
    name="get_weather",
    description="The weather in a city now.",
    properties={"city": {"type": "string", "description": "Name of the city"}},
    required=["city"],
)


async def get_weather(params: Any) -> None:
    called.append(dict(params.arguments))
    await params.result_callback({"temperature_celsius": 23})


class Tap(FrameProcessor):
    """Keeps what passes, in both directions."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.audio_bytes = 0
        self.heard: list[str] = []
        self.errors: list[str] = []
        self.ends = 0
        self.interruptions = 0

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMTextFrame):
            self.text += frame.text
        elif isinstance(frame, TTSAudioRawFrame):
            self.audio_bytes += len(frame.audio)
        elif isinstance(frame, LLMFullResponseEndFrame):
            self.ends += 1
        elif isinstance(frame, TranscriptionFrame):
            self.heard.append(frame.text)
        elif isinstance(frame, InterruptionFrame):
            self.interruptions += 1
        elif isinstance(frame, ErrorFrame):
            self.errors.append(frame.error)
        await self.push_frame(frame, direction)


class Bot:
    """A pipeline that runs, and what is seen before and behind the service in it."""

    def __init__(self, given: Given, first: str, *, properties: SessionProperties, tools: bool = False):
        self.service = OpenAIRealtimeLLMService(
            api_key="x",
            base_url=given.url,
            settings=OpenAIRealtimeLLMService.Settings(
                system_instruction="You are brief.", session_properties=properties
            ),
        )
        if tools:
            self.service.register_function("get_weather", get_weather)
        messages: list[Any] = [{"role": "user", "content": first}] if first else []
        self.context = (
            LLMContext(messages, tools=ToolsSchema(standard_tools=[WEATHER])) if tools else LLMContext(messages)
        )
        pair = LLMContextAggregatorPair(self.context)
        self.before, self.behind = Tap(), Tap()
        self.items: list[str] = []

        async def created(service: Any, item_id: str, item: Any) -> None:
            self.items.append(item_id)

        self.service.add_event_handler("on_conversation_item_created", created)
        self.worker = PipelineWorker(
            Pipeline([pair.user(), self.before, self.service, self.behind, pair.assistant()]),
            params=PipelineParams(audio_in_sample_rate=24000, audio_out_sample_rate=24000),
            cancel_on_idle_timeout=False,
            enable_rtvi=False,
        )

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            if self.before.errors or self.behind.errors:
                raise RuntimeError(f"errors: {self.before.errors + self.behind.errors}")
            await asyncio.sleep(0.02)

    async def add(self, text: str) -> None:
        """A message in mid-session; behind the user's aggregator, which would keep it to itself."""
        messages: list[Any] = [{"role": "user", "content": text}]
        await self.before.push_frame(LLMMessagesAppendFrame(messages=messages, run_llm=True))

    async def speak(self, pcm: bytes, *, paced: bool = False) -> None:
        for chunk in chunks(pcm, 20):
            await self.worker.queue_frame(InputAudioRawFrame(audio=chunk, sample_rate=24000, num_channels=1))
            if paced:
                await asyncio.sleep(0.02)

    def said(self) -> list[list[str]]:
        return [[message["role"], str(message.get("content") or "")] for message in self.context.get_messages()]

    def tell(self, **facts: Any) -> None:
        tell(
            text=self.behind.text,
            audio_bytes=self.behind.audio_bytes,
            heard=self.before.heard,
            errors=self.before.errors + self.behind.errors,
            history=self.said(),
            **facts,
        )

    async def drive(self, scenario: Any) -> None:
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(self.worker)
        running = asyncio.create_task(runner.run())
        try:
            await self.worker.queue_frame(LLMRunFrame())
            await scenario(self)
        finally:
            await self.worker.queue_frame(EndFrame())
            await asyncio.wait({running}, timeout=5)


TEXT = SessionProperties(output_modalities=["text"])


async def text(given: Given) -> None:
    """Two turns; what is appended later goes out as a system message."""

    async def scenario(bot: Bot) -> None:
        await bot.until(lambda: bot.behind.ends == 1)
        first, bot.behind.text = bot.behind.text, ""
        await bot.add("What is four times five?")
        await bot.until(lambda: bot.behind.ends == 2)
        await asyncio.sleep(0.2)
        bot.tell(first=first)

    await Bot(given, "What is six times seven?", properties=TEXT).drive(scenario)


async def audio(given: Given) -> None:
    """Turns decided by the pipeline: the service commits and asks for the response."""
    manual = AudioConfiguration(input=AudioInput(transcription=InputAudioTranscription(), turn_detection=False))

    async def scenario(bot: Bot) -> None:
        await bot.until(lambda: bot.behind.ends == 1)
        bot.behind.text, bot.behind.audio_bytes = "", 0
        await bot.worker.queue_frame(UserStartedSpeakingFrame())
        await bot.speak(given.pcm("capital"))
        await bot.worker.queue_frame(UserStoppedSpeakingFrame())
        await bot.until(lambda: "Paris" in bot.behind.text and bool(bot.before.heard))
        await bot.until(lambda: bot.behind.ends == 2)
        await asyncio.sleep(0.2)
        bot.tell()

    await Bot(given, "Hello!", properties=SessionProperties(audio=manual)).drive(scenario)


async def vad(given: Given) -> None:
    """A story, interrupted by a question: the server detects both turns."""
    detected = AudioConfiguration(
        input=AudioInput(transcription=InputAudioTranscription(model="whisper-1"), turn_detection=TurnDetection())
    )

    async def scenario(bot: Bot) -> None:
        await bot.until(lambda: bot.behind.audio_bytes > 48000)
        await bot.speak(bytes(48 * 300) + given.pcm("capital") + bytes(48 * 1500), paced=True)
        await bot.until(lambda: "Paris" in bot.behind.text and bool(bot.before.heard))
        await bot.until(lambda: bot.behind.ends >= 2)
        await asyncio.sleep(0.5)
        bot.tell(interruptions=bot.before.interruptions + bot.behind.interruptions)

    await Bot(given, "Tell me a long story.", properties=SessionProperties(audio=detected)).drive(scenario)


async def tool(given: Given) -> None:
    async def scenario(bot: Bot) -> None:
        await bot.until(lambda: "23" in bot.behind.text)
        await asyncio.sleep(0.3)
        bot.tell(called=called)

    await Bot(given, "What is the weather in Paris?", properties=TEXT, tools=True).drive(scenario)


async def interrupt(given: Given) -> None:
    """The pipeline interrupts by itself, as it does with turns of its own: clear, append, cancel, truncate."""
    manual = AudioConfiguration(input=AudioInput(turn_detection=False))

    async def scenario(bot: Bot) -> None:
        await bot.until(lambda: bot.behind.audio_bytes > 48000)
        await bot.speak(bytes(48 * 200))
        await asyncio.sleep(0.5)
        came_ms = bot.behind.audio_bytes // 48
        await bot.worker.queue_frame(InterruptionFrame())
        await asyncio.sleep(0.5)
        bot.behind.text = ""
        await bot.add("What is six times seven?")
        await bot.until(lambda: "42" in bot.behind.text)
        await asyncio.sleep(0.3)
        bot.tell(came_ms=came_ms)

    await Bot(given, "Tell me a long story.", properties=SessionProperties(audio=manual)).drive(scenario)


async def retrieve(given: Given) -> None:
    """An item asked for by its id, and one that does not exist."""

    async def scenario(bot: Bot) -> None:
        await bot.until(lambda: bot.behind.ends == 1)
        item = await bot.service.retrieve_conversation_item(bot.items[0])
        try:
            await bot.service.retrieve_conversation_item("item_none")
            missing = ""
        except Exception as error:
            missing = str(error)
        await bot.add("What is four times five?")
        await bot.until(lambda: "20" in bot.behind.text)
        bot.tell(item=json.loads(item.model_dump_json()), missing=missing)

    await Bot(given, "What is six times seven?", properties=TEXT).drive(scenario)


logger.remove()
run({"text": text, "audio": audio, "vad": vad, "tool": tool, "interrupt": interrupt, "retrieve": retrieve})
