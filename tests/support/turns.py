"""The input side of a session without a session: audio goes in, events come out, responses are only counted."""

from __future__ import annotations

import asyncio
import base64
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from rtnb import Clip
from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.protocol import SemanticVad, ServerVad
from rtnb.protocol.ids import new_id
from rtnb.server.conversation import Conversation, Item
from rtnb.server.input.audio import InputAudio
from rtnb.server.workers import Workers
from rtnb.speech import VoiceStack, shared_loader
from support.strict import strict_server_event

__all__ = ["Clock", "Room", "room", "silence", "spoken"]

Json = dict[str, Any]


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.calls: list[tuple[float, Callable[[], None], Clock.Call]] = []

    class Call:
        cancelled = False

        def cancel(self) -> None:
            self.cancelled = True

    def time(self) -> float:
        return self.now_s

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Call:
        call = Clock.Call()
        self.calls.append((self.now_s + delay_s, callback, call))
        return call

    def turn(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while due := [entry for entry in self.calls if entry[0] <= end_s]:
            first = min(due, key=lambda entry: entry[0])
            self.calls.remove(first)
            self.now_s = first[0]
            if not first[2].cancelled:
                first[1]()
        self.now_s = end_s


class Room:
    """One `InputAudio` and what it says."""

    def __init__(self, workers: Workers, turn_detection: Any, format: AudioFormat, transcription: Json | None) -> None:
        if isinstance(turn_detection, ServerVad | SemanticVad):
            turn_detection = turn_detection.resolved().to_wire()
        self.settings: Json = {
            "format": format.to_wire(),
            "turn_detection": turn_detection,
            "transcription": transcription,
            "noise_reduction": None,
        }
        self.clock = Clock()
        self.events: list[Json] = []
        self.interrupts = self.responses = 0
        self.conversation = Conversation()
        self.input = InputAudio(
            emit=self._emit,
            conversation=self.conversation,
            settings=lambda: self.settings,
            include=lambda: None,
            voices=self._voices,
            workers=workers,
            interrupt=self._interrupted,
            respond=self._responded,
            clock=self.clock,
        )

    async def _voices(self) -> VoiceStack:
        return await asyncio.to_thread(shared_loader().result)

    def _emit(self, type: str, **members: Any) -> None:
        event = {"type": type, "event_id": new_id("event"), **members}
        problems = strict_server_event(event)
        assert not problems, problems
        self.events.append(event)

    async def _interrupted(self) -> None:
        self.interrupts += 1

    def _responded(self) -> None:
        self.responses += 1

    @property
    def format(self) -> AudioFormat:
        return AudioFormat.from_wire(self.settings["format"])

    def set(self, **members: Any) -> None:
        before = self.settings
        self.settings = {**before, **members}
        self.input.settings_changed(before, self.settings)

    async def hear(self, pcm: bytes, chunk_ms: float = 20) -> None:
        """Append PCM16 at 24 kHz, put into the session's format."""
        data = self.format.encode(PCM16.decode(pcm), 24_000)
        size = max(1, int(chunk_ms * self.format.bytes_per_ms))
        for start in range(0, len(data), size):
            await self.append(data[start : start + size])

    async def append(self, data: bytes) -> None:
        await self.input.append({"audio": base64.b64encode(data).decode()})

    async def commit(self) -> None:
        await self.input.commit({})

    async def clear(self) -> None:
        await self.input.clear({})

    def of(self, kind: str) -> list[Json]:
        return [event for event in self.events if event["type"] == "input_audio_buffer." + kind]

    @property
    def types(self) -> list[str]:
        return [event["type"].removeprefix("input_audio_buffer.") for event in self.events]

    @property
    def items(self) -> list[Item]:
        return list(self.conversation)

    async def until(self, type: str) -> Json:
        """The first event of a type, waiting for it."""
        for _ in range(2000):
            if found := [event for event in self.events if event["type"] == type]:
                return found[0]
            await asyncio.sleep(0.01)
        raise AssertionError(f"no {type}")


@asynccontextmanager
async def room(
    turn_detection: Any = None, *, format: AudioFormat = PCM16, transcription: Json | None = None
) -> AsyncIterator[Room]:
    """An input side that is closed behind the test."""
    workers = Workers(2)
    made = Room(workers, turn_detection, format, transcription)
    try:
        yield made
    finally:
        await made.input.close()
        workers.close()


def silence(seconds: float) -> bytes:
    """Faint noise, PCM16 at 24 kHz: not even silence is silent."""
    chance = random.Random(7)
    second = b"".join(chance.randint(-3, 3).to_bytes(2, "little", signed=True) for _ in range(24_000))
    return (second * (int(seconds) + 1))[: 48 * round(1000 * seconds)]


def spoken(text: str) -> bytes:
    """A sentence by the local voice, PCM16 at 24 kHz."""
    voice = shared_loader().result().synthesizer
    return Clip(voice.synthesize(text), voice.rate_hz).to_pcm16(24_000)
