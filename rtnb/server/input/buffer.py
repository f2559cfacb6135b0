"""The input audio buffer: bytes since the last commit, addressed by milliseconds of the session's audio."""

from __future__ import annotations

from rtnb.audio.formats import PCM16, AudioFormat

__all__ = ["InputBuffer"]

IDLE_KEEP_MS = 60_000
"""How much silence is kept while turn detection waits for speech; older audio can never be part of a turn."""


class InputBuffer:
    """Uncommitted audio.

    Positions are milliseconds since the first audio of the session, which is what ``audio_start_ms`` and
    ``audio_end_ms`` count. Bytes may arrive in chunks of any length; a sample may be split between two.

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
    >>> buffer.duration_ms, len(buffer.take_all()), buffer.end_ms
    (100.0, 4800, 100.0)
    """

    def __init__(self, format: AudioFormat = PCM16) -> None:
        self._format = format
        self._data = bytearray()
        self._start = 0

    @property
    def format(self) -> AudioFormat:
        """Of what is held and of what is appended."""
        return self._format

    @property
    def start_ms(self) -> int:
        """The first whole millisecond that is still held, or would be the next one written."""
        return -(-self._start // self._format.bytes_per_ms)

    @property
    def end_bytes(self) -> int:
        """Bytes of audio ever written, in the format of today."""
        return self._start + len(self._data)

    @property
    def end_ms(self) -> float:
        """Milliseconds of audio ever written."""
        return self.end_bytes / self._format.bytes_per_ms

    @property
    def duration_ms(self) -> float:
        """Milliseconds of uncommitted audio."""
        return len(self._data) / self._format.bytes_per_ms

    def append(self, data: bytes | memoryview) -> None:
        """Add audio."""
        self._data += data

    def convert(self, format: AudioFormat) -> None:
        """Go on in another format: what is held is converted, and positions stay where they are, to a sample.

        The beginning of a sample at the end is dropped: what follows begins with a whole one.
        """
        if format is self._format:
            return
        whole = self._format.whole(bytes(self._data))
        start = self._start // self._format.sample_bytes
        self._start = round(start * format.rate_hz / self._format.rate_hz) * format.sample_bytes
        self._data = bytearray(format.encode(self._format.decode(whole), self._format.rate_hz) if whole else b"")
        self._format = format

    def slice_ms(self, start_ms: float, end_ms: float | None = None) -> bytes:
        """What is still held between two positions, without taking it out."""
        start = max(0, self._offset(start_ms))
        stop = len(self._data) if end_ms is None else max(start, self._offset(end_ms))
        return bytes(self._data[start:stop])

    def take_until_ms(self, end_ms: float) -> None:
        """Drop everything before a position."""
        self._drop(min(len(self._data), max(0, self._offset(end_ms))))

    def take_all(self) -> bytes:
        """Everything held, whole samples; the buffer is empty afterwards."""
        data = self._format.whole(bytes(self._data))
        self.clear()
        return data

    def clear(self) -> None:
        """Forget everything held."""
        self._drop(len(self._data))
        # Half a sample counts as one: what comes next begins with a whole one, and positions must meet its edges.
        self._start += -self._start % self._format.sample_bytes

    def forget_idle(self) -> None:
        """Keep only the most recent audio, for a buffer in which nobody has spoken."""
        if self.duration_ms > 2 * IDLE_KEEP_MS:
            self.take_until_ms(self.end_ms - IDLE_KEEP_MS)

    def _offset(self, position_ms: float) -> int:
        return int(position_ms) * self._format.bytes_per_ms - self._start

    def _drop(self, count: int) -> None:
        del self._data[:count]
        self._start += count
