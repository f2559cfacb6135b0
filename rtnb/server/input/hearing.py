"""Recognition for one connection: off the event loop, with a head start while the speaker may be done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.server.workers import Workers
from rtnb.speech import VoiceStack

__all__ = ["Hearing", "is_own_language", "transcribe"]

OWN_LANGUAGE = "en"
"""What a recogniser hears when it is told no language; the local one knows no other."""

HEAD_START_SILENCE_MS = 64
"""Silence after which recognition starts although the turn may go on; two frames of the default engine.

Recognition then runs while ``silence_duration_ms`` passes. If speech resumes the result is thrown away.
"""


def transcribe(stack: VoiceStack, data: bytes, format: AudioFormat = PCM16, language: str | None = None) -> str:
    """The words of audio. Blocking, CPU-bound.

    Raises
    ------
    ConfigError
        The recogniser does not know the language.
    """
    samples = format.decode(format.whole(data))
    return stack.recognizer.transcribe(samples, format.rate_hz, language=language).text.strip()


def is_own_language(language: str | None) -> bool:
    """Whether asking for `language` asks for nothing else than what the recogniser does unasked.

    Examples
    --------
    >>> [is_own_language(language) for language in (None, "en", "en-US", "fr")]
    [True, True, True, False]
    """
    return not language or language.lower().replace("_", "-").partition("-")[0] == OWN_LANGUAGE


class Hearing:
    """Turns audio into words for the brain and the transcription events."""

    def __init__(self, stack: Callable[[], Awaitable[VoiceStack]], workers: Workers) -> None:
        self._stack = stack
        self._workers = workers
        self._early: asyncio.Task[str] | None = None
        self._silence_ms: float | None = None

    @property
    def early(self) -> asyncio.Task[str] | None:
        """The recognition of the turn so far that a pause has started; None while nobody pauses."""
        return self._early

    def start(self, data: bytes, format: AudioFormat = PCM16, language: str | None = None) -> asyncio.Task[str]:
        """Recognise audio."""
        return asyncio.ensure_future(self._recognise(data, format, language))

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

    def finish(self, data: bytes, speech_end_ms: float, format: AudioFormat = PCM16) -> asyncio.Task[str]:
        """The speaker is done: the early recognition of the silence that ended the turn, else a new one."""
        if self._silence_ms != speech_end_ms:
            self.drop()
        early, self._early, self._silence_ms = self._early, None, None
        return early if early is not None else self.start(data, format)

    def drop(self) -> None:
        """Throw the early recognition away."""
        if self._early is not None:
            self._early.cancel()
        self._early = self._silence_ms = None

    async def _recognise(self, data: bytes, format: AudioFormat, language: str | None) -> str:
        stack = await self._stack()
        return await self._workers.run(transcribe, stack, data, format, language)
