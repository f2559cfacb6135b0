"""One response from created to done: the brain's text, cut into sentences, spoken, paced and streamed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.formats import PCM16
from rtnb.audio.pcm import int16_of_float
from rtnb.protocol.ids import new_id
from rtnb.server.answer.delivery import Delivery
from rtnb.server.answer.metering import Meter
from rtnb.server.answer.output import Emit, FunctionCallOutput, MessageOutput
from rtnb.server.answer.sentences import sentences_of
from rtnb.server.brains import Brain, BrainRequest, Call, Message, Say
from rtnb.server.conversation import Conversation, Item
from rtnb.server.images import images_of
from rtnb.server.workers import Workers
from rtnb.speech import VoiceStack
from rtnb.tokens import ModalityCount, assistant_audio_tokens, count_text

__all__ = ["Response", "ResponseSettings", "Surroundings"]

log = logging.getLogger(__name__)

RATE_HZ = PCM16.rate_hz

CHUNK_SAMPLES = RATE_HZ // 10
"""Audio leaves in pieces of 100 ms."""

TRANSCRIPT_LEAD_S = 0.3
"""The transcript runs this far ahead of the audio it belongs to, as it usually does on the live service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseSettings:
    """What a response runs with: the session's settings, overridden by ``response.create``."""

    instructions: str
    modalities: tuple[str, ...]
    tools: tuple[Mapping[str, Any], ...]
    tool_choice: Any
    voice: Any
    speed: float
    audio_format: Mapping[str, Any]
    max_output_tokens: int | str
    metadata: Mapping[str, str] | None = None
    in_conversation: bool = True

    @property
    def spoken(self) -> bool:
        """Whether the answer is audio."""
        return "audio" in self.modalities


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a response needs of its session."""

    emit: Emit
    brain: Brain
    conversation: Conversation
    meter: Meter
    workers: Workers
    delivery: Delivery
    voices: Callable[[], Awaitable[VoiceStack]]
    drained: Callable[[], Awaitable[None]]
    """Waits while the client reads too slowly."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A sentence and its audio."""

    text: str
    samples: NDArray[np.float32]


class Response:
    """One run of the brain.

    Parameters
    ----------
    around : Surroundings
    settings : ResponseSettings
    items : sequence of Item
        The context, in order.
    """

    def __init__(self, around: Surroundings, settings: ResponseSettings, items: Sequence[Item]) -> None:
        self.id = new_id("resp")
        self._around = around
        self._settings = settings
        self._items = tuple(items)
        self._outputs: list[MessageOutput | FunctionCallOutput] = []
        self._open: MessageOutput | None = None
        self._prompt = self._cached = ModalityCount()
        self._started_at: float | None = None
        self._spoken_s = 0.0
        self.ended = False
        """Whether ``response.done`` is out."""
        self._cancel_reason = "client_cancelled"

    @property
    def in_conversation(self) -> bool:
        """Whether it belongs to the default conversation."""
        return self._settings.in_conversation

    def created(self) -> None:
        """Announce it."""
        self._prompt, self._cached = self._around.meter.prompt(
            self._settings.instructions, self._settings.tools, self._items
        )
        self._around.emit("response.created", response=self._wire("in_progress", None, None))

    async def run(self) -> None:
        """Generate, stream and finish; always ends with ``response.done``."""
        try:
            truncated = await self._generate()
        except asyncio.CancelledError:
            self._done("cancelled", {"type": "cancelled", "reason": self._cancel_reason})
        except Exception as error:
            log.exception("response %s failed", self.id)
            self._done(
                "failed",
                {
                    "type": "failed",
                    "error": {"type": "server_error", "code": type(error).__name__, "message": str(error)},
                },
            )
        else:
            if truncated:
                self._done("incomplete", {"type": "incomplete", "reason": "max_output_tokens"})
            else:
                self._done("completed", None)

    async def cancel(self, task: asyncio.Task[None], reason: str) -> None:
        """Cut it short; its closing events are out when this returns. `task` is the one that runs it."""
        self._cancel_reason = reason
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        if not self.ended:
            # The task was cancelled before its first step and never got to say so.
            self._done("cancelled", {"type": "cancelled", "reason": reason})

    async def _generate(self) -> bool:
        """Stream the answer; True when it hit ``max_output_tokens``."""
        stack = await self._around.voices()
        request = await self._request(stack)
        if self._settings.spoken:
            return await self._speak(stack, request)
        return await self._write(request)

    async def _request(self, stack: VoiceStack) -> BrainRequest:
        return BrainRequest(
            messages=tuple([await _message(item) for item in self._items]),
            instructions=self._settings.instructions,
            tools=self._settings.tools,
            tool_choice=self._settings.tool_choice,
            modalities=self._settings.modalities,
            can_hear=stack.recognizer.available,
            can_speak=stack.synthesizer.available,
            missing=stack.missing,
        )

    async def _pieces(self, request: BrainRequest) -> AsyncGenerator[str, None]:
        """Text of the brain; its tool calls become items of their own on the way."""
        stream = self._around.brain.reply(request)
        try:
            async for piece in stream:
                if isinstance(piece, Say):
                    yield piece.text
                elif isinstance(piece, Call):
                    self._call(piece)
        finally:
            # A generator learns here that its answer was cut short; a plain iterator has nothing to close.
            if (close := getattr(stream, "aclose", None)) is not None:
                await close()

    def _call(self, call: Call) -> None:
        output = FunctionCallOutput(
            self._around.emit,
            new_id("item"),
            name=call.name,
            call_id=call.call_id or new_id("call"),
            **self._place(),
        )
        self._outputs.append(output)
        output.finish(call.arguments)

    def _message_output(self) -> MessageOutput:
        if self._open is None:
            self._open = MessageOutput(self._around.emit, new_id("item"), spoken=self._settings.spoken, **self._place())
            self._outputs.append(self._open)
        return self._open

    def _place(self) -> dict[str, Any]:
        return {
            "response_id": self.id,
            "index": len(self._outputs),
            "conversation": self._around.conversation if self.in_conversation else None,
        }

    async def _write(self, request: BrainRequest) -> bool:
        async with aclosing(self._pieces(request)) as pieces:
            async for piece in pieces:
                fitting = self._fitting(piece, 0.0)
                self._message_output().say(fitting)
                if fitting != piece:
                    return True
                await self._around.drained()
        return False

    async def _speak(self, stack: VoiceStack, request: BrainRequest) -> bool:
        ready: asyncio.Queue[_Spoken | BaseException | None] = asyncio.Queue(maxsize=2)
        producer = asyncio.create_task(self._synthesise(stack, request, ready))
        try:
            while (spoken := await ready.get()) is not None:
                if isinstance(spoken, BaseException):
                    raise spoken
                fitting = self._fitting(spoken.text, spoken.samples.size / RATE_HZ)
                share = len(fitting) / len(spoken.text) if spoken.text else 1.0
                await self._stream(fitting, spoken.samples[: round(share * spoken.samples.size)])
                if fitting != spoken.text:
                    return True
            return False
        finally:
            producer.cancel()
            with suppress(asyncio.CancelledError):
                await producer

    async def _synthesise(
        self, stack: VoiceStack, request: BrainRequest, ready: asyncio.Queue[_Spoken | BaseException | None]
    ) -> None:
        """Keep up to two sentences ahead of what is being streamed."""
        voice = self._settings.voice if isinstance(self._settings.voice, str) else "custom"

        def speak(sentence: str) -> NDArray[np.float32]:
            return stack.synthesizer.synthesize(sentence, voice=voice, speed=self._settings.speed)

        try:
            async with aclosing(sentences_of(self._pieces(request))) as sentences:
                async for sentence in sentences:
                    if sentence.strip():
                        await ready.put(_Spoken(sentence, await self._around.workers.run(speak, sentence.strip())))
            await ready.put(None)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            await ready.put(error)

    async def _stream(self, text: str, samples: NDArray[np.float32]) -> None:
        """Send one sentence: words spread over its audio, a little ahead of it."""
        output = self._message_output()
        words = text.split(" ")
        words = [word + " " for word in words[:-1]] + ([words[-1]] if words[-1] else [])
        pcm = int16_of_float(samples).astype("<i2").tobytes()
        duration_s = samples.size / RATE_HZ
        said = 0
        for start in range(0, len(pcm), 2 * CHUNK_SAMPLES):
            position_s = start / (2 * RATE_HZ)
            await self._wait_for(self._spoken_s + position_s)
            due = len(words) if not duration_s else int(len(words) * (position_s + TRANSCRIPT_LEAD_S) / duration_s) + 1
            output.say("".join(words[said:due]))
            said = max(said, min(due, len(words)))
            output.play(pcm[start : start + 2 * CHUNK_SAMPLES])
        output.say("".join(words[said:]))
        self._spoken_s += duration_s

    async def _wait_for(self, position_s: float) -> None:
        now = asyncio.get_running_loop().time()
        if self._started_at is None:
            self._started_at = now
        delay = self._started_at + self._around.delivery.due_s(position_s) - now
        # Even an undelayed answer lets other sessions and a cancel in between two chunks.
        await asyncio.sleep(max(0.0, delay))
        await self._around.drained()

    def _fitting(self, text: str, duration_s: float) -> str:
        """As many words of `text` as ``max_output_tokens`` still allows."""
        limit = self._settings.max_output_tokens
        if not isinstance(limit, int):
            return text
        used = sum(count_text(output.text) for output in self._outputs if isinstance(output, MessageOutput))
        left = limit - used - assistant_audio_tokens(self._spoken_s * 1000)
        kept = text
        while kept:
            audio_ms = 1000 * duration_s * len(kept) / len(text)
            if count_text(kept) + assistant_audio_tokens(audio_ms) <= left:
                return kept
            kept = kept.rstrip().rpartition(" ")[0]
        return kept

    def _done(self, status: str, details: dict[str, Any] | None) -> None:
        self.ended = True
        if self._open is not None:
            self._open.close("completed" if status == "completed" else "incomplete")
            self._open = None
        messages = [output for output in self._outputs if isinstance(output, MessageOutput)]
        usage = self._around.meter.usage(
            self._prompt,
            self._cached,
            texts=[
                output.text if isinstance(output, MessageOutput) else output.item.wire["arguments"]
                for output in self._outputs
            ],
            audio_bytes=sum(message.audio_bytes for message in messages),
        )
        self._around.emit("response.done", response=self._wire(status, details, usage))

    def _wire(self, status: str, details: dict[str, Any] | None, usage: dict[str, Any] | None) -> dict[str, Any]:
        settings = self._settings
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [dict(output.item.wire) for output in self._outputs] if status != "in_progress" else [],
            "conversation_id": self._around.conversation.id if self.in_conversation else None,
            "output_modalities": list(settings.modalities),
            "max_output_tokens": settings.max_output_tokens,
            "audio": {"output": {"format": dict(settings.audio_format), "voice": settings.voice}},
            "usage": usage,
            "metadata": dict(settings.metadata) if settings.metadata else None,
        }


async def _message(item: Item) -> Message:
    """An item as the brain reads it; waits for words that are still being recognised."""
    wire = item.wire
    if wire["type"] == "function_call":
        return Message(role="assistant", name=wire["name"], call_id=wire["call_id"], text=wire["arguments"])
    if wire["type"] == "function_call_output":
        return Message(role="tool", call_id=wire["call_id"], text=wire["output"])
    # Shielded: a cancelled response must not take the transcription with it.
    heard = await asyncio.shield(item.heard) if item.heard is not None else ""
    parts = wire.get("content", [])
    # A transcript that the transcription left on the item is what was heard, not more of it.
    known = [part for part in parts if not (heard and part.get("type") == "input_audio")]
    texts = [part.get("text") or part.get("transcript") or "" for part in known] + [heard]
    return Message(
        role=wire.get("role", "user"),
        text=" ".join(text for text in texts if text),
        heard=any(part.get("type") == "input_audio" for part in parts),
        images=images_of(parts),
    )
