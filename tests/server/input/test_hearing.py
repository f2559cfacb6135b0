"""Recognition with a head start."""

from __future__ import annotations

import asyncio

import pytest
from support.wire import speech

from rtnb.errors import ConfigError
from rtnb.server.input.hearing import Hearing, is_own_language, transcribe
from rtnb.server.workers import Workers
from rtnb.speech import VoiceStack, shared_loader

pytestmark = pytest.mark.local

QUESTION = "What is the weather in Paris?"


async def stack() -> VoiceStack:
    return await asyncio.to_thread(shared_loader().result)


def test_it_is_right() -> None:
    assert transcribe(shared_loader().result(), speech()) == QUESTION
    # A split sample at the end is left out.
    assert transcribe(shared_loader().result(), speech() + b"\x00") == QUESTION


def test_a_language_it_does_not_know_is_an_error() -> None:
    with pytest.raises(ConfigError):
        transcribe(shared_loader().result(), speech(), "fr")


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
        taken = await hearing.finish(b"", 900)
        hearing.speculate(64, 1900, audio)
        hearing.speculate(0, None, audio)
        fresh = await hearing.finish(bytes(48000), 2900)
        # Of another silence than the one that ended the turn: not taken either.
        hearing.speculate(64, 3900, audio)
        assert await hearing.finish(bytes(48000), 4900) == ""
        workers.close()
        return taken, fresh, asked

    assert asyncio.run(talk()) == (QUESTION, "", 3)


@pytest.mark.parametrize("language", [None, "", "en", "EN", "en-US", "en_GB"])
def test_english_is_what_it_hears_unasked(language: str | None) -> None:
    assert is_own_language(language)


@pytest.mark.parametrize("language", ["fr", "enm", "es-US"])
def test_another_language_has_to_be_asked_for(language: str) -> None:
    assert not is_own_language(language)
