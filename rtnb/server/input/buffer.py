"""The input audio buffer: bytes since the last commit, addressed by milliseconds of the session's audio."""

from __future__ import annotations

from rtnb.audio.formats import PCM16

__all__ = ["InputBuffer"]

BYTES_PER_MS = PCM16.bytes_per_ms

IDLE_KEEP_MS = 60_000
"""How much silence is kept while turn detection waits for speech; older audio can never be part of a turn."""


class InputBuffer:
    """Uncommitted audio.

    Positions are milliseconds since the first audio of the session, which is what ``audio_start_ms`` and
    ``audio_end_ms`` count. Bytes may arrive in chunks of any length; a sample may be split between two.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._start = 0

    @property
    def start_ms(self) -> int:
        """The first whole millisecond that is still held, or would be the next one written."""
        return -(-self._start // BYTES_PER_MS)

    @property
    def end_bytes(self) -> int:
        """Bytes of audio ever written."""
        return self._start + len(self._data)

    @property
    def end_ms(self) -> float:
        """Milliseconds of audio ever written."""
        return self.end_bytes / BYTES_PER_MS

    @property
    def duration_ms(self) -> float:
        """Milliseconds of uncommitted audio."""
        return len(self._data) / BYTES_PER_MS

    def append(self, data: bytes) -> None:
        """Add audio."""
        self._data += data

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
        whole = len(self._data) - len(self._data) % 2
        data = bytes(self._data[:whole])
        self.clear()
        return data

    def clear(self) -> None:
        """Forget everything held."""
        self._drop(len(self._data))
        # Half a sample counts as one: what comes next begins with a whole one, and positions must meet its edges.
        self._start += self._start % 2

    def forget_idle(self) -> None:
        """Keep only the most recent audio, for a buffer in which nobody has spoken."""
        if self.duration_ms > 2 * IDLE_KEEP_MS:
            self.take_until_ms(self.end_ms - IDLE_KEEP_MS)

    def _offset(self, position_ms: float) -> int:
        return int(position_ms) * BYTES_PER_MS - self._start

    def _drop(self, count: int) -> None:
        del self._data[:count]
        self._start += count
