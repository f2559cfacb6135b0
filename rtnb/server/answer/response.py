"""One response from created to done: what the brain streams, as items, paced, and ended at any moment."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any

from rtnb.protocol import Problem
from rtnb.protocol.ids import new_id
from rtnb.server.answer.budget import Budget
from rtnb.server.answer.mcp_calls import McpCalls
from rtnb.server.answer.mcp_output import ApprovalOutput, McpCallOutput
from rtnb.server.answer.messages import messages_of
from rtnb.server.answer.output import FunctionCallOutput, MessageOutput, Output
from rtnb.server.answer.pacing import Pacing
from rtnb.server.answer.sendable import argument_pieces, clean, sendable
from rtnb.server.answer.settings import ResponseSettings
from rtnb.server.answer.speaking import Speak, Utterance, speaker, spoken
from rtnb.server.answer.surroundings import Surroundings
from rtnb.server.answer.words import pieces_of
from rtnb.server.brains.base import BrainError, BrainRequest, Call, Piece, Say, Stop
from rtnb.server.conversation import Item
from rtnb.server.mcp.tools import Offer
from rtnb.server.problems import Refused
from rtnb.speech import VoiceStack
from rtnb.speech.stack import without_voices
from rtnb.tokens import ModalityCount

__all__ = ["FRAME_MS", "Response", "Surroundings"]

log = logging.getLogger(__name__)

FRAME_MS = 100
"""Audio leaves in pieces of so many milliseconds: 6.4 kB of base64 in PCM."""

TRANSCRIPT_LEAD_MS = 300
"""The transcript runs this far ahead of the audio it belongs to, as it usually does on the live service."""

Prepare = Callable[[], Awaitable[tuple[ResponseSettings, Sequence[Item]]]]
"""Waits for what a response must know before it begins, and returns what it runs with."""


class Response:
    """One run of the brain.

    Parameters
    ----------
    around : Surroundings
    settings : ResponseSettings
    items : sequence of Item
        The context, in order. Items that join the conversation later change nothing.
    ended : callable, optional
        Told once ``response.done`` is out, with its usage.
    prepare : callable, optional
        Where something has to be waited for first: gives the settings and the context then.
    """

    def __init__(
        self,
        around: Surroundings,
        settings: ResponseSettings,
        items: Sequence[Item],
        ended: Callable[[Response, dict[str, Any]], None] = lambda response, usage: None,
        prepare: Prepare | None = None,
    ) -> None:
        self.id = new_id("resp")
        self._around = around
        self._settings = settings
        self._items = tuple(items)
        self._tell = ended
        self._prepare = prepare
        self._outputs: list[Output] = []
        self._open: Output | None = None
        self._mcp_calls = McpCalls()
        self._prompt = self._cached = ModalityCount()
        self._budget = Budget(settings.max_output_tokens)
        self._calls = 0
        self._pacing = Pacing(around.delivery, around.drained)
        self._task: asyncio.Task[None] | None = None
        self.ended = False
        """Whether ``response.done`` is out."""
        self.cancelled = False
        """Whether it was cut short."""

    @property
    def in_conversation(self) -> bool:
        """Whether it belongs to the default conversation."""
        return self._settings.in_conversation

    def playback_left_ms(self, now_s: float) -> float:
        """How much of its audio a client that plays at 1x from the first audio on has still to hear."""
        return self._pacing.left_ms(now_s)

    def start(self) -> asyncio.Task[None]:
        """Announce it and let it run; always ends with one ``response.done``."""
        if self._prepare is None:
            self._count()
        self._around.emit("response.created", response=self._wire("in_progress", None, None))
        self._task = asyncio.create_task(self._run())
        return self._task

    def _count(self) -> None:
        self._prompt, self._cached = self._around.meter.prompt(
            self._settings.instructions, self._settings.counted_tools, self._items
        )

    def cancel(self, reason: str) -> None:
        """Cut it short; its closing events are out when this returns.

        Nothing is waited for: a brain that does not let go delays nobody.
        """
        self.cancelled = self.cancelled or not self.ended
        self._done("cancelled", {"type": "cancelled", "reason": reason})
        if self._task is not None:
            self._task.cancel()

    def fail(self, problem: Problem) -> None:
        """End it as failed, as if the brain had; its closing events are out when this returns."""
        self._fail(problem.type, problem.code, problem.message)
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            if self._prepare is not None:
                self._settings, items = await self._prepare()
                self._items = tuple(items)
                self._count()
            reason = await self._generate()
            await self._called(reason)
        except Refused as refused:
            self.fail(refused.problem)
        except asyncio.CancelledError:
            self._done("cancelled", {"type": "cancelled", "reason": "client_cancelled"})
        except BrainError as error:
            self._fail(error.type, error.code, str(error))
        except Exception as error:
            if "cannot schedule new futures" in str(error):
                # The process is ending, and its threads with it: nothing has failed.
                self._done("cancelled", {"type": "cancelled", "reason": "client_cancelled"})
                return
            log.exception("response %s failed", self.id)
            self._fail("server_error", type(error).__name__, str(error))
        else:
            if reason is not None:
                self._done("incomplete", {"type": "incomplete", "reason": reason})
            else:
                self._done("completed", None)

    def _fail(self, type: str, code: str | None, message: str) -> None:
        self._done("failed", {"type": "failed", "error": {"type": type, "code": code, "message": clean(message)}})

    async def _generate(self) -> str | None:
        """Stream the answer; why it is incomplete, or None."""
        stack = await self._stack()
        pieces = self._pieces(await self._request(stack))
        if not self._settings.spoken:
            async with aclosing(pieces):
                async for piece in pieces:
                    if (reason := await self._step(piece)) is not None:
                        return reason
            return None
        steps = spoken(pieces, self._speaker(stack))
        async with aclosing(pieces), aclosing(steps):
            async for step in steps:
                if (reason := await self._step(step)) is not None:
                    return reason
        return None

    async def _stack(self) -> VoiceStack:
        try:
            return await self._around.voices()
        except Exception as error:
            if self._settings.spoken:
                raise
            # Text needs no voice: the brain is told that there is none.
            return without_voices(f"The voice models could not be loaded: {' '.join(str(error).split())}")

    def _speaker(self, stack: VoiceStack) -> Speak:
        around = self._around
        return speaker(
            stack,
            self._settings,
            around.workers,
            owner=around.owner,
            free=around.voice_free,
            drained=around.drained,
            language=around.language(),
        )

    async def _request(self, stack: VoiceStack) -> BrainRequest:
        settings = self._settings
        return BrainRequest(
            messages=await messages_of(self._items),
            instructions=settings.instructions,
            tools=settings.all_tools,
            tool_choice=settings.tool_choice,
            modalities=settings.modalities,
            can_hear=stack.recognizer.available,
            can_speak=stack.synthesizer.available,
            missing=stack.missing,
            parallel_tool_calls=settings.parallel_tool_calls,
            metadata=dict(settings.metadata or {}),
            max_output_tokens=settings.max_output_tokens if isinstance(settings.max_output_tokens, int) else None,
            in_conversation=self.in_conversation,
        )

    async def _pieces(self, request: BrainRequest) -> AsyncGenerator[Piece, None]:
        stream = self._around.brain.reply(request)
        try:
            async for piece in stream:
                yield sendable(piece)
        finally:
            # A generator learns here that its answer was cut short; a plain iterator has nothing to close.
            if (close := getattr(stream, "aclose", None)) is not None:
                await close()

    async def _step(self, step: Piece | Utterance) -> str | None:
        """Stream one step; why the response ends with it, or None."""
        if self.ended:
            # The brain went on although it was told to stop.
            raise asyncio.CancelledError
        match step:
            case Say():
                return await self._write(step.text)
            case Utterance():
                return await self._speak(step)
            case Call():
                return await self._call(step)
            case Stop():
                return step.reason

    async def _write(self, text: str) -> str | None:
        """Send text, word by word."""
        fitting = self._budget.fitting(text)
        for piece in pieces_of(fitting):
            self._message().say(piece)
            self._budget.take(piece)
            await asyncio.sleep(0)
            await self._around.drained()
        return None if fitting == text else "max_output_tokens"

    async def _speak(self, utterance: Utterance) -> str | None:
        """Send one sentence: words spread over its audio, a little ahead of it."""
        format, text, audio = self._settings.format, utterance.text, utterance.audio
        duration_ms = len(audio) / format.bytes_per_ms
        fitting = self._budget.fitting(text, duration_ms)
        if fitting != text:
            duration_ms *= len(fitting) / len(text)
            audio = format.whole(audio[: round(duration_ms * format.bytes_per_ms)])
        if fitting:
            await self._stream(fitting, audio, duration_ms)
        return None if fitting == text else "max_output_tokens"

    async def _stream(self, text: str, audio: bytes, duration_ms: float) -> None:
        output = self._message()
        words, said = pieces_of(text), 0
        frame = FRAME_MS * self._settings.format.bytes_per_ms
        for number, start in enumerate(range(0, len(audio), frame)):
            await self._pacing.wait()
            due = int(len(words) * (number * FRAME_MS + TRANSCRIPT_LEAD_MS) / duration_ms) + 1
            output.say("".join(words[said:due]))
            said = max(said, min(due, len(words)))
            data = audio[start : start + frame]
            output.play(data)
            if self.in_conversation:
                self._around.conversation.spoke(output.item, self._settings.voice)
            self._pacing.sent(len(data) / self._settings.format.bytes_per_ms)
        output.say("".join(words[said:]))
        self._budget.take(text, duration_ms)

    async def _call(self, call: Call) -> str | None:
        if not self._settings.may_call(call.name, calls=self._calls):
            log.info("response %s: a call of %r is dropped, its settings do not allow it", self.id, call.name)
            return None
        self._close("completed")
        self._calls += 1
        if (offer := self._settings.offer(call.name)) is not None:
            return await self._call_mcp(call, offer)
        output = FunctionCallOutput(
            self._around.emit,
            new_id("item"),
            name=call.name,
            call_id=call.call_id or new_id("call"),
            **self._place(),
        )
        self._opened(output)
        fitting = self._budget.fitting(call.arguments)
        for piece in argument_pieces(fitting):
            output.write(piece)
            self._budget.take(piece)
            await asyncio.sleep(0)
            await self._around.drained()
        if fitting != call.arguments:
            return "max_output_tokens"
        self._close("completed")
        return None

    async def _call_mcp(self, call: Call, offer: Offer) -> str | None:
        fitting = self._budget.fitting(call.arguments)
        if offer.needs_approval and self._around.mcp is not None and fitting == call.arguments:
            request_id, call_id = new_id("mcpr"), new_id("mcp")
            place = self._place()
            at = {"index": place["index"], "kept": place["conversation"] is not None}
            asking = ApprovalOutput(self._around.emit, request_id, offer, call.arguments, call_id=call_id, **place)
            self._opened(asking)
            self._budget.take(call.arguments)
            self._around.mcp.approvals.request(request_id, offer, call.arguments, call_id=call_id, **at)
            self._close("completed")
            return None
        output = McpCallOutput(self._around.emit, new_id("mcp"), offer, **self._place())
        self._opened(output)
        for piece in argument_pieces(fitting):
            output.write(piece)
            self._budget.take(piece)
            await asyncio.sleep(0)
            await self._around.drained()
        if fitting != call.arguments:
            return "max_output_tokens"
        self._open = None
        self._mcp_calls.begin(output, offer, call.arguments)
        return None

    async def _called(self, reason: str | None) -> None:
        """Wait for the calls of MCP tools, which run beside each other and beside what else is said."""
        if reason is None:
            self._close("completed")
        await self._mcp_calls.through()

    def _message(self) -> MessageOutput:
        if isinstance(self._open, MessageOutput):
            return self._open
        output = MessageOutput(
            self._around.emit,
            new_id("item"),
            spoken=self._settings.spoken,
            format=self._settings.format,
            **self._place(),
        )
        self._opened(output)
        return output

    def _place(self) -> dict[str, Any]:
        return {
            "response_id": self.id,
            "index": len(self._outputs),
            "conversation": self._around.conversation if self.in_conversation else None,
        }

    def _opened(self, output: Output) -> None:
        self._open = output
        self._outputs.append(output)
        self._budget.begin()

    def _close(self, status: str) -> None:
        if self._open is not None:
            output, self._open = self._open, None
            output.close(status)

    def _done(self, status: str, details: dict[str, Any] | None) -> None:
        if self.ended:
            return
        self.ended = True
        self._close("completed" if status == "completed" else "incomplete")
        self._mcp_calls.cancel()
        usage = self._around.meter.usage(
            self._prompt,
            self._cached,
            texts=[output.text for output in self._outputs],
            audio_ms=sum(output.audio_bytes for output in self._outputs) / self._settings.format.bytes_per_ms,
        )
        self._around.emit("response.done", response=self._wire(status, details, usage))
        self._tell(self, usage)

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
            "audio": {"output": {"format": settings.format.to_wire(), "voice": settings.voice_name}},
            "usage": usage,
            "metadata": dict(settings.metadata) if settings.metadata else None,
        }
