"""The user's audio on its way into the conversation: buffer, turn detection, recognition, transcription events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import pybase64

from rtnb.protocol.ids import new_id
from rtnb.server import problems
from rtnb.server.conversation import Conversation, Item, Refused
from rtnb.server.formats import MAX_APPEND_BYTES, MIN_COMMIT_MS
from rtnb.server.hearing import Hearing, is_own_language
from rtnb.server.input_buffer import InputBuffer
from rtnb.server.listening import Listener
from rtnb.server.metering import transcription_usage
from rtnb.server.output import Emit
from rtnb.server.workers import Workers
from rtnb.speech import VoiceStack
from rtnb.vad import SpeechStarted, SpeechStopped

__all__ = ["InputAudio", "announce"]

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
        self._transcriptions: set[asyncio.Task[None]] = set()

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
        item.heard = self._hearing.start(bytes(item.audio))

    def transcribe(self, item: Item) -> None:
        """Send the transcription events of an item, if the session asks for them."""
        settings = self._settings()["transcription"]
        if settings is None or item.heard is None:
            return
        language = settings.get("language")
        # What the brain hears is in the recogniser's own language; another one needs a hearing of its own.
        heard = item.heard if is_own_language(language) else self._hearing.start(bytes(item.audio), language)
        task = asyncio.create_task(self._transcription(item, heard, settings.get("model") or "whisper-1"))
        self._transcriptions.add(task)
        task.add_done_callback(self._transcriptions.discard)

    async def _transcription(self, item: Item, heard: asyncio.Future[str], model: str) -> None:
        index = item.audio_index
        place = {"item_id": item.id, "content_index": index}
        kind = "conversation.item.input_audio_transcription"
        try:
            text = await asyncio.shield(heard)
        except Exception as error:
            self._emit(
                f"{kind}.failed",
                **place,
                error={"type": "server_error", "code": "transcription_failed", "message": str(error)},
            )
            return
        item.set_transcript(index, text)
        if text:
            self._emit(f"{kind}.delta", **place, delta=text)
        self._emit(
            f"{kind}.completed",
            **place,
            transcript=text,
            usage=transcription_usage(model, len(item.audio), text),
        )

    async def close(self) -> None:
        """End recognition."""
        self._hearing.drop()
        tasks: list[asyncio.Future[Any]] = [*self._transcriptions]
        tasks += [item.heard for item in self._conversation if item.heard is not None]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, Exception):
                await task


def announce(emit: Emit, item: Item, previous: str | None) -> None:
    """An item that is complete from the start joins the conversation."""
    emit("conversation.item.added", item=dict(item.wire), previous_item_id=previous)
    emit("conversation.item.done", item=dict(item.wire), previous_item_id=previous)
