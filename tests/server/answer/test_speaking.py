from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from rtnb.audio.formats import PCMU
from rtnb.server.answer.settings import ResponseSettings
from rtnb.server.answer.speaking import Utterance, speaker, spoken
from rtnb.server.brains.base import Call, Piece, Say, Stop
from rtnb.server.workers import Workers
from rtnb.speech import SilentEar, ToneVoice, VoiceStack
from rtnb.vad import load_engine


async def pieces() -> AsyncIterator[Piece]:
    yield Say("One. Tw")
    yield Say("o")
    yield Call("f", "{}")
    yield Say("Three. \n\n")
    yield Stop("content_filter")


async def speak(sentence: str) -> bytes:
    return sentence.encode()


def test_calls_and_stops_stay_among_what_is_said() -> None:
    async def run() -> list[object]:
        return [step async for step in spoken(pieces(), speak)]

    assert asyncio.run(run()) == [
        Utterance("One. ", b"One."),
        Utterance("Two", b"Two"),
        Call("f", "{}"),
        Utterance("Three. \n\n", b"Three."),
        Stop("content_filter"),
    ]


def test_only_a_little_is_done_ahead() -> None:
    said: list[str] = []

    async def endless() -> AsyncIterator[Piece]:
        while True:
            yield Say("Again. ")

    async def counted(sentence: str) -> bytes:
        said.append(sentence)
        return b""

    async def run() -> None:
        steps = spoken(endless(), counted)
        await anext(steps)
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(said) <= 5
        await steps.aclose()

    asyncio.run(run())


def test_a_voice_that_fails_is_heard_of_after_what_came_before() -> None:
    async def failing(sentence: str) -> bytes:
        if sentence == "Three.":
            raise RuntimeError("hoarse")
        return b""

    async def run() -> int:
        found = 0
        with pytest.raises(RuntimeError, match="hoarse"):
            async for _ in spoken(pieces(), failing):
                found += 1
        return found

    assert asyncio.run(run()) == 3


def test_a_sentence_is_audio_of_the_responses_format() -> None:
    async def run() -> tuple[int, int]:
        workers = Workers(1)
        stack = VoiceStack(SilentEar(), ToneVoice(), load_engine("energy"))
        try:
            plain = await speaker(stack, ResponseSettings(), workers)("Hello there.")
            ulaw = await speaker(stack, ResponseSettings(format=PCMU, voice={"id": "voice_1"}), workers)("Hello there.")
        finally:
            workers.close()
        return len(plain), len(ulaw)

    plain, ulaw = asyncio.run(run())
    assert plain % 2 == 0 and plain > 4800
    assert ulaw > 800


def test_one_sentence_at_a_time_and_none_that_nobody_takes() -> None:
    async def use() -> None:
        at_once, most, reading, told = 0, 0, asyncio.Event(), list[object]()

        class Threads:
            async def run(self, work: object, *args: object, owner: object = None) -> bytes:
                nonlocal at_once, most
                told.append(owner)
                at_once += 1
                most = max(most, at_once)
                await asyncio.sleep(0)
                at_once -= 1
                return b""

        async def drained() -> None:
            await reading.wait()

        stack = VoiceStack(SilentEar(), ToneVoice(), load_engine("energy"))
        free = asyncio.Lock()
        speak = [
            speaker(stack, ResponseSettings(), Threads(), owner="me", free=free, drained=drained)  # type: ignore[arg-type]
            for _ in range(2)
        ]
        tasks = [asyncio.create_task(one("Hello.")) for one in speak for _ in range(2)]  # type: ignore[arg-type]
        await asyncio.sleep(0)
        assert not told
        reading.set()
        await asyncio.gather(*tasks)
        assert told == ["me"] * 4 and most == 1

    asyncio.run(use())
