"""A turn that is recognised while it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np

from rtnb.audio.formats import PCM16, PCMU, AudioFormat
from rtnb.server.input.live import OPEN_S, LiveTurn
from rtnb.server.input.models import Pace

PACE = Pace(every_ms=500, held_words=0)


def turn(recognise: Callable[[bytes, AudioFormat], Awaitable[str]]) -> tuple[LiveTurn, list[str]]:
    said: list[str] = []
    return LiveTurn(pace=PACE, slot=asyncio.Semaphore(1), recognise=recognise, say=said.append), said


async def settle(live: LiveTurn) -> None:
    """Wait until the pass under way is over."""
    if live._pass is not None:
        await asyncio.wait([live._pass])


def test_words_come_as_they_become_certain() -> None:
    async def main() -> None:
        texts = iter(["One.", "One two.", "One two", "One two three"])
        passes: list[int] = []

        async def recognise(data: bytes, format: AudioFormat) -> str:
            passes.append(len(data) // format.bytes_per_ms)
            return next(texts)

        live, said = turn(recognise)
        for audio_ms in range(100, 2100, 100):
            live.speaking(audio_ms, lambda audio_ms=audio_ms: bytes(48 * audio_ms + 1), PCM16)
            await settle(live)
        assert passes == [500, 1000, 1500, 2000]
        assert said == ["One", " two"]
        assert live.finish("One, two, three.") == "One two, three."
        assert said == ["One", " two", ", three."]

    asyncio.run(main())


def test_there_is_one_pass_at_a_time_and_it_hears_the_latest() -> None:
    async def main() -> None:
        passes: list[int] = []
        go_on = asyncio.Event()
        slot = asyncio.Semaphore(1)

        async def recognise(data: bytes, format: AudioFormat) -> str:
            passes.append(len(data) // 48)
            await go_on.wait()
            return "Hello."

        first, second = (LiveTurn(pace=PACE, slot=slot, recognise=recognise, say=str) for _ in range(2))
        for audio_ms in (500, 1000, 1500):
            for live in (first, second):
                live.speaking(audio_ms, lambda audio_ms=audio_ms: bytes(48 * audio_ms), PCM16)
                await asyncio.sleep(0)
        assert passes == [500]
        go_on.set()
        await settle(first)
        await settle(second)
        # The other one had to wait, and has not missed anything.
        assert passes == [500, 1500]
        first.speaking(1600, lambda: bytes(48 * 1600), PCM16)
        second.speaking(1600, lambda: bytes(48 * 1600), PCM16)
        await settle(first)
        await settle(second)
        assert passes == [500, 1500, 1600]

    asyncio.run(main())


def test_a_dropped_turn_says_no_more() -> None:
    async def main() -> list[str]:
        async def recognise(data: bytes, format: AudioFormat) -> str:
            await asyncio.sleep(0)
            return "Hello there."

        live, said = turn(recognise)
        live.speaking(500, lambda: b"", PCM16)
        await settle(live)
        live.speaking(1000, lambda: b"", PCM16)
        await asyncio.sleep(0)
        live.drop()
        await settle(live)
        return said

    assert asyncio.run(main()) == []


def test_a_pass_that_fails_is_left_to_the_finished_turn() -> None:
    async def main() -> tuple[str, list[str]]:
        async def recognise(data: bytes, format: AudioFormat) -> str:
            raise RuntimeError("no")

        live, said = turn(recognise)
        live.speaking(500, lambda: b"", PCM16)
        await settle(live)
        return live.finish("Hello."), said

    assert asyncio.run(main()) == ("Hello.", ["Hello."])


def test_nothing_is_said_for_nothing() -> None:
    async def main() -> tuple[str, list[str]]:
        async def recognise(data: bytes, format: AudioFormat) -> str:
            return ""

        live, said = turn(recognise)
        for audio_ms in (500, 1000):
            live.speaking(audio_ms, lambda: b"", PCM16)
            await settle(live)
        return live.finish(""), said

    assert asyncio.run(main()) == ("", [])


def test_the_older_part_of_a_long_turn_is_recognised_once() -> None:
    async def main() -> None:
        heard: list[float] = []

        async def recognise(data: bytes, format: AudioFormat) -> str:
            # A word for each second, numbered from the start: the audio counts its own samples.
            first = int(np.frombuffer(data, "<i2")[0])
            heard.append(len(data) / 48000)
            return " ".join(f"w{n}" for n in range(-(-first // 100), (first + len(data) // 480) // 100))

        live, said = turn(recognise)
        audio = np.repeat(np.arange(6000, dtype="<i2"), 240).tobytes()  # A step every 10 ms for a minute.
        for audio_ms in range(500, 60_001, 500):
            live.speaking(audio_ms, lambda audio_ms=audio_ms: audio[: 48 * audio_ms], PCM16)
            await settle(live)
        assert max(heard) <= OPEN_S + 0.5
        words = "".join(said).split()
        assert len(words) > 55 and words == sorted(set(words), key=lambda word: int(word[1:]))

    asyncio.run(main())


def test_a_format_may_change_in_the_middle() -> None:
    async def main() -> None:
        heard: list[tuple[int, AudioFormat]] = []

        async def recognise(data: bytes, format: AudioFormat) -> str:
            heard.append((len(data) // format.bytes_per_ms, format))
            return "Hello."

        live, _ = turn(recognise)
        live.speaking(13_000, lambda: bytes(48 * 13_000), PCM16)
        await settle(live)
        live.speaking(13_500, lambda: bytes(8 * 13_500), PCMU)
        await settle(live)
        (closed_ms, _), (left_ms, _), last = heard
        assert closed_ms + left_ms == 13_000
        assert last == (13_500 - closed_ms, PCMU)

    asyncio.run(main())


class Words:
    """A stream with a word for every half second, the last of which it takes back."""

    def __init__(self) -> None:
        self.samples = 0

    def push(self, samples: np.ndarray) -> str:
        self.samples += samples.size
        count = self.samples // 12000
        return " ".join(["one", "two", "three", "four", "five"][:count]).replace("three four", "tree four")


def test_words_of_a_stream_come_as_it_gives_them() -> None:
    async def main() -> None:
        words = Words()
        opened: list[int] = []

        async def listen(rate_hz: int) -> Words:
            opened.append(rate_hz)
            return words

        async def push(stream: Words, data: bytes, format: AudioFormat, rate_hz: int) -> str:
            return stream.push(np.zeros(len(data) // format.bytes_per_ms * rate_hz // 1000, dtype=np.float32))

        async def recognise(data: bytes, format: AudioFormat) -> str:
            raise AssertionError("it has a stream")

        said: list[str] = []
        live = LiveTurn(
            pace=PACE, slot=asyncio.Semaphore(1), recognise=recognise, say=said.append, listen=listen, push=push
        )
        for audio_ms in range(100, 2100, 100):
            # The session's format changes on the way.
            format = PCM16 if audio_ms < 1200 else PCMU
            live.speaking(audio_ms, lambda ms=audio_ms, format=format: bytes(format.bytes_per_ms * ms + 1), format)
            await settle(live)
        assert opened == [24000] and words.samples == 48000
        # What is out is not taken back.
        assert said == ["one", " two", " three", " four"]
        assert live.finish("One two tree four five.") == "one two three four five."

    asyncio.run(main())


def test_a_stream_that_breaks_is_quiet() -> None:
    async def main() -> None:
        async def listen(rate_hz: int) -> Words:
            raise RuntimeError("no stream today")

        async def recognise(data: bytes, format: AudioFormat) -> str:
            return "Nothing."

        said: list[str] = []
        live = LiveTurn(pace=PACE, slot=asyncio.Semaphore(1), recognise=recognise, say=said.append, listen=listen)
        live.speaking(600, lambda: bytes(48 * 600), PCM16)
        await settle(live)
        assert not said and live.finish("Hello.") == "Hello."

    asyncio.run(main())
