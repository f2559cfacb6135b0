"""From frames of a page to the session's input buffer, in order, and at the pace that the session takes them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.audio.pcm import float_of_int16, int16_of_bytes
from rtnb.audio.resampling import StreamResampler
from rtnb.errors import SessionError
from rtnb.session.aio import AsyncSession
from rtnb.session.conversation.formats import audio_format
from rtnb.session.verbs.streaming import TAIL_LIMIT_S, silence
from rtnb.widgets.order import ACK_FRAMES, FrameOrder

__all__ = ["Ear"]

PIECE_MS: Final = 100


class Encoder:
    """PCM16 at 24 kHz in the session's input format.

    Examples
    --------
    >>> from rtnb.audio.formats import PCMU
    >>> encoder = Encoder()
    >>> encoder.encode(bytes(480), PCM16) == bytes(480), len(encoder.encode(bytes(48000), PCMU)) > 7900
    (True, True)
    """

    def __init__(self) -> None:
        self._resampler: StreamResampler | None = None

    def encode(self, data: bytes, spoken: AudioFormat) -> bytes:
        """The next frame of a stream."""
        if spoken is PCM16:
            return data
        if self._resampler is None:
            self._resampler = StreamResampler(PCM16.rate_hz, spoken.rate_hz)
        samples = self._resampler.push(float_of_int16(int16_of_bytes(data)))
        return spoken.encode(samples, spoken.rate_hz)


class Ear:
    """Appends what a microphone hears; lives on the session's loop.

    Parameters
    ----------
    session : AsyncSession
    confirm : callable
        Tells the page that everything up to a number was taken.
    over : callable
        Called when the session takes no more.
    """

    def __init__(self, session: AsyncSession, confirm: Callable[[int], None], over: Callable[[], None]) -> None:
        self._session = session
        self._confirm = confirm
        self._over = over
        self._queue: deque[tuple[int, bytes]] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._order = FrameOrder()
        self._encoder = Encoder()
        self._confirmed = -1
        self._lost = self._late = 0
        self.bytes = 0
        """PCM16 at 24 kHz that was appended."""

    @property
    def lost(self) -> int:
        """Frames that never came."""
        return self._lost + self._order.lost

    @property
    def late(self) -> int:
        """Frames that came too late, or twice."""
        return self._late + self._order.late

    @property
    def done(self) -> int:
        """Number of the last frame that came, or was given up; -1 before any."""
        return self._order.done

    @property
    def waiting(self) -> int:
        """Frames that came and are not appended yet."""
        return len(self._queue) + (self._pump is not None and not self._pump.done())

    def begin(self) -> None:
        """A page begins to send, from frame 0."""
        self._lost, self._late = self.lost, self.late
        self._order, self._encoder = FrameOrder(), Encoder()
        self._queue.clear()
        self._confirmed = -1

    def take(self, seq: int, data: bytes) -> None:
        """A frame has come."""
        self._hand_on(self._order.take(seq, data[: len(data) - len(data) % 2]))

    def beat(self, sent: int) -> None:
        """The page has sent frames up to this number: what is missing at the second beat in a row is lost."""
        self._hand_on(self._order.beat(sent))
        # Said again, as what was said may be lost as well.
        if not self._queue and self._order.done >= 0:
            self._confirm(self._order.done)

    def _hand_on(self, frames: list[bytes]) -> None:
        self._queue.extend((self._order.done, data) for data in frames)
        if self._queue and (self._pump is None or self._pump.done()):
            self._pump = self._session.core.keep(self._append())

    async def _append(self) -> None:
        session = self._session
        while self._queue:
            seq, data = self._queue.popleft()
            encoded = self._encoder.encode(data, audio_format(session.core.talk.config, "input"))
            try:
                if encoded:
                    # Waits while the session reconnects; meanwhile the page keeps what it hears.
                    await session.append(encoded)
            except SessionError:
                self._over()
                return
            self.bytes += len(data)
            if seq - self._confirmed >= ACK_FRAMES:
                self._confirmed = seq
                self._confirm(seq)

    async def close_speech(self) -> None:
        """Silence at real pace until turn detection has closed what was being said, as if the room were quiet."""
        talk = self._session.core.talk
        spoken = audio_format(talk.config, "input")
        for _ in range(int(TAIL_LIMIT_S * 1000 / PIECE_MS)):
            if not talk.speech or talk.speech[-1].stopped_s is not None:
                return
            try:
                await self._session.append(silence(spoken, PIECE_MS * spoken.bytes_per_ms))
            except SessionError:
                return
            await asyncio.sleep(PIECE_MS / 1000)
