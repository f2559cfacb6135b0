"""The sound of a session where it lies: in the stores of its log, read a stretch at a time and never held twice."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.formats import PCM16, AudioFormat
from rtnb.errors import ConfigError
from rtnb.protocol.envelope import AudioStore
from rtnb.session.conversation.state import InputClock

__all__ = ["Bytes", "StoreSource", "Stretch", "Stretches", "format_named", "joined"]

GAP_S = 0.15
"""Frames of a browser come so irregularly; where sound comes later than that, nothing was sent for a while."""

EARLY_S = 0.5
"""Where sound is so far ahead of the clock it does not belong to what was sent before."""

BURST_S = 0.02
"""What is sent within so little time is one sound, however long it is."""

Bytes = tuple[AudioStore, int, int]
"""Store, offset and length."""


def format_named(name: str) -> AudioFormat:
    """A format by its GA name; one that nobody knows is taken for PCM, as in all views."""
    try:
        return AudioFormat.from_wire(name or None)
    except ConfigError:
        return PCM16


def joined(places: Iterable[Bytes]) -> tuple[Bytes, ...]:
    """The same places, those in one where one begins at the end of the other: an answer comes in hundreds of pieces.

    Examples
    --------
    >>> store = AudioStore("received", bytes(9))
    >>> [(offset, length) for _, offset, length in joined([(store, 0, 4), (store, 4, 2), (store, 8, 1)])]
    [(0, 6), (8, 1)]
    """
    found: list[Bytes] = []
    for store, offset, length in places:
        if found and found[-1][0] is store and found[-1][1] + found[-1][2] == offset:
            found[-1] = (store, found[-1][1], found[-1][2] + length)
        else:
            found.append((store, offset, length))
    return tuple(found)


class StoreSource:
    """Samples in one or several places of a log.

    Parameters
    ----------
    places : sequence of (AudioStore, int, int)
        Store, offset and length, one after the other.
    kind : AudioFormat

    Examples
    --------
    >>> store = AudioStore("sent", b"\\1\\0\\2\\0\\3\\0\\4\\0")
    >>> source = StoreSource([(store, 4, 4), (store, 0, 3)], PCM16)
    >>> len(source), source.read(1, 3).tolist()
    (3, [4, 1])
    """

    __slots__ = ("_placed", "kind")

    def __init__(self, places: Sequence[Bytes], kind: AudioFormat) -> None:
        self.kind = kind
        self.place(places)

    def place(self, places: Sequence[Bytes]) -> None:
        """It lies there; what was there before is at the beginning of it."""
        ends = list(accumulate(length for _, _, length in places))
        # One value: another thread may be reading.
        self._placed = (tuple(places), ends)

    @property
    def rate_hz(self) -> int:
        """Samples a second."""
        return self.kind.rate_hz

    def __len__(self) -> int:
        ends = self._placed[1]
        return ends[-1] // self.kind.sample_bytes if ends else 0

    def read(self, start: int, stop: int) -> NDArray[np.int16]:
        """Those from `start` to before `stop`."""
        size, (places, ends), parts = self.kind.sample_bytes, self._placed, []
        first, last = start * size, min(stop * size, ends[-1] // size * size if ends else 0)
        index = bisect_right(ends, first)
        while first < last and index < len(places):
            store, offset, length = places[index]
            before = ends[index] - length
            upto = min(last, ends[index])
            parts.append(store.read(offset + first - before, upto - first))
            first, index = upto, index + 1
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        if self.kind is PCM16:
            return np.frombuffer(data, dtype="<i2")
        return self.kind.int16(data)


@dataclass(slots=True)
class Stretch:
    """Input audio that was sent without a pause: bytes from `start` to before `end`, the first of them at `start_s`."""

    start: int
    end: int
    start_s: float


class Stretches:
    """Input audio, as it was sent, on the session's clock; looks only at what came since it last looked.

    Examples
    --------
    >>> clock = InputClock()
    >>> clock.sent(0.1, 4800)        # 100 ms
    >>> clock.sent(0.2, 9600)
    >>> clock.sent(5.0, 14400)       # 100 ms more, much later
    >>> [(each.start, each.end, round(each.start_s, 3)) for each in Stretches().follow(clock)]
    [(0, 9600, 0.0), (9600, 14400, 4.9)]
    """

    def __init__(self) -> None:
        self._seen = 0
        self._bytes = 0
        self._last_s = 0.0
        self._found: list[Stretch] = []

    def follow(self, clock: InputClock) -> list[Stretch]:
        """All stretches so far; on any thread, one at a time."""
        rate = clock.bytes_per_ms * 1000
        marks = clock._marks[self._seen :]
        for t_s, total in marks:
            length = total - self._bytes
            if length <= 0:
                continue
            now = self._found[-1] if self._found else None
            begins_s = t_s - length / rate
            ends_s = None if now is None else now.start_s + (self._bytes - now.start) / rate
            burst = t_s - self._last_s < BURST_S
            if (
                now is None
                or ends_s is None
                or begins_s > ends_s + GAP_S
                or (ends_s > begins_s + EARLY_S and not burst)
            ):
                self._found.append(Stretch(self._bytes, total, begins_s))
            else:
                now.end = total
            self._bytes, self._last_s = total, t_s
        self._seen += len(marks)
        return self._found
