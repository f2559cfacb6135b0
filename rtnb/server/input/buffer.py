"""The input audio buffer: bytes since the last commit, addressed by milliseconds of the session's audio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.audio.resampling import StreamResampler

__all__ = ["CONVERT_MS", "IDLE_KEEP_MS", "InputBuffer"]

IDLE_KEEP_MS: Final = 60_000
"""How much silence is kept while turn detection waits for speech; older audio can never be part of a turn.

Own choice: far more than any prefix padding.
"""

CONVERT_MS: Final = 60_000
"""Audio that :meth:`InputBuffer.settle` converts in one go: 13 to 23 ms of work, as measured on a 2.5 GHz Xeon."""


@dataclass(slots=True, eq=False)
class _Held:
    """Audio in the format in which it came, before a change of it.

    Attributes
    ----------
    size : int
        Bytes that it will have in the format of today.
    """

    format: AudioFormat
    data: bytearray
    size: int


class InputBuffer:
    """Uncommitted audio.

    Positions are milliseconds since the first audio of the session, which is what ``audio_start_ms`` and
    ``audio_end_ms`` count. Bytes may arrive in chunks of any length; a sample may be split between two.

    A change of format converts nothing at once, as there may be an hour of audio: :meth:`settle` does it bit by bit,
    and whatever needs the bytes before that has it all done.

    Parameters
    ----------
    format : AudioFormat
        Of the bytes.

    Examples
    --------
    >>> from rtnb.audio.formats import PCM16, PCMU
    >>> buffer = InputBuffer(PCMU)
    >>> buffer.append(bytes(800))
    >>> buffer.duration_ms
    100.0
    >>> buffer.convert(PCM16)
    >>> buffer.duration_ms, buffer.settled
    (100.0, False)
    >>> len(buffer.take_all()), buffer.end_ms
    (4800, 100.0)
    """

    def __init__(self, format: AudioFormat = PCM16) -> None:
        self._format = format
        self._data = bytearray()
        self._start = 0
        # Before `_data`: what is converted already, then what is not.
        self._ready = bytearray()
        self._older: list[_Held] = []
        self._done = self._begun = 0
        self._resampler: StreamResampler | None = None

    @property
    def format(self) -> AudioFormat:
        """Of what is appended, and of all that is taken out."""
        return self._format

    @property
    def start_ms(self) -> int:
        """The first whole millisecond that is still held, or would be the next one written."""
        return -(-self._start // self._format.bytes_per_ms)

    @property
    def end_bytes(self) -> int:
        """Bytes of audio ever written, in the format of today."""
        return self._start + self._size

    @property
    def end_ms(self) -> float:
        """Milliseconds of audio ever written."""
        return self.end_bytes / self._format.bytes_per_ms

    @property
    def duration_ms(self) -> float:
        """Milliseconds of uncommitted audio."""
        return self._size / self._format.bytes_per_ms

    @property
    def settled(self) -> bool:
        """Whether all that is held is in the format of today."""
        return not self._older

    @property
    def _size(self) -> int:
        return sum(held.size for held in self._older) + len(self._data)

    def append(self, data: bytes | memoryview) -> None:
        """Add audio."""
        self._data += data

    def convert(self, format: AudioFormat) -> None:
        """Go on in another format: what is held will be converted, and positions stay where they are, to a sample.

        The beginning of a sample at the end is dropped: what follows begins with a whole one.
        """
        before = self._format
        if format is before:
            return
        if self._resampler is not None or self._ready:
            # Somebody stopped in the middle of it, which only the end of a session does.
            self._settle_all()
        start = self._start // before.sample_bytes
        self._start = round(start * format.rate_hz / before.rate_hz) * format.sample_bytes
        del self._data[len(self._data) - len(self._data) % before.sample_bytes :]
        if self._data:
            self._older.append(_Held(before, self._data, 0))
            self._data = bytearray()
        for held in self._older:
            samples = len(held.data) // held.format.sample_bytes
            held.size = round(samples * format.rate_hz / held.format.rate_hz) * format.sample_bytes
        self._format = format

    def settle(self, *, most_ms: int = CONVERT_MS) -> None:
        """Convert the next of what came in another format; all of it is once `settled`. CPU-bound, in the calls' order.

        Parameters
        ----------
        most_ms : int
            How much.
        """
        if not self._older:
            return
        held, own = self._older[0], self._format
        if self._resampler is None:
            self._resampler = StreamResampler(held.format.rate_hz, own.rate_hz)
            self._done, self._begun = 0, len(self._ready)
        piece = bytes(memoryview(held.data)[self._done : self._done + most_ms * held.format.bytes_per_ms])
        self._done += len(piece)
        last = self._done >= len(held.data)
        self._ready += own.encode(self._resampler.push(held.format.decode(piece), last=last), own.rate_hz)
        if not last:
            return
        # To the sample what positions are reckoned with.
        wanted = self._begun + held.size
        missing = max(0, wanted - len(self._ready)) // own.sample_bytes
        self._ready += own.encode(np.zeros(missing, dtype=np.float32), own.rate_hz)
        del self._ready[wanted:]
        self._resampler = None
        del self._older[0]
        if not self._older:
            self._ready += self._data
            self._data, self._ready = self._ready, bytearray()

    def slice_ms(self, start_ms: float, end_ms: float | None = None) -> bytes:
        """What is still held between two positions, without taking it out."""
        self._settle_all()
        start = max(0, self._offset(start_ms))
        stop = len(self._data) if end_ms is None else max(start, self._offset(end_ms))
        return bytes(memoryview(self._data)[start:stop])

    def take_ms(self, start_ms: float, end_ms: float) -> bytearray:
        """What is still held between two positions; that and all before it is gone afterwards."""
        self.take_until_ms(start_ms)
        count = min(len(self._data), max(0, self._offset(end_ms)))
        if count == len(self._data):
            taken, self._data = self._data, bytearray()
            self._start += count
        else:
            taken = self._data[:count]
            self._drop(count)
        return taken

    def take_until_ms(self, end_ms: float) -> None:
        """Drop everything before a position."""
        self._settle_all()
        self._drop(min(len(self._data), max(0, self._offset(end_ms))))

    def take_all(self) -> bytearray:
        """Everything held, whole samples; the buffer is empty afterwards, and what it held is the caller's."""
        self._settle_all()
        data = self._data
        self.clear()
        del data[len(data) - len(data) % self._format.sample_bytes :]
        return data

    def clear(self) -> None:
        """Forget everything held."""
        self._start += self._size
        # Another one, as it may have been given away.
        self._data = bytearray()
        self._older.clear()
        self._ready, self._resampler = bytearray(), None
        # Half a sample counts as one: what comes next begins with a whole one, and positions must meet its edges.
        self._start += -self._start % self._format.sample_bytes

    def forget_idle(self) -> None:
        """Keep only the most recent audio, for a buffer in which nobody has spoken."""
        if self.duration_ms > 2 * IDLE_KEEP_MS:
            self.take_until_ms(self.end_ms - IDLE_KEEP_MS)

    def _settle_all(self) -> None:
        while not self.settled:
            self.settle()

    def _offset(self, position_ms: float) -> int:
        return int(position_ms) * self._format.bytes_per_ms - self._start

    def _drop(self, count: int) -> None:
        del self._data[:count]
        self._start += count
