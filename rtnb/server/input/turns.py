"""Turn detection of a session as it goes: audio is listened to, speech starts and stops, pauses are judged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from rtnb.audio.formats import AudioFormat
from rtnb.server.input.buffer import IDLE_KEEP_MS, InputBuffer
from rtnb.server.input.hearing import Heard, Hearing
from rtnb.server.input.judging import AHEAD_MS, Judge, Pace
from rtnb.server.input.listening import Listener, Pause
from rtnb.server.workers import Workers
from rtnb.speech import VoiceStack
from rtnb.vad import DetectorTuning, SpeechStarted, SpeechStopped

__all__ = ["Turn", "TurnEvents", "Turns"]

SLICE_MS: Final = 2000
"""Audio that is listened to in one go: milliseconds of work, after which events leave and others have their turn.

Own choice.
"""

JUDGE_LIMIT_S: Final = 5.0
"""Longest wait for a judgement; the turn then goes on as if nobody judged.

Own choice: longer than a recognition of half a minute takes.
"""


@dataclass(slots=True)
class Turn:
    """What is being said and will be an item, under an id that clients know already."""

    item_id: str
    start_ms: int
    told_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEvents:
    """What a session does about turns.

    Parameters
    ----------
    started, stopped : callable
        Take what was detected; `started` makes the turn that is under way, `stopped` takes it.
    heard : callable
        Called when a turn under way has grown.
    wanted : callable
        Says whether anybody will ask for the words of a turn.
    """

    started: Callable[[SpeechStarted], Awaitable[None]]
    stopped: Callable[[SpeechStopped], None]
    heard: Callable[[Turn], None]
    wanted: Callable[[], bool]


class Turns:
    """Listens to a session's audio as it enters the buffer.

    Parameters
    ----------
    buffer : InputBuffer
        Where the audio goes; turns are taken out of it by `events`.
    hearing : Hearing
        Recognises in pauses.
    voices : callable
        Gives the voice stack, waiting until it is loaded.
    workers : Workers
        For what takes long.
    events : TurnEvents
        Told of speech.
    tuning : DetectorTuning, optional
        Hysteresis, minimum speech and lag.

    Attributes
    ----------
    turn : Turn or None
        What is being said, whether it was detected or will be committed by the client.
    """

    def __init__(
        self,
        *,
        buffer: InputBuffer,
        hearing: Hearing,
        voices: Callable[[], Awaitable[VoiceStack]],
        workers: Workers,
        events: TurnEvents,
        tuning: DetectorTuning | None = None,
    ) -> None:
        self.turn: Turn | None = None
        self._buffer = buffer
        self._hearing = hearing
        self._voices = voices
        self._workers = workers
        self._events = events
        self._tuning = tuning
        self._judge = Judge(workers)
        self._judging: asyncio.Task[None] | None = None
        self._pace = Pace()
        self._listener: Listener | None = None
        self._can_recognise = False
        self._listening = self._ahead = False

    @property
    def begun(self) -> bool:
        """Whether somebody listens; False until the first audio after turn detection was turned on."""
        return self._listener is not None

    def reconfigure(self, detection: Mapping[str, Any]) -> None:
        """Other parameters, or the other kind; an open span stays open."""
        self.stop_judging()
        if self._listener is not None:
            self._listener.reconfigure(detection)

    def change_format(self, format: AudioFormat) -> None:
        """Another format of the audio to come."""
        if self._listener is not None:
            self._listener.change_format(format)

    def stop(self) -> None:
        """Listen no more, or afresh: an open span is forgotten."""
        self._listener = None
        self.stop_judging()
        self._hearing.drop()

    def stop_judging(self) -> None:
        """Whatever is judged at the moment comes to nothing."""
        if self._judging is not None:
            self._judging.cancel()
            self._judging = None

    async def listen(self, data: bytes, detection: Mapping[str, Any]) -> None:
        """Put audio into the buffer, and do what is to be done about what is said in it.

        What the buffer holds from before anybody listened is listened to first, as far as it is recent.
        """
        self._listening = True
        try:
            await self.settle()
            held = await self._begin(detection) if self._listener is None else b""
            listener, end_ms = self._listener, self._buffer.end_ms
            assert listener is not None
            self._ahead = True
            for piece in self._slices(held):
                await self._hear(listener, piece)
            lead_ms = self._pace.sent(end_ms, end_ms + len(data) / self._buffer.format.bytes_per_ms)
            self._ahead = lead_ms > AHEAD_MS
            for piece in self._slices(data):
                self._buffer.append(piece)
                await self._hear(listener, piece)
            # A head start is of use only where the rest of the pause takes time.
            if self.turn is not None and not self._ahead and (listener.semantic or self._events.wanted()):
                self._speculate(self.turn, listener)
        finally:
            self._listening = False

    async def settle(self) -> None:
        """Have what is held in an earlier format of the session converted, which may be an hour of audio."""
        while not self._buffer.settled:
            await self._workers.run(self._buffer.settle, owner=self)

    async def _begin(self, detection: Mapping[str, Any]) -> bytes:
        """Begin to listen; the audio that is there already."""
        stack = await self._voices()
        self._can_recognise = stack.recognizer.available
        start_ms = max(self._buffer.start_ms, int(self._buffer.end_ms) - IDLE_KEEP_MS)
        held = self._buffer.slice_ms(start_ms)
        offset_ms = self._buffer.end_ms - len(held) / self._buffer.format.bytes_per_ms
        self._listener = Listener(
            stack.vad_engine, detection, offset_ms, format=self._buffer.format, tuning=self._tuning
        )
        return held

    def _slices(self, data: bytes) -> Iterator[bytes]:
        size = SLICE_MS * self._buffer.format.bytes_per_ms
        return (data[start : start + size] for start in range(0, len(data), size))

    async def _hear(self, listener: Listener, piece: bytes) -> None:
        if listener.is_quick(len(piece)):
            listener.hear(piece)
        else:
            await self._workers.run(listener.hear, piece, urgent=True)
        await self._advance(listener)
        if self.turn is None:
            self._buffer.forget_idle()
        else:
            self._events.heard(self.turn)

    async def _advance(self, listener: Listener) -> None:
        while (found := listener.advance()) is not None:
            if isinstance(found, SpeechStarted):
                await self._events.started(found)
            elif isinstance(found, SpeechStopped):
                self.stop_judging()
                self._events.stopped(found)
            else:
                await self._paused(listener, found)

    def _speculate(self, turn: Turn, listener: Listener) -> None:
        self._hearing.speculate(
            listener.pending_silence_ms,
            listener.pending_end_ms,
            lambda: self._buffer.slice_ms(turn.start_ms),
            self._buffer.format,
        )

    async def _paused(self, listener: Listener, pause: Pause) -> None:
        """Have it judged whether the speaker is done, beside everything else if they speak in real time."""
        assert self.turn is not None
        self.stop_judging()
        format, words = self._buffer.format, None
        data = self._buffer.slice_ms(self.turn.start_ms, pause.at_ms)
        if self._can_recognise:
            self._hearing.speculate(listener.pending_silence_ms, pause.end_ms, lambda: data, format)
            words = self._hearing.early
        self._judging = asyncio.create_task(self._judged(listener, pause, words, data, format))
        if self._ahead:
            await asyncio.wait([self._judging], timeout=JUDGE_LIMIT_S)

    async def _judged(
        self, listener: Listener, pause: Pause, words: Heard | None, data: bytes, format: AudioFormat
    ) -> None:
        completeness = await self._judge.completeness(words, data, format)
        if completeness is None or not listener.judge(completeness, pause) or self._listening:
            return
        # No more audio is there that would bring the stop to light, and there may never be any.
        self._judging = None
        await self._advance(listener)

    async def close(self) -> None:
        """End what runs."""
        judging = self._judging
        self.stop()
        if judging is not None:
            with suppress(asyncio.CancelledError):
                await judging
