"""Whether the speaker is done, judged at a pause: from the words, and from the sound where a model is installed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from rtnb.audio.formats import AudioFormat
from rtnb.server.input.hearing import Heard
from rtnb.server.workers import Workers
from rtnb.vad.completeness import combined, completeness_of

__all__ = ["AHEAD_MS", "Judge", "Pace"]

log = logging.getLogger(__name__)

AHEAD_MS: Final = 500.0
"""From this lead on a client counts as one that sends faster than real time.

Own choice. A microphone's lead is one chunk, and what the network held back and delivers at once.
"""


class Pace:
    """How far a client is ahead of real time with its audio.

    A client in real time is judged while it goes on sending; one that is ahead has to wait for the judgement, or
    the audio behind the pause would be heard before it.

    Parameters
    ----------
    clock : callable
        Gives seconds, from any origin.

    Examples
    --------
    >>> seconds = iter([10.0, 10.1, 20.0])
    >>> pace = Pace(lambda: next(seconds))
    >>> [pace.sent(0, 100), pace.sent(100, 1100), pace.sent(1100, 1120)]
    [100.0, 1000.0, 20.0]
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._base: tuple[float, float] | None = None
        self.lead_ms = 0.0

    def sent(self, start_ms: float, end_ms: float) -> float:
        """Audio from one position to another has come; the lead with it, in milliseconds."""
        now_ms = 1000 * self._clock()
        # Who falls behind starts anew: silence that was never sent is no credit.
        if self._base is None or start_ms - self._base[0] < now_ms - self._base[1]:
            self._base = start_ms, now_ms
        self.lead_ms = round((end_ms - self._base[0]) - (now_ms - self._base[1]), 3)
        return self.lead_ms


class Judge:
    """Judges how finished a turn sounds (see :mod:`rtnb.vad.completeness`).

    Parameters
    ----------
    workers : Workers
        Where the acoustic model runs, if there is one.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._deaf = False

    async def completeness(self, words: Awaitable[str] | None, data: bytes, format: AudioFormat) -> float | None:
        """From 0 to 1, or None when neither words nor sound could be judged.

        Parameters
        ----------
        words : awaitable of str, optional
            What was recognised of the turn so far; None when nothing here can recognise.
        data : bytes
            The turn up to the pause.
        format : AudioFormat
            Of `data`.
        """
        sound, text = await asyncio.gather(self._of_sound(data, format), self._of_words(words))
        return combined(text, sound)

    async def _of_words(self, words: Awaitable[str] | None) -> float | None:
        if words is None:
            return None
        try:
            if isinstance(words, Heard):
                heard = await words.transcription()
                return completeness_of(heard.text, heard.language)
            return completeness_of(await words)
        except Exception as error:  # turns end without a judge, too
            log.warning("Turn detection does without the words: %s", error)
            return None

    async def _of_sound(self, data: bytes, format: AudioFormat) -> float | None:
        if self._deaf:
            return None
        try:
            found = await self._workers.run(_sounding, data, format, urgent=True)
        except Exception as error:
            log.warning("Turn detection does without Smart Turn: %s", error)
            found = None
        # Neither a model that is missing nor one that is broken comes to be in the middle of a session.
        self._deaf = found is None
        return found


def _sounding(data: bytes, format: AudioFormat) -> float | None:
    """The acoustic judgement, or None without a model. Blocking, CPU-bound."""
    from rtnb.speech.smart_turn import shared_smart_turn

    model = shared_smart_turn()
    return None if model is None else model.completeness(format.decode(format.whole(data)), format.rate_hz)
