"""Recognition for one connection: off the event loop, begun when somebody needs it or when the speaker may be done."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from dataclasses import replace
from typing import Any, Self
from weakref import WeakKeyDictionary

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.audio.resampling import resample
from rtnb.errors import ConfigError
from rtnb.server.input.cutting import joined, piece_end
from rtnb.server.workers import Workers
from rtnb.speech import RecognizerStream, Transcription, VoiceStack
from rtnb.speech.base import accepted
from rtnb.speech.gate import is_speech
from rtnb.speech.languages import hears

__all__ = ["Heard", "Hearing", "transcribe"]

HEAD_START_SILENCE_MS = 64
"""Silence after which recognition starts although the turn may go on; two frames of the default engine.

Own choice. Recognition then runs while ``silence_duration_ms`` passes. If speech resumes the result is thrown away.
"""

Audio = bytes | bytearray | memoryview

_guesses: WeakKeyDictionary[Workers, asyncio.Semaphore] = WeakKeyDictionary()
"""What lets recognitions of unfinished turns into each pool."""


def transcribe(
    stack: VoiceStack,
    data: bytes,
    format: AudioFormat = PCM16,
    languages: Sequence[str] = (),
    tokens: bool = False,
) -> Transcription:
    """The words of audio, none for what is no speech. Blocking, CPU-bound.

    Parameters
    ----------
    stack : VoiceStack
        Its recogniser hears; its voice activity engine is asked when the recogniser is unsure.
    data : bytes
        Audio; half a sample at its end is left out.
    format : AudioFormat
        Of `data`.
    languages : sequence of str
        One of these is spoken, as ISO-639-1 codes; the recogniser's own one, or any that it knows, if there is none.
    tokens : bool
        Whether the tokens and their probabilities are wanted.

    Raises
    ------
    ConfigError
        The recogniser knows none of the languages.
    """
    samples = format.decode(format.whole(data))
    # Asked only if need be: a recogniser of somebody else's may not know the parameter.
    more: dict[str, Any] = {"tokens": True} if tokens else {}
    if len(languages) > 1 and accepted(stack.recognizer.transcribe, "languages"):
        more["languages"] = tuple(languages)
    elif languages:
        more["language"] = _likeliest(stack, languages)
    heard = stack.recognizer.transcribe(samples, format.rate_hz, **more)
    if not is_speech(heard, samples, format.rate_hz, stack.vad_engine):
        return replace(heard, text="", tokens=())
    return replace(heard, text=heard.text.strip())


def _likeliest(stack: VoiceStack, languages: Sequence[str]) -> str:
    """The first language that the recogniser knows; the first one if it knows none, for it to refuse."""
    return next((each for each in languages if hears(stack.recognizer, each)), languages[0])


class Heard:
    """What will be heard in some audio: awaiting it gives the words, as often as one likes.

    Recognition begins with :meth:`start`, or when somebody first waits for it; audio whose words nobody needs is
    never recognised. A waiter that is cancelled does not cancel it.

    Parameters
    ----------
    work : callable
        Gives the coroutine that recognises.

    Examples
    --------
    >>> import asyncio
    >>> async def listen():
    ...     return Transcription("Hello.", 0.5, -0.1, 0.0)
    >>> async def main():
    ...     heard = Heard(listen)
    ...     return heard.begun, await heard, await heard, heard.done()
    >>> asyncio.run(main())
    (False, 'Hello.', 'Hello.', True)
    """

    __slots__ = ("_task", "_work")

    def __init__(self, work: Callable[[], Coroutine[Any, Any, Transcription]]) -> None:
        self._work: Callable[[], Coroutine[Any, Any, Transcription]] | None = work
        self._task: asyncio.Future[Transcription] | None = None

    def start(self) -> Self:
        """Begin, unless that was done before."""
        self._begin()
        return self

    @property
    def begun(self) -> bool:
        """Whether recognition has been started, or cancelled."""
        return self._task is not None

    async def transcription(self) -> Transcription:
        """All that the recogniser says, waiting for it.

        Raises
        ------
        ConfigError
            The recogniser does not know the language.
        asyncio.CancelledError
            It was cancelled.
        """
        return await asyncio.shield(self._begin())

    async def words(self) -> str:
        """The words, waiting for them; raises as :meth:`transcription`."""
        return (await self.transcription()).text

    def __await__(self) -> Generator[Any, None, str]:
        return self.words().__await__()

    def done(self) -> bool:
        """Whether the words are there, or never will be."""
        return self._task is not None and self._task.done()

    def cancel(self) -> None:
        """Nobody needs it any more; whoever waits for it is cancelled."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_future()
        self._work = None
        self._task.cancel()

    def _begin(self) -> asyncio.Future[Transcription]:
        if self._task is None:
            assert self._work is not None
            # It holds the audio, which is not to be kept for as long as the words.
            work, self._work = self._work, None
            self._task = asyncio.ensure_future(work())
            self._task.add_done_callback(_looked_at)
        return self._task


def _looked_at(task: asyncio.Future[Transcription]) -> None:
    """A failure that nobody waits for is no news for the log: whoever asks later is told."""
    if not task.cancelled():
        task.exception()


class Hearing:
    """Turns audio into words for the brain and the transcription events.

    Parameters
    ----------
    stack : callable
        Gives the voice stack, waiting until it is loaded.
    workers : Workers
        Where recognition runs.
    owner : object, optional
        Whose work it is, among that of other sessions.

    Attributes
    ----------
    tokens : callable
        Says, as a recognition begins, whether its tokens and their probabilities are wanted.
    languages : callable
        Gives, as a recognition begins, what the session says is spoken: codes, none if it says nothing.
    """

    def __init__(self, stack: Callable[[], Awaitable[VoiceStack]], workers: Workers, owner: object = None) -> None:
        self._stack = stack
        self._workers = workers
        # Two lines: a pass over an unfinished turn is not to stand in the way of a finished one.
        owner = self if owner is None else owner
        self._finished, self._unfinished = (owner, "turn"), (owner, "guess")
        self._early: Heard | None = None
        self._silence_ms: float | None = None
        self.tokens: Callable[[], bool] = lambda: False
        self.languages: Callable[[], Sequence[str]] = tuple

    @property
    def early(self) -> Heard | None:
        """The recognition of the turn so far that a pause has started; None while nobody pauses."""
        return self._early

    def later(
        self, audio: Callable[[], Audio], format: AudioFormat = PCM16, languages: Sequence[str] | None = None
    ) -> Heard:
        """Recognise audio once somebody waits for it; only then is it asked for.

        Parameters
        ----------
        audio : callable
            Gives the audio.
        format : AudioFormat
            Of that audio.
        languages : sequence of str, optional
            In these and in no other. By default in those of the session that the recogniser knows, else in its own.
        """
        return Heard(lambda: self._recognise(audio(), format, languages))

    def start(self, data: Audio, format: AudioFormat = PCM16) -> Heard:
        """Recognise audio now."""
        return self.later(lambda: data, format).start()

    async def knows(self, languages: Sequence[str]) -> bool:
        """Whether the recogniser knows one of these languages; True for none."""
        recognizer = (await self._stack()).recognizer
        return not languages or any(hears(recognizer, each) for each in languages)

    async def prepare(self) -> None:
        """Have loaded what the session's languages need, if the recogniser can say."""
        recognizer = (await self._stack()).recognizer
        if (prepare := getattr(recognizer, "prepare", None)) is not None and (languages := self.languages()):
            prepare(languages)

    @property
    def guesses(self) -> asyncio.Semaphore:
        """Lets the sessions of a server recognise unfinished turns, one after the other.

        At most half of the cores work on them, so that finished turns do not wait.
        """
        found = _guesses.get(self._workers)
        if found is None:
            found = _guesses[self._workers] = asyncio.Semaphore(max(1, (os.cpu_count() or 2) // 2))
        return found

    async def guess(self, data: bytes, format: AudioFormat = PCM16) -> str:
        """The words of a turn that is not over; for whoever holds one of `guesses`."""
        stack = await self._stack()
        known = self._known(stack, strict=True)
        return (await self._workers.run(transcribe, stack, data, format, known, owner=self._unfinished)).text

    async def listen(self, rate_hz: int) -> RecognizerStream | None:
        """A stream of the recogniser's for a turn under way; None if it has none."""
        stack = await self._stack()
        if (stream := getattr(stack.recognizer, "stream", None)) is None:
            return None
        language = next(iter(self._known(stack, strict=True)), None)
        found: RecognizerStream | None = await self._workers.run(
            lambda: stream(rate_hz, language=language), owner=self._unfinished
        )
        return found

    async def push(self, stream: RecognizerStream, data: bytes, format: AudioFormat, rate_hz: int) -> str:
        """The words of a stream with this audio behind what it has."""

        def pushed() -> str:
            samples = format.decode(format.whole(data))
            return stream.push(resample(samples, format.rate_hz, rate_hz))

        return await self._workers.run(pushed, owner=self._unfinished)

    def _known(self, stack: VoiceStack, *, strict: bool = False) -> tuple[str, ...]:
        """The session's languages, without those that the recogniser does not know.

        Raises
        ------
        ConfigError
            It knows none of them, and `strict` asks for one.
        """
        asked = self.languages()
        known = tuple(each for each in asked if hears(stack.recognizer, each))
        if strict and asked and not known:
            raise ConfigError(f"{stack.recognizer.name} does not know the language {asked[0]!r}.")
        return known

    def speculate(
        self,
        pause_ms: float,
        silence_ms: float | None,
        audio: Callable[[], bytes],
        format: AudioFormat = PCM16,
    ) -> None:
        """Called as audio arrives during speech: starts, keeps or drops the early recognition.

        Parameters
        ----------
        pause_ms : float
            How long the speaker has been silent.
        silence_ms : float or None
            Where that silence began, which names it: one append may hold the end of one pause and all of the next.
        audio : callable
            Gives the audio of the turn so far.
        format : AudioFormat
            Of that audio.
        """
        if self._silence_ms != silence_ms:
            self.drop()
        if pause_ms >= HEAD_START_SILENCE_MS and self._early is None:
            self._early, self._silence_ms = self.start(audio(), format), silence_ms

    def finish(self, audio: Callable[[], Audio], speech_end_ms: float, format: AudioFormat = PCM16) -> Heard:
        """The speaker is done: the early recognition of the silence that ended the turn, else one for later."""
        if self._silence_ms != speech_end_ms:
            self.drop()
        early, self._early, self._silence_ms = self._early, None, None
        return early if early is not None else self.later(audio, format)

    def drop(self) -> None:
        """Throw the early recognition away."""
        if self._early is not None:
            self._early.cancel()
        self._early = self._silence_ms = None

    async def _recognise(self, data: Audio, format: AudioFormat, languages: Sequence[str] | None) -> Transcription:
        stack, tokens = await self._stack(), self.tokens()
        spoken = self._known(stack) if languages is None else tuple(languages)

        def piece(start: int) -> tuple[Transcription, int]:
            end = piece_end(data, format, start)
            return transcribe(stack, bytes(memoryview(data)[start:end]), format, spoken, tokens), end

        # Piece by piece, so that minutes of one session do not keep a worker from the others, nor the end waiting.
        heard, end = await self._workers.run(piece, 0, owner=self._finished)
        pieces = [heard]
        while end < len(data):
            heard, end = await self._workers.run(piece, end, owner=self._finished)
            pieces.append(heard)
        return joined(pieces)
