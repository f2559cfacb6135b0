"""Speech ahead of its delivery: sentences are synthesised while those before them still leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

from rtnb.server.answer.sentences import sentences_of
from rtnb.server.answer.settings import ResponseSettings
from rtnb.server.brains.base import Call, Piece, Say, Stop
from rtnb.server.workers import Workers
from rtnb.speech import VoiceStack
from rtnb.speech.base import accepted

__all__ = ["Speak", "Utterance", "speaker", "spoken"]

AHEAD = 2
"""Sentences that are ready before their turn; more would be work for nothing whenever somebody interrupts."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence and its audio, whole samples in the response's format."""

    text: str
    audio: bytes


Step = Utterance | Call | Stop
Speak = Callable[[str], Awaitable[bytes]]


async def _at_once() -> None:
    """Of a client that always reads."""


def speaker(
    stack: VoiceStack,
    settings: ResponseSettings,
    workers: Workers,
    *,
    owner: object = None,
    free: asyncio.Lock | None = None,
    drained: Callable[[], Awaitable[None]] = _at_once,
    language: str | None = None,
) -> Speak:
    """Turns a sentence into audio, off the event loop.

    Parameters
    ----------
    stack, settings, workers
        Whose voice, how it speaks, and where.
    owner : object, optional
        Whose line it waits in.
    free : asyncio.Lock, optional
        Held meanwhile: those who share it speak one at a time.
    drained : callable
        Waits while the client reads too slowly: nothing is made that nobody takes.
    language : str, optional
        That of the conversation, as a code, for a synthesiser that takes one.
    """
    more: dict[str, Any] = {"language": language} if language else {}
    if not accepted(stack.synthesizer.synthesize, *more):
        more = {}
    turn = free or asyncio.Lock()

    def synthesise(sentence: str) -> bytes:
        samples = stack.synthesizer.synthesize(sentence, voice=settings.voice_name, speed=settings.speed, **more)
        return settings.format.encode(samples, stack.synthesizer.rate_hz)

    async def speak(sentence: str) -> bytes:
        await drained()
        async with turn:
            return await workers.run(synthesise, sentence, owner=owner)

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
