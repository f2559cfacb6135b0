"""The user's audio on its way into the conversation: the events of the buffer, and the items that come of it."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from rtnb.audio.formats import AudioFormat
from rtnb.protocol.ids import new_id
from rtnb.server import problems
from rtnb.server.answer.output import Emit, announce
from rtnb.server.conversation import Conversation, Item
from rtnb.server.input.arriving import decoded
from rtnb.server.input.buffer import InputBuffer
from rtnb.server.input.hearing import Heard, Hearing
from rtnb.server.input.idle import Clock, IdleTimer
from rtnb.server.input.transcription import Transcriber
from rtnb.server.input.turns import Turn, TurnEvents, Turns
from rtnb.server.problems import Refused
from rtnb.server.workers import Workers
from rtnb.speech import Transcription, VoiceStack
from rtnb.vad import DetectorTuning, SpeechStarted, SpeechStopped

__all__ = ["MIN_COMMIT_MS", "InputAudio"]

MIN_COMMIT_MS: Final = 100
"""Least audio a commit needs, as the API's error message states."""

TELL_MS: Final = 200
"""New audio after which the transcriber is told of it. Own choice: finer than any pace of deltas."""

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
        For what is CPU-bound and takes long.
    interrupt, respond : callable
        What turn detection asks for when speech starts and when it stops.
    tuning : DetectorTuning, optional
        Hysteresis, minimum speech and lag of turn detection.
    clock : Clock, optional
        That of the idle timeout; the running event loop by default.
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
        clock: Clock | None = None,
    ) -> None:
        self._emit = emit
        self._conversation = conversation
        self._settings = settings
        self._interrupt = interrupt
        self._respond = respond
        self._buffer = InputBuffer(AudioFormat.from_wire(settings()["format"]))
        self._hearing = Hearing(voices, workers, self)
        self._transcriber = Transcriber(emit=emit, settings=settings, include=include, hearing=self._hearing)
        self._turns = Turns(
            buffer=self._buffer,
            hearing=self._hearing,
            voices=voices,
            workers=workers,
            events=TurnEvents(
                started=self._speech_started, stopped=self._speech_stopped, heard=self._tell, wanted=self._words_wanted
            ),
            tuning=tuning,
        )
        self._idle = IdleTimer(
            lambda: self._option("idle_timeout_ms"),
            lambda: self._buffer.end_ms,
            self._idle_passed,
            clock=clock,
        )
        self._appending = False
        self._ended_ms = 0
        self._idle_due_ms: float | None = None

    @property
    def _turn_detection(self) -> Json | None:
        found: Json | None = self._settings()["turn_detection"]
        return found

    def _option(self, name: str) -> Any:
        """A member of the effective turn detection; None where its kind has no such member."""
        return (self._turn_detection or {}).get(name)

    # Settings

    @property
    def language(self) -> str | None:
        """What the session says is spoken, as a code; None when it does not say."""
        return self._transcriber.language

    def settings_changed(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Other ``audio.input`` settings are in effect; an open speech span outlasts all but turn detection's end."""
        format = AudioFormat.from_wire(after["format"])
        if format is not self._buffer.format:
            self._buffer.convert(format)
            self._turns.change_format(format)
        if before["transcription"] != after["transcription"]:
            self._transcriber.prepare()
        detection = after["turn_detection"]
        if before["turn_detection"] == detection:
            return
        self._stop_idle()
        if detection is None:
            # What was said so far waits for a commit, which will announce the id that clients know.
            self._turns.stop()
            if self._turns.turn is not None:
                self._turns.turn.start_ms = self._buffer.start_ms
        elif before["turn_detection"] is not None:
            self._turns.reconfigure(detection)

    def _drop_turn(self) -> None:
        if self._turns.turn is not None:
            self._transcriber.dropped(self._turns.turn.item_id)
            self._turns.turn = None

    # Audio in

    async def append(self, event: Json) -> None:
        """``input_audio_buffer.append``."""
        data = decoded(event["audio"], self._buffer)
        if not data:
            return
        self._conversation.check_room(round(self._buffer.duration_ms * self._buffer.format.bytes_per_ms) + len(data))
        detection = self._turn_detection
        self._appending = True
        try:
            if detection is None:
                await self._turns.settle()
                self._buffer.append(data)
                if self._turns.turn is None:
                    self._turns.turn = Turn(new_id("item"), self._buffer.start_ms, self._buffer.start_ms)
                self._tell(self._turns.turn)
            else:
                if not self._turns.begun:
                    # Listening begins with what is held, and finds turns of its own in it.
                    self._drop_turn()
                await self._turns.listen(data, detection)
        finally:
            self._appending = False
        if self._idle_due_ms is not None:
            self._time_out(self._idle_due_ms)

    def _words_wanted(self) -> bool:
        """Whether anybody will ask what was said: a transcription or a response."""
        return self._settings()["transcription"] is not None or bool(self._option("create_response"))

    def _tell(self, turn: Turn) -> None:
        end_ms = self._buffer.end_ms
        if end_ms - turn.told_ms >= TELL_MS:
            turn.told_ms = end_ms
            start_ms = turn.start_ms
            self._transcriber.speaking(turn.item_id, end_ms - start_ms, lambda: self._buffer.slice_ms(start_ms))

    # Turns

    async def _speech_started(self, found: SpeechStarted) -> None:
        self._stop_idle()
        # The padding in front of a word may reach into the turn before it, whose audio is gone.
        start_ms = max(found.audio_start_ms, self._buffer.start_ms, self._ended_ms)
        turn = self._turns.turn = Turn(new_id("item"), start_ms, start_ms)
        self._emit("input_audio_buffer.speech_started", audio_start_ms=start_ms, item_id=turn.item_id)
        if self._option("interrupt_response"):
            # Clients stop playing when they see this.
            self._idle.unplayed(math.inf)
            await self._interrupt()

    def _speech_stopped(self, found: SpeechStopped) -> None:
        turn, self._turns.turn = self._turns.turn, None
        assert turn is not None
        # A detector that marks ends late may name one that is still to be written: what is told must not depend on how
        # much a client happens to send at once.
        end_ms = self._ended_ms = max(found.audio_end_ms, turn.start_ms)
        self._emit("input_audio_buffer.speech_stopped", audio_end_ms=end_ms, item_id=turn.item_id)
        taken = self._buffer.take_ms(turn.start_ms, min(end_ms, int(self._buffer.end_ms)))
        self._end_turn(turn.item_id, taken, found.speech_end_ms)

    def _end_turn(self, item_id: str, data: bytearray, speech_end_ms: float | None) -> None:
        """What turn detection has found is an item, and is answered if that is asked for."""
        self._add_user_audio(item_id, data, speech_end_ms)
        if self._option("create_response"):
            self._respond()

    async def commit(self, event: Json) -> None:
        """``input_audio_buffer.commit``."""
        duration_ms = self._buffer.duration_ms
        if duration_ms < MIN_COMMIT_MS:
            raise Refused(problems.buffer_too_small(duration_ms))
        self._conversation.check_room(round(duration_ms * self._buffer.format.bytes_per_ms))
        self._stop_idle()
        # A manual commit ends an open speech span; detection starts afresh behind it.
        self._turns.stop()
        await self._turns.settle()
        turn, self._turns.turn = self._turns.turn, None
        self._add_user_audio(new_id("item") if turn is None else turn.item_id, self._buffer.take_all(), None)

    def _add_user_audio(self, item_id: str, data: bytearray, speech_end_ms: float | None) -> None:
        wire = {
            "id": item_id,
            "type": "message",
            "role": "user",
            "status": "completed",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        item = Item(wire, data, format=self._buffer.format)
        item.heard = self._heard(item, speech_end_ms)
        previous = self._conversation.append(item)
        self._emit("input_audio_buffer.committed", item_id=item_id, previous_item_id=previous)
        announce(self._emit, item, previous)
        self.transcribe(item)

    def _heard(self, item: Item, speech_end_ms: float | None = None) -> Heard:
        """What will be heard in an item; after a pause that ended it there, what is being heard since."""
        if speech_end_ms is None:
            return self._hearing.later(lambda: item.audio, item.format)
        return self._hearing.finish(lambda: item.audio, speech_end_ms, item.format)

    async def clear(self, event: Json) -> None:
        """``input_audio_buffer.clear``."""
        self._stop_idle()
        self._buffer.clear()
        self._turns.stop()
        self._drop_turn()
        self._emit("input_audio_buffer.cleared")

    # Silence after an answer

    def answering(self) -> None:
        """A response of the default conversation has begun: no idle timeout runs meanwhile."""
        self._stop_idle()

    def answered(self, playback_left_ms: float) -> None:
        """It has ended, and a client that plays at 1x has `playback_left_ms` of it to hear after all before it."""
        if self._turns.turn is None:
            self._idle.begin(playback_left_ms)
        else:
            self._idle.plays(playback_left_ms)

    def truncated(self, left_ms: float) -> None:
        """The client has thrown away the last `left_ms` of an answer that it would have played."""
        self._idle.unplayed(left_ms)

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
        self._end_turn(item_id, self._buffer.take_ms(start, end), None)

    # Items of clients

    def hear(self, item: Item) -> None:
        """Recognise the audio of an item that a client made, once its words are needed.

        Words that it brings are believed: a conversation that is rebuilt was recognised when it was spoken.
        """
        words = item.told
        if words is None:
            item.heard = self._heard(item)
            return

        async def told() -> Transcription:
            return Transcription(words, item.audio_ms / 1000, 0.0, 0.0)

        item.heard = Heard(told)

    def transcribe(self, item: Item) -> None:
        """Send the transcription events of an item, if the session asks for them and it brings no words of its own."""
        if item.told is None:
            self._transcriber.committed(item)

    async def close(self) -> None:
        """End recognition."""
        self._stop_idle()
        await self._turns.close()
        await self._transcriber.close()
        for item in self._conversation:
            if item.heard is not None:
                item.heard.cancel()
