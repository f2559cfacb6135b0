"""Recognition with a head start."""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import replace
from typing import Any

import pytest
from support.wire import speech

from rtnb.audio.formats import PCM16, PCMA, PCMU, AudioFormat
from rtnb.errors import ConfigError
from rtnb.server.input import hearing as module
from rtnb.server.input.hearing import Heard, Hearing, transcribe
from rtnb.server.workers import Workers
from rtnb.speech import Transcription, VoiceStack, shared_loader

pytestmark = pytest.mark.local

QUESTION = "What is the weather in Paris?"


async def stack() -> VoiceStack:
    return await asyncio.to_thread(shared_loader().result)


def test_it_is_right() -> None:
    assert transcribe(shared_loader().result(), speech()).text == QUESTION
    # A split sample at the end is left out.
    assert transcribe(shared_loader().result(), speech() + b"\x00").text == QUESTION


@pytest.mark.parametrize("format", [PCMU, PCMA])
def test_it_is_right_over_the_telephone(format: AudioFormat) -> None:
    data = format.encode(PCM16.decode(speech()), PCM16.rate_hz)
    assert transcribe(shared_loader().result(), data, format).text == QUESTION


def test_tokens_are_given_when_asked_for() -> None:
    heard = transcribe(shared_loader().result(), speech(), tokens=True)
    assert b"".join(token.data for token in heard.tokens).decode() == heard.text == QUESTION


@pytest.mark.parametrize("doubt", [-0.5, -2.0])
def test_a_sentence_for_a_click_is_none(doubt: float) -> None:
    class Eager:
        """Hears the same in everything."""

        name, available = "eager", True

        def transcribe(self, samples: Any, rate_hz: int = 16000, *, language: str | None = None) -> Transcription:
            return Transcription(" You ", samples.size / rate_hz, doubt, 0.3)

    whole = shared_loader().result()
    heard = transcribe(replace(whole, recognizer=Eager()), bytes(48000))
    # A recogniser that is sure is believed.
    assert heard.text == ("You" if doubt > -1 else "")
    assert transcribe(replace(whole, recognizer=Eager()), speech()).text == "You"


def test_a_language_it_does_not_know_is_an_error() -> None:
    with pytest.raises(ConfigError):
        transcribe(shared_loader().result(), speech(), languages=["tlh"])


def test_an_early_start_is_taken_over_and_a_resumed_one_thrown_away() -> None:
    async def talk() -> tuple[str, str, int]:
        workers, asked = Workers(), 0

        def audio() -> bytes:
            nonlocal asked
            asked += 1
            return speech()

        hearing = Hearing(stack, workers)
        hearing.speculate(32, 900, audio)
        assert asked == 0
        hearing.speculate(64, 900, audio)
        hearing.speculate(96, 900, audio)
        assert asked == 1
        taken = await hearing.finish(lambda: b"", 900)
        hearing.speculate(64, 1900, audio)
        hearing.speculate(0, None, audio)
        fresh = await hearing.finish(lambda: bytes(48000), 2900)
        # Of another silence than the one that ended the turn: not taken either.
        hearing.speculate(64, 3900, audio)
        assert await hearing.finish(lambda: bytes(48000), 4900) == ""
        workers.close()
        return taken, fresh, asked

    assert asyncio.run(talk()) == (QUESTION, "", 3)


def test_minutes_are_heard_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[float] = []

    def noted(stack: VoiceStack, data: bytes, *rest: Any) -> Transcription:
        lengths.append(len(data) / 48000)
        return transcribe(stack, data, *rest)

    async def main() -> Transcription:
        workers = Workers()
        hearing = Hearing(stack, workers)
        hearing.tokens = lambda: True
        heard = await hearing.start((speech() + bytes(48 * 13_000)) * 3).transcription()
        workers.close()
        return heard

    monkeypatch.setattr(module, "transcribe", noted)
    heard = asyncio.run(main())
    assert len(lengths) == 3 and max(lengths) <= 28
    assert heard.text.replace("?", "").split() == QUESTION.replace("?", "").split() * 3
    assert b"".join(token.data for token in heard.tokens).decode() == heard.text


def test_a_recognition_that_nobody_needs_any_more_ends_with_the_piece_it_is_at(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go = threading.Event(), threading.Event()
    pieces: list[int] = []

    def slow(stack: VoiceStack, data: bytes, *rest: Any) -> Transcription:
        pieces.append(len(data))
        begun.set()
        assert go.wait(20)
        return Transcription("", 1.0, -0.1, 0.0)

    async def main() -> None:
        workers = Workers()
        heard = Hearing(stack, workers).start(bytes(48_000 * 600))
        await asyncio.to_thread(begun.wait, 20)
        heard.cancel()
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await heard
        workers.close()

    monkeypatch.setattr(module, "transcribe", slow)
    asyncio.run(main())
    assert len(pieces) == 1


async def greeting() -> Transcription:
    await asyncio.sleep(0)
    return Transcription("Hello.", 0.5, -0.1, 0.0)


def test_nothing_is_recognised_before_somebody_asks_and_nothing_twice() -> None:
    async def main() -> None:
        begun = 0

        async def work() -> Transcription:
            nonlocal begun
            begun += 1
            return await greeting()

        heard = Heard(work)
        await asyncio.sleep(0)
        assert not begun and not heard.begun and not heard.done()
        assert await asyncio.gather(heard.words(), heard.words()) == ["Hello.", "Hello."]
        assert (await heard, (await heard.transcription()).avg_logprob, begun) == ("Hello.", -0.1, 1)
        assert heard.done()

    asyncio.run(main())


def test_a_waiter_that_goes_does_not_take_it_along() -> None:
    async def main() -> str:
        heard = Heard(greeting)
        waiter = asyncio.ensure_future(heard.words())
        await asyncio.sleep(0)
        waiter.cancel()
        shielded = asyncio.shield(heard)  # As the answer waits for the words of an item.
        await asyncio.sleep(0)
        shielded.cancel()
        return await heard

    assert asyncio.run(main()) == "Hello."


@pytest.mark.parametrize("begun", [False, True])
def test_who_waits_for_a_cancelled_one_is_cancelled(begun: bool) -> None:
    async def main() -> None:
        heard = Heard(greeting)
        if begun:
            heard.start()
        heard.cancel()
        with pytest.raises(asyncio.CancelledError):
            await heard
        assert heard.done() and heard.begun

    asyncio.run(main())


def test_a_failure_is_told_to_whoever_asks(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> Transcription:
        raise ConfigError("Only English.")

    async def main() -> None:
        Heard(fail).start()
        asked = Heard(fail)
        for _ in range(2):
            with pytest.raises(ConfigError, match="English"):
                await asked

    asyncio.run(main())
    assert not caplog.records


def test_half_of_the_cores_guess_for_all_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        workers, others = Workers(), Workers()
        hearing = Hearing(stack, workers)
        assert hearing.guesses is Hearing(stack, workers).guesses is not Hearing(stack, others).guesses
        for _ in range(2):
            assert not hearing.guesses.locked()
            await hearing.guesses.acquire()
        assert hearing.guesses.locked()
        assert await hearing.guess(speech()) == QUESTION
        workers.close()
        others.close()

    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    asyncio.run(main())


class Tells:
    """Hears what it was asked for."""

    name, available = "tells", True

    def __init__(self, *languages: str) -> None:
        self.languages = languages

    def transcribe(
        self, samples: Any, rate_hz: int = 16000, *, language: str | None = None, languages: tuple[str, ...] = ()
    ) -> Transcription:
        return Transcription(f"{language} {'/'.join(languages)}", 1.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("knows", "asked", "expected"),
    [
        (("en",), (), "None "),
        (("en",), ("en",), "en "),
        (("en", "de"), ("fr", "de"), "de "),
        (("en", "de"), ("de", "en"), "None de/en"),
        # In its own language, where it knows none of those: the brain is to hear something.
        (("en",), ("fr", "de"), "None "),
    ],
)
def test_it_hears_the_session_in_the_languages_that_it_knows(
    knows: tuple[str, ...], asked: tuple[str, ...], expected: str
) -> None:
    ears = replace(shared_loader().result(), recognizer=Tells(*knows))

    async def main() -> tuple[str, bool]:
        async def own() -> VoiceStack:
            return ears

        workers = Workers()
        hearing = Hearing(own, workers)
        hearing.languages = lambda: asked
        try:
            return await hearing.start(speech()), await hearing.knows(asked)
        finally:
            workers.close()

    heard, known = asyncio.run(main())
    assert heard == expected.strip() and known == (not asked or bool(set(knows) & set(asked)))
