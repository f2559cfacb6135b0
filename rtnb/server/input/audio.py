"""The user's audio on its way into the conversation: buffer, turn detection, recognition, transcription events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import pybase64

from rtnb.protocol.ids import new_id
from rtnb.server import problems
from rtnb.server.answer.output import Emit
from rtnb.server.conversation import Conversation, Item, Refused
from rtnb.server.input.buffer import InputBuffer
from rtnb.server.input.hearing import Hearing
from rtnb.server.input.listening import Listener
from rtnb.server.input.transcription import Transcriber
from rtnb.server.workers import Workers
from rtnb.speech import VoiceStack
from rtnb.vad import SpeechStarted, SpeechStopped

__all__ = ["MAX_APPEND_BYTES", "MIN_COMMIT_MS", "InputAudio", "announce"]

MAX_APPEND_BYTES: Final = 15 * 1024 * 1024
"""Most audio one ``input_audio_buffer.append`` may carry, as the API documents."""

MIN_COMMIT_MS: Final = 100
"""Least audio a commit needs, as the API's error message states."""

Json = dict[str, Any]


class InputAudio:
    """The input side of one session.

    Parameters
    ----------
    emit : callable
        Sends a server event.
    conversation : Conversation
        Where committed audio goes.
    settings : callable
        Gives the effective ``audio.input`` of the session.
    include : callable
        Gives the effective ``include`` of the session, None or a list.
    voices : callable
        Gives the voice stack, waiting until it is loaded.
    workers : Workers
    interrupt, respond : callable
        What turn detection asks for when speech starts and when it stops.
    """

    def __init__(
        self,
        *,
        emit: Emit,
        conversation: Conversation,
        settings: Callable[[], Mapping[str, Any]],
        include: Callable[[], list[str] | None],
        voices: Callable[[], Awaitable[VoiceStack]],
        workers: Workers,
        interrupt: Callable[[], Awaitable[object]],
        respond: Callable[[], None],
    ) -> None:
        self._emit = emit
        self._conversation = conversation
        self._settings = settings
        self._voices = voices
        self._workers = workers
        self._interrupt = interrupt
        self._respond = respond
        self._buffer = InputBuffer()
        self._hearing = Hearing(voices, workers)
        self._listener: Listener | None = None
        self._speech_item = ""
        self._speech_start_ms = 0
        self._transcriber = Transcriber(emit=emit, settings=settings, include=include, hearing=self._hearing)

    @property
    def _turn_detection(self) -> Json | None:
        found: Json | None = self._settings()["turn_detection"]
        return found

    def turn_detection_changed(self, before: Json | None, after: Json | None) -> None:
        """New settings are in effect; an open speech span survives a change of parameters, not a switch."""
        if after is None or before is None:
            self._stop_listening()
        elif self._listener is not None:
            self._listener.reconfigure(after)

    async def append(self, event: Json) -> None:
        """``input_audio_buffer.append``."""
        text = event["audio"]
        # Before decoding, so that what is far too long costs nothing; the exact check is on the bytes.
        if len(text) > MAX_APPEND_BYTES * 4 // 3 + 4:
            raise Refused(problems.audio_too_large(MAX_APPEND_BYTES))
        try:
            data = pybase64.b64decode(text, validate=True)
        except ValueError:
            raise Refused(problems.bad_base64("audio")) from None
        if len(data) > MAX_APPEND_BYTES:
            raise Refused(problems.audio_too_large(MAX_APPEND_BYTES))
        if not data:
            return
        detection = self._turn_detection
        if detection is None:
            self._buffer.append(data)
            return
        if self._listener is None:
            stack = await self._voices()
            self._listener = Listener(stack.vad_engine, detection, self._buffer.end_ms)
        self._buffer.append(data)
        for found in await self._workers.run(self._listener.push, data):
            if isinstance(found, SpeechStarted):
                await self._speech_started(found)
            else:
                await self._speech_stopped(found)
        if self._listener.speaking:
            start_ms = self._speech_start_ms
            self._hearing.speculate(
                self._listener.pending_silence_ms,
                self._listener.pending_end_ms,
                lambda: self._buffer.slice_ms(start_ms),
            )
        else:
            self._buffer.forget_idle()

    def _stop_listening(self) -> None:
        self._listener = None
        self._hearing.drop()

    async def _speech_started(self, found: SpeechStarted) -> None:
        self._speech_item = new_id("item")
        # The padding in front of a word may reach into the turn before it, whose audio is gone.
        self._speech_start_ms = max(found.audio_start_ms, self._buffer.start_ms)
        self._emit(
            "input_audio_buffer.speech_started",
            audio_start_ms=self._speech_start_ms,
            item_id=self._speech_item,
        )
        if (self._turn_detection or {}).get("interrupt_response", True):
            await self._interrupt()

    async def _speech_stopped(self, found: SpeechStopped) -> None:
        self._emit("input_audio_buffer.speech_stopped", audio_end_ms=found.audio_end_ms, item_id=self._speech_item)
        pcm = self._buffer.slice_ms(self._speech_start_ms, found.audio_end_ms)
        self._buffer.take_until_ms(found.audio_end_ms)
        self._add_user_audio(self._speech_item, pcm, self._hearing.finish(pcm, found.speech_end_ms))
        if (self._turn_detection or {}).get("create_response", True):
            self._respond()

    async def commit(self, event: Json) -> None:
        """``input_audio_buffer.commit``."""
        duration_ms = self._buffer.duration_ms
        if duration_ms < MIN_COMMIT_MS:
            raise Refused(problems.buffer_too_small(duration_ms))
        item_id = self._speech_item if self._listener and self._listener.speaking else new_id("item")
        if self._turn_detection is not None:
            # A manual commit ends an open speech span; detection starts afresh behind it.
            self._stop_listening()
        pcm = self._buffer.take_all()
        self._add_user_audio(item_id, pcm, self._hearing.start(pcm))

    def _add_user_audio(self, item_id: str, pcm: bytes, heard: asyncio.Task[str]) -> None:
        wire = {
            "id": item_id,
            "type": "message",
            "role": "user",
            "status": "completed",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        item = Item(wire, bytearray(pcm), heard)
        previous = self._conversation.append(item)
        self._emit("input_audio_buffer.committed", item_id=item_id, previous_item_id=previous)
        announce(self._emit, item, previous)
        self.transcribe(item)

    async def clear(self, event: Json) -> None:
        """``input_audio_buffer.clear``."""
        self._buffer.clear()
        if self._turn_detection is not None:
            self._stop_listening()
        self._emit("input_audio_buffer.cleared")

    def hear(self, item: Item) -> None:
        """Recognise the audio of an item that a client made."""
        item.heard = self._hearing.start(bytes(item.audio), item.format)

    def transcribe(self, item: Item) -> None:
        """Send the transcription events of an item, if the session asks for them."""
        self._transcriber.committed(item)

    def answering(self) -> None:
        """A response of the default conversation has begun: no idle timeout runs meanwhile."""

    def answered(self, playback_left_ms: float) -> None:
        """It has ended, and a client that plays at 1x has `playback_left_ms` of it still to hear."""

    async def close(self) -> None:
        """End recognition."""
        self._hearing.drop()
        await self._transcriber.close()
        tasks: list[asyncio.Future[Any]] = [item.heard for item in self._conversation if item.heard is not None]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, Exception):
                await task


def announce(emit: Emit, item: Item, previous: str | None) -> None:
    """An item that is complete from the start joins the conversation."""
    emit("conversation.item.added", item=dict(item.wire), previous_item_id=previous)
    emit("conversation.item.done", item=dict(item.wire), previous_item_id=previous)
