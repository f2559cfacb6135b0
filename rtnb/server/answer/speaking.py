"""Speech ahead of its delivery: sentences are synthesised while those before them still leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass

from rtnb.server.answer.sentences import sentences_of
from rtnb.server.answer.settings import ResponseSettings
from rtnb.server.brains.base import Call, Piece, Say, Stop
from rtnb.server.workers import Workers
from rtnb.speech import VoiceStack

__all__ = ["Utterance", "speaker", "spoken"]

AHEAD = 2
"""Sentences that are ready before their turn; more would be work for nothing whenever somebody interrupts."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence and its audio, whole samples in the response's format."""

    text: str
    audio: bytes


Step = Utterance | Call | Stop
Speak = Callable[[str], Awaitable[bytes]]


def speaker(stack: VoiceStack, settings: ResponseSettings, workers: Workers) -> Speak:
    """Turns a sentence into audio, off the event loop."""

    def synthesise(sentence: str) -> bytes:
        samples = stack.synthesizer.synthesize(sentence, voice=settings.voice_name, speed=settings.speed)
        return settings.format.encode(samples, stack.synthesizer.rate_hz)

    async def speak(sentence: str) -> bytes:
        return await workers.run(synthesise, sentence)

    return speak


async def spoken(pieces: AsyncIterator[Piece], speak: Speak) -> AsyncGenerator[Step, None]:
    """What a brain streams, its text as utterances; calls and stops stay where they are among them.

    Raises
    ------
    Exception
        Whatever the brain or the voice raises, once all that came before has been given out.
    """
    ready: asyncio.Queue[Step | BaseException | None] = asyncio.Queue(maxsize=AHEAD)
    producer = asyncio.create_task(_produce(pieces, speak, ready))
    try:
        while (step := await ready.get()) is not None:
            if isinstance(step, BaseException):
                raise step
            yield step
    finally:
        producer.cancel()
        with suppress(asyncio.CancelledError):
            await producer


async def _produce(
    pieces: AsyncIterator[Piece], speak: Speak, ready: asyncio.Queue[Step | BaseException | None]
) -> None:
    try:
        sentences: AsyncGenerator[str | Call | Stop, None] = sentences_of(_texts(pieces))
        async with aclosing(sentences):
            async for sentence in sentences:
                if not isinstance(sentence, str):
                    await ready.put(sentence)
                elif sentence.strip():
                    await ready.put(Utterance(sentence, await speak(sentence.strip())))
        await ready.put(None)
    except Exception as error:
        await ready.put(error)


async def _texts(pieces: AsyncIterator[Piece]) -> AsyncGenerator[str | Call | Stop, None]:
    async for piece in pieces:
        yield piece.text if isinstance(piece, Say) else piece
