"""Frames of a page on their way into the input buffer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
from support.emitter import STARTED, STOPPED, emit, emitter, soon

import rtnb
from rtnb.audio.formats import PCM16, PCMU
from rtnb.session.aio import AsyncSession
from rtnb.testing import ScriptedServer
from rtnb.widgets.ear import Ear, Encoder

FRAME = bytes(2880)


class Watched:
    """An ear, and what it says."""

    def __init__(self, session: AsyncSession) -> None:
        self.confirmed: list[int] = []
        self.over = 0
        self.ear = Ear(session, self.confirmed.append, self._over)

    def _over(self) -> None:
        self.over += 1


def live(test: Callable[[AsyncSession, Watched, ScriptedServer], Awaitable[None]], **settings: Any) -> None:
    async def main() -> None:
        with emitter() as server:
            async with rtnb.AsyncSession(server.url, journal=False, **settings) as s:
                await test(s, Watched(s), server)

    asyncio.run(main())


def appended(s: AsyncSession) -> bytes:
    return b"".join(ref.bytes() for event in s.events.of_type("input_audio_buffer.append") for ref in event.audio)


def test_frames_are_appended_in_order_and_confirmed_now_and_then() -> None:
    async def test(s: AsyncSession, watched: Watched, server: ScriptedServer) -> None:
        frames = [bytes([n]) * 480 for n in range(20)]
        for seq in [1, 0, 2, 4, 3, *range(5, 20)]:
            watched.ear.take(seq, frames[seq])
        await soon(lambda: appended(s) == b"".join(frames))
        assert watched.ear.bytes == 9600 and watched.ear.lost == watched.ear.late == 0
        assert watched.confirmed == sorted(watched.confirmed) and len(watched.confirmed) in range(3, 7)
        watched.ear.beat(19)
        assert watched.confirmed[-1] == 19, "a beat tells the rest"

    live(test)


def test_what_is_missing_at_the_second_beat_is_lost() -> None:
    async def test(s: AsyncSession, watched: Watched, server: ScriptedServer) -> None:
        watched.ear.take(0, FRAME)
        watched.ear.take(2, FRAME)
        watched.ear.beat(3)
        assert watched.ear.lost == 0
        watched.ear.beat(3)
        await soon(lambda: len(appended(s)) == 2 * len(FRAME))
        assert watched.ear.lost == 2
        watched.ear.beat(3)
        assert watched.confirmed[-1] == 3, "the page may go on"
        watched.ear.begin()
        watched.ear.take(0, FRAME)
        await soon(lambda: len(appended(s)) == 3 * len(FRAME))
        assert watched.ear.lost == 2, "of all pages together"

    live(test)


def test_half_a_sample_is_left_out() -> None:
    async def test(s: AsyncSession, watched: Watched, server: ScriptedServer) -> None:
        watched.ear.take(0, b"abc")
        await soon(lambda: appended(s) == b"ab")

    live(test)


def test_a_session_that_is_over_says_so_once() -> None:
    async def test(s: AsyncSession, watched: Watched, server: ScriptedServer) -> None:
        await s.close()
        watched.ear.take(0, FRAME)
        await soon(lambda: watched.over == 1)

    live(test)


def test_half_duplex_hears_silence_while_an_answer_sounds() -> None:
    async def test(s: AsyncSession, watched: Watched, server: ScriptedServer) -> None:
        from support.emitter import begun, chunk

        await emit(s, *begun("r", "i"), chunk("r", "i", bytes(480000)))
        watched.ear.take(0, b"\x01" * 960)
        await soon(lambda: appended(s) == bytes(960))

    live(test, half_duplex=True)


def test_silence_closes_what_was_being_said() -> None:
    async def test(s: AsyncSession, watched: Watched, server: ScriptedServer) -> None:
        await watched.ear.close_speech()
        assert appended(s) == b"", "nothing was being said"
        await emit(s, STARTED)
        closing = asyncio.create_task(watched.ear.close_speech())
        await soon(lambda: len(appended(s)) >= 2 * 4800)
        await emit(s, STOPPED)
        await closing
        assert set(appended(s)) == {0}

    live(test, turn_detection=rtnb.ServerVad())


def test_a_g711_session_gets_g711() -> None:
    t = np.arange(24000) / 24000
    tone = (np.sin(2 * np.pi * 440 * t) * 12000).astype("<i2").tobytes()
    encoder = Encoder()
    found = b"".join(encoder.encode(tone[at : at + 2880], PCMU) for at in range(0, len(tone), 2880))
    assert abs(len(found) - 8000) < 60
    heard = PCMU.decode(found)[400:-400]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert abs(np.argmax(spectrum) * 8000 / len(heard) - 440) < 3
    assert encoder.encode(b"ab", PCM16) == b"ab"
