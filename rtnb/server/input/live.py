"""Words while somebody speaks: those that a recogniser streams, or else what is certain.

A recogniser without a stream hears the turn so far again and again, and what two passes agree on is given out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from rtnb.audio.formats import AudioFormat
from rtnb.server.input.agreement import Agreement
from rtnb.server.input.cutting import quiet_ms
from rtnb.server.input.models import Pace
from rtnb.speech import RecognizerStream

__all__ = ["LiveTurn"]

OPEN_S = 12.0
"""A pass takes the longer the more audio it hears. Beyond this much, the older part is recognised for good.

Own choice.
"""

CLOSED_S = 8.0
"""The part that is recognised for good ends at the quietest place of the second half of so much. Own choice."""


async def _no_stream(rate_hz: int) -> None:
    """Of a recogniser that has none."""


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
    listen, push : callable
        Opens a stream of the recogniser's for audio of a rate, None if it has none; and gives the words of one with
        more audio.
    """

    def __init__(
        self,
        *,
        pace: Pace,
        slot: asyncio.Semaphore,
        recognise: Callable[[bytes, AudioFormat], Awaitable[str]],
        say: Callable[[str], object],
        listen: Callable[[int], Awaitable[RecognizerStream | None]] = _no_stream,
        push: Callable[[RecognizerStream, bytes, AudioFormat, int], Awaitable[str]] | None = None,
    ) -> None:
        self._pace = pace
        self._slot = slot
        self._recognise = recognise
        self._say = say
        self._open = listen
        self._push = push
        self._stream: tuple[RecognizerStream | None, int] | None = None
        self._streamed_ms = 0
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
                streamed = await self._streamed()
                words = await self._words() if streamed is None else ""
        except Exception:
            # The finished turn is recognised as a whole, and reports what is wrong.
            return
        # A stream holds back itself what is not certain.
        found = (
            self._agreement.push(f"{self._closed} {words}") if streamed is None else self._agreement.finish(streamed)
        )
        if found:
            self._say(found)

    async def _streamed(self) -> str | None:
        """The words of the recogniser's stream, with the audio that is new to it; None if it has no stream."""
        assert self._latest is not None
        audio_ms, audio, format = self._latest
        if self._stream is None:
            self._stream = await self._open(format.rate_hz), format.rate_hz
        stream, rate_hz = self._stream
        if stream is None or self._push is None:
            return None
        self._heard_ms = audio_ms
        data = format.whole(audio())[self._streamed_ms * format.bytes_per_ms :]
        whole_ms = len(data) // format.bytes_per_ms
        self._streamed_ms += whole_ms
        return await self._push(stream, data[: whole_ms * format.bytes_per_ms], format, rate_hz)

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
