"""Words while somebody speaks: the turn so far is recognised again and again, and what is certain is given out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from rtnb.audio.formats import AudioFormat
from rtnb.server.input.agreement import Agreement
from rtnb.server.input.cutting import quiet_ms
from rtnb.server.input.models import Pace

__all__ = ["LiveTurn"]

OPEN_S = 12.0
"""A pass takes the longer the more audio it hears. Beyond this much, the older part is recognised for good.

Own choice.
"""

CLOSED_S = 8.0
"""The part that is recognised for good ends at the quietest place of the second half of so much. Own choice."""


class LiveTurn:
    """One turn under way.

    There is never more than one pass over it at a time. While the machine is busy with those of other sessions the
    next one waits, and then hears all that has been said meanwhile.

    Parameters
    ----------
    pace : Pace
        How eager it is.
    slot : asyncio.Semaphore
        Held during a pass.
    recognise : callable
        Gives the words of some audio.
    say : callable
        Takes each delta.
    """

    def __init__(
        self,
        *,
        pace: Pace,
        slot: asyncio.Semaphore,
        recognise: Callable[[bytes, AudioFormat], Awaitable[str]],
        say: Callable[[str], object],
    ) -> None:
        self._pace = pace
        self._slot = slot
        self._recognise = recognise
        self._say = say
        self._agreement = Agreement(pace.held_words)
        self._closed = ""
        self._closed_ms = 0
        self._heard_ms = 0.0
        self._latest: tuple[float, Callable[[], bytes], AudioFormat] | None = None
        self._pass: asyncio.Task[None] | None = None

    def speaking(self, audio_ms: float, audio: Callable[[], bytes], format: AudioFormat) -> None:
        """More audio is there: recognise it, if it is time to and the last pass is over.

        Parameters
        ----------
        audio_ms : float
            How long the turn is so far.
        audio : callable
            Gives its audio so far.
        format : AudioFormat
            Of that audio; a session may change its format in the middle of a turn.
        """
        self._latest = (audio_ms, audio, format)
        if self._pass is not None and not self._pass.done():
            return
        if audio_ms - self._heard_ms >= self._pace.every_ms:
            self._pass = asyncio.create_task(self._listen())

    def finish(self, final: str) -> str:
        """The whole text, which begins with what is out; the rest is given out first."""
        self.drop()
        if delta := self._agreement.finish(final):
            self._say(delta)
        return self._agreement.text

    def drop(self) -> None:
        """Nothing more is given out by itself."""
        if self._pass is not None:
            self._pass.cancel()

    async def _listen(self) -> None:
        try:
            async with self._slot:
                words = await self._words()
        except Exception:
            # The finished turn is recognised as a whole, and reports what is wrong.
            return
        if delta := self._agreement.push(f"{self._closed} {words}"):
            self._say(delta)

    async def _words(self) -> str:
        """Those of what is open; the older part of what is too long is recognised once and for all."""
        assert self._latest is not None
        self._heard_ms, audio, format = self._latest
        data = format.whole(audio())[self._closed_ms * format.bytes_per_ms :]
        if len(data) > OPEN_S * 1000 * format.bytes_per_ms:
            cut_ms = await asyncio.to_thread(quiet_ms, data, format, CLOSED_S / 2, CLOSED_S)
            cut = cut_ms * format.bytes_per_ms
            self._closed = f"{self._closed} {await self._recognise(data[:cut], format)}".strip()
            self._closed_ms += cut_ms
            data = data[cut:]
        return await self._recognise(data, format)
