"""The user's audio on its way into the conversation: buffer, turn detection, recognition, transcription events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from rtnb.audio.formats import AudioFormat
from rtnb.protocol.ids import new_id
from rtnb.server import problems
from rtnb.server.answer.output import Emit
from rtnb.server.conversation import Conversation, Item
from rtnb.server.input.arriving import decoded
from rtnb.server.input.buffer import InputBuffer
from rtnb.server.input.hearing import Heard, Hearing
from rtnb.server.input.idle import CallLater, IdleTimer
from rtnb.server.input.judging import AHEAD_MS, Judge, Pace
from rtnb.server.input.listening import Listener, Pause
from rtnb.server.input.transcription import Transcriber
from rtnb.server.problems import Refused
from rtnb.server.workers import Workers
from rtnb.speech import VoiceStack
from rtnb.vad import DetectorTuning, SpeechStarted, SpeechStopped

__all__ = ["MIN_COMMIT_MS", "InputAudio", "announce"]

MIN_COMMIT_MS: Final = 100
"""Least audio a commit needs, as the API's error message states."""

SLICE_MS: Final = 2000
"""Audio that is listened to in one go: milliseconds of work, after which events leave and others have their turn."""

TELL_MS: Final = 200
"""New audio after which the transcriber is told of it."""

JUDGE_LIMIT_S: Final = 5.0
"""Longest wait for a judgement; the turn then goes on as if nobody judged."""

Json = dict[str, Any]


@dataclass(slots=True)
class _Turn:
    """What is being said and will be an item, under an id that clients know already."""

    item_id: str
    start_ms: int
    told_ms: float


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
        For what is CPU-bound and takes long.
    interrupt, respond : callable
        What turn detection asks for when speech starts and when it stops.
    tuning : DetectorTuning, optional
        Hysteresis, minimum speech and lag of turn detection.
    call_later : callable, optional
        The clock of the idle timeout; that of the running event loop by default.
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
        tuning: DetectorTuning | None = None,
        call_later: CallLater | None = None,
    ) -> None:
        self._emit = emit
        self._conversation = conversation
        self._settings = settings
        self._voices = voices
        self._workers = workers
        self._interrupt = interrupt
        self._respond = respond
        self._tuning = tuning
        self._buffer = InputBuffer(AudioFormat.from_wire(settings()["format"]))
        self._hearing = Hearing(voices, workers)
        self._transcriber = Transcriber(emit=emit, settings=settings, include=include, hearing=self._hearing)
        self._judge = Judge(workers)
        self._judging: asyncio.Task[None] | None = None
        self._pace = Pace()
        self._listener: Listener | None = None
        self._can_recognise = False
        self._turn: _Turn | None = None
        self._idle = IdleTimer(
            lambda: self._option("idle_timeout_ms"),
            lambda: self._buffer.end_ms,
            self._idle_passed,
            call_later=call_later,
        )
        self._appending = False
        self._idle_due_ms: float | None = None

    @property
    def _turn_detection(self) -> Json | None:
        found: Json | None = self._settings()["turn_detection"]
        return found

    def _option(self, name: str) -> Any:
        """A member of the effective turn detection; None where its kind has no such member."""
        return (self._turn_detection or {}).get(name)

    # Settings

    def settings_changed(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Other ``audio.input`` settings are in effect; an open speech span outlasts all but turn detection's end."""
        format = AudioFormat.from_wire(after["format"])
        if format is not self._buffer.format:
            self._buffer.convert(format)
            if self._listener is not None:
                self._listener.change_format(format)
        detection = after["turn_detection"]
        if before["turn_detection"] == detection:
            return
        self._stop_idle()
        if detection is None:
            # What was said so far waits for a commit, which will announce the id that clients know.
            self._stop_listening()
            if self._turn is not None:
                self._turn.start_ms = self._buffer.start_ms
        elif before["turn_detection"] is None:
            self._drop_turn()
        elif self._listener is not None:
            self._stop_judging()
            self._listener.reconfigure(detection)

    def _stop_listening(self) -> None:
        self._listener = None
        self._stop_judging()
        self._hearing.drop()

    def _stop_judging(self) -> None:
        if self._judging is not None:
            self._judging.cancel()
            self._judging = None

    def _drop_turn(self) -> None:
        if self._turn is not None:
            self._transcriber.dropped(self._turn.item_id)
            self._turn = None

    # Audio in

    async def append(self, event: Json) -> None:
        """``input_audio_buffer.append``."""
        data = decoded(event["audio"], self._buffer)
        if not data:
            return
        detection = self._turn_detection
        if detection is None:
            self._buffer.append(data)
            if self._turn is None:
                self._turn = _Turn(new_id("item"), self._buffer.start_ms, self._buffer.start_ms)
            self._tell(self._turn)
            return
        self._appending = True
        try:
            await self._listen(data, detection)
        finally:
            self._appending = False
        if self._idle_due_ms is not None:
            self._time_out(self._idle_due_ms)

    async def _listen(self, data: bytes, detection: Json) -> None:
        if self._listener is None:
            stack = await self._voices()
            self._can_recognise = stack.recognizer.available
            self._listener = Listener(
                stack.vad_engine, detection, self._buffer.end_ms, format=self._buffer.format, tuning=self._tuning
            )
        listener, size = self._listener, SLICE_MS * self._buffer.format.bytes_per_ms
        end_ms = self._buffer.end_ms
        lead_ms = self._pace.sent(end_ms, end_ms + len(data) / self._buffer.format.bytes_per_ms)
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            self._buffer.append(piece)
            if listener.is_quick(len(piece)):
                listener.hear(piece)
            else:
                await self._workers.run(listener.hear, piece)
            while (found := listener.advance()) is not None:
                if isinstance(found, SpeechStarted):
                    await self._speech_started(found)
                elif isinstance(found, SpeechStopped):
                    await self._speech_stopped(found)
                else:
                    await self._paused(listener, found)
            if self._turn is None:
                self._buffer.forget_idle()
                continue
            self._tell(self._turn)
            # A head start is of use only where the rest of the pause takes time.
            if lead_ms <= AHEAD_MS and start + size >= len(data) and self._words_wanted(listener):
                self._speculate(self._turn, listener)

    def _speculate(self, turn: _Turn, listener: Listener) -> None:
        self._hearing.speculate(
            listener.pending_silence_ms,
            listener.pending_end_ms,
            lambda: self._buffer.slice_ms(turn.start_ms),
            self._buffer.format,
        )

    def _words_wanted(self, listener: Listener) -> bool:
        """Whether anybody will ask what was said: a transcription, a response or the judge of pauses."""
        wanted = self._settings()["transcription"] is not None or self._option("create_response")
        return bool(wanted) or listener.semantic

    def _tell(self, turn: _Turn) -> None:
        end_ms = self._buffer.end_ms
        if end_ms - turn.told_ms >= TELL_MS:
            turn.told_ms = end_ms
            start_ms = turn.start_ms
            self._transcriber.speaking(turn.item_id, end_ms - start_ms, lambda: self._buffer.slice_ms(start_ms))

    # Turns

    async def _speech_started(self, found: SpeechStarted) -> None:
        self._stop_idle()
        # The padding in front of a word may reach into the turn before it, whose audio is gone.
        start_ms = max(found.audio_start_ms, self._buffer.start_ms)
        self._turn = _Turn(new_id("item"), start_ms, start_ms)
        self._emit("input_audio_buffer.speech_started", audio_start_ms=start_ms, item_id=self._turn.item_id)
        if self._option("interrupt_response"):
            await self._interrupt()

    async def _speech_stopped(self, found: SpeechStopped) -> None:
        assert self._turn is not None
        self._stop_judging()
        turn, self._turn = self._turn, None
        end_ms = min(found.audio_end_ms, int(self._buffer.end_ms))
        self._emit("input_audio_buffer.speech_stopped", audio_end_ms=end_ms, item_id=turn.item_id)
        data = self._buffer.slice_ms(turn.start_ms, end_ms)
        self._buffer.take_until_ms(end_ms)
        self._add_user_audio(turn.item_id, data, self._hearing.finish(data, found.speech_end_ms, self._buffer.format))
        if self._option("create_response"):
            self._respond()

    async def _paused(self, listener: Listener, pause: Pause) -> None:
        """Have it judged whether the speaker is done, beside everything else if they speak in real time."""
        assert self._turn is not None
        self._stop_judging()
        format, words = self._buffer.format, None
        data = self._buffer.slice_ms(self._turn.start_ms, pause.at_ms)
        if self._can_recognise:
            self._hearing.speculate(listener.pending_silence_ms, pause.end_ms, lambda: data, format)
            words = self._hearing.early
        self._judging = asyncio.create_task(self._judged(listener, pause, words, data, format))
        if self._pace.lead_ms > AHEAD_MS:
            await asyncio.wait([self._judging], timeout=JUDGE_LIMIT_S)

    async def _judged(
        self, listener: Listener, pause: Pause, words: Heard | None, data: bytes, format: AudioFormat
    ) -> None:
        completeness = await self._judge.completeness(words, data, format)
        if completeness is not None:
            listener.judge(completeness, pause)

    async def commit(self, event: Json) -> None:
        """``input_audio_buffer.commit``."""
        duration_ms = self._buffer.duration_ms
        if duration_ms < MIN_COMMIT_MS:
            raise Refused(problems.buffer_too_small(duration_ms))
        self._stop_idle()
        # A manual commit ends an open speech span; detection starts afresh behind it.
        self._stop_listening()
        turn, self._turn = self._turn, None
        data = self._buffer.take_all()
        item_id = new_id("item") if turn is None else turn.item_id
        self._add_user_audio(item_id, data, self._hearing.later(data, self._buffer.format))

    def _add_user_audio(self, item_id: str, data: bytes, heard: Heard) -> None:
        wire = {
            "id": item_id,
            "type": "message",
            "role": "user",
            "status": "completed",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        item = Item(wire, bytearray(data), heard, format=self._buffer.format)
        previous = self._conversation.append(item)
        self._emit("input_audio_buffer.committed", item_id=item_id, previous_item_id=previous)
        announce(self._emit, item, previous)
        self.transcribe(item)

    async def clear(self, event: Json) -> None:
        """``input_audio_buffer.clear``."""
        self._stop_idle()
        self._buffer.clear()
        self._stop_listening()
        self._drop_turn()
        self._emit("input_audio_buffer.cleared")

    # Silence after an answer

    def answering(self) -> None:
        """A response of the default conversation has begun: no idle timeout runs meanwhile."""
        self._stop_idle()

    def answered(self, playback_left_ms: float) -> None:
        """It has ended, and a client that plays at 1x has `playback_left_ms` of it still to hear."""
        if self._turn is None:
            self._idle.begin(playback_left_ms)

    def _stop_idle(self) -> None:
        self._idle.stop()
        self._idle_due_ms = None

    def _idle_passed(self, start_ms: float) -> None:
        # Audio that is being listened to may hold speech: it decides when that is known.
        if self._appending:
            self._idle_due_ms = start_ms
        else:
            self._time_out(start_ms)

    def _time_out(self, start_ms: float) -> None:
        self._stop_idle()
        item_id, end = new_id("item"), int(self._buffer.end_ms)
        start = min(end, max(int(start_ms), self._buffer.start_ms))
        self._emit("input_audio_buffer.timeout_triggered", audio_start_ms=start, audio_end_ms=end, item_id=item_id)
        data = self._buffer.slice_ms(start, end)
        self._buffer.take_until_ms(end)
        self._add_user_audio(item_id, data, self._hearing.later(data, self._buffer.format))
        if self._option("create_response"):
            self._respond()

    # Items of clients

    def hear(self, item: Item) -> None:
        """Recognise the audio of an item that a client made, once its words are needed."""
        item.heard = self._hearing.later(bytes(item.audio), item.format)

    def transcribe(self, item: Item) -> None:
        """Send the transcription events of an item, if the session asks for them."""
        self._transcriber.committed(item)

    async def close(self) -> None:
        """End recognition."""
        self._stop_idle()
        judging = self._judging
        self._stop_listening()
        if judging is not None:
            with suppress(asyncio.CancelledError):
                await judging
        await self._transcriber.close()
        for item in self._conversation:
            if item.heard is not None:
                item.heard.cancel()


def announce(emit: Emit, item: Item, previous: str | None) -> None:
    """An item that is complete from the start joins the conversation."""
    emit("conversation.item.added", item=dict(item.wire), previous_item_id=previous)
    emit("conversation.item.done", item=dict(item.wire), previous_item_id=previous)
