"""The outline of a sound at every zoom: least and greatest sample of blocks, and of blocks of blocks."""

from __future__ import annotations

from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import AudioError

__all__ = ["BLOCK", "FACTOR", "NOTHING", "Pyramid", "SampleSource", "Samples", "int16_bounds"]

Samples: TypeAlias = NDArray[np.int16] | NDArray[np.float32]

BLOCK: Final = 512
"""Samples of a block of the lowest level: numpy takes the least of 512 numbers nearly as fast as memory gives them, and
of 64 numbers at a third of that speed. What is finer is read off the samples themselves."""

FACTOR: Final = 8
"""How many blocks of one level are one block of the next."""

CHUNK: Final = 1 << 17
"""Samples that are looked at in one go, first for the least, then for the greatest: they stay in the cache between."""

EXACT: Final = 4
"""A column of a picture is put together of at least so many blocks, so that its edges are right to a quarter of it."""

NOTHING: Final = (32767, -32768)
"""Minimum and maximum of a column without samples: the wrong way round, as no column with samples has them."""


class SampleSource(Protocol):
    """Samples that are read when they are needed."""

    def __len__(self) -> int:
        """How many there are; it may grow."""

    def read(self, start: int, stop: int) -> Samples:
        """Those from `start` to before `stop`, int16 or float32 in -1..1, shape ``(stop - start,)``."""


def int16_bounds(bounds: NDArray[Any]) -> NDArray[np.int16]:
    """Minima and maxima, shape ``(n, 2)``, as int16; float ones are rounded outwards, so that the least click shows.

    Examples
    --------
    >>> int16_bounds(np.array([[-0.5, 1e-6]], dtype=np.float32)).tolist()
    [[-16384, 1]]
    """
    if bounds.dtype == np.int16:
        return np.asarray(bounds, dtype=np.int16)
    scaled = bounds.astype(np.float64) * 32768
    # What is not a number is shown as silence.
    outwards = np.stack([np.floor(scaled[:, 0]), np.ceil(scaled[:, 1])], axis=1)
    clipped: NDArray[np.int16] = np.nan_to_num(outwards).clip(-32768, 32767).astype(np.int16)
    return clipped


class Pyramid:
    """Minima and maxima of a sound that may still grow, so that any stretch of it is outlined in about a millisecond.

    One hour at 24 kHz takes 0.8 MB. No sample is left out at any zoom: a click of one sample shows in its column.

    Parameters
    ----------
    source : SampleSource

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.audio.sources import ArraySource
    >>> click = np.zeros(86_400, dtype=np.int16)
    >>> click[50_000] = 9000
    >>> pyramid = Pyramid(ArraySource(click, 24000))
    >>> pyramid.outline(0, 86_400, 4).tolist()
    [[0, 0], [0, 0], [0, 9000], [0, 0]]
    """

    def __init__(self, source: SampleSource) -> None:
        self._source = source
        self._levels: list[NDArray[np.int16]] = [np.zeros((0, 2), dtype=np.int16)]
        self._whole = 0
        """Samples that whole blocks hold."""
        self.grow()

    def __len__(self) -> int:
        """Samples of the source that it knows; see :meth:`grow`."""
        return self._size

    @property
    def nbytes(self) -> int:
        """Memory of all levels."""
        return sum(level.nbytes for level in self._levels)

    @property
    def peak(self) -> int:
        """The largest magnitude, 0..32768."""
        top = self._levels[-1]
        least, most = (int(top[:, 0].min()), int(top[:, 1].max())) if len(top) else (0, 0)
        rest = self._exact(np.array([self._whole]), np.array([self._size])) if self._size > self._whole else None
        if rest is not None:
            least, most = min(least, int(rest[0, 0])), max(most, int(rest[0, 1]))
        return max(-least, most, 0)

    def grow(self) -> bool:
        """Take in what the source has got since; whether there was something."""
        before = getattr(self, "_size", 0)
        # The last, broken block is read off the samples until it is whole.
        self._size = max(before, len(self._source))
        blocks = self._size // BLOCK
        known = len(self._levels[0])
        if blocks > known:
            fresh = np.empty((blocks - known, 2), dtype=np.int16)
            per_chunk = CHUNK // BLOCK
            for first in range(known, blocks, per_chunk):
                last = min(blocks, first + per_chunk)
                part = self._source.read(first * BLOCK, last * BLOCK).reshape(-1, BLOCK)
                if part.dtype == np.int16:
                    np.minimum.reduce(part, axis=1, out=fresh[first - known : last - known, 0])
                    np.maximum.reduce(part, axis=1, out=fresh[first - known : last - known, 1])
                else:
                    fresh[first - known : last - known] = int16_bounds(np.stack([part.min(1), part.max(1)], axis=1))
            self._levels[0] = np.concatenate([self._levels[0], fresh]) if known else fresh
            self._whole = blocks * BLOCK
            self._raise()
        return self._size > before

    def outline(self, start: float, stop: float, columns: int) -> NDArray[np.int16]:
        """Least and greatest sample of each column of a stretch.

        Parameters
        ----------
        start, stop : float
            The stretch, in samples, fractions allowed; it may reach beyond the samples on both sides.
        columns : int
            How many columns it is divided into, all of one width.

        Returns
        -------
        ndarray of int16, shape (columns, 2)
            Minimum and maximum; :data:`NOTHING` where a column holds no sample.

        Raises
        ------
        AudioError
            `columns` is not positive, or `stop` lies before `start`.
        """
        if columns < 1:
            raise AudioError(f"An outline has at least one column, not {columns}.")
        if not stop >= start:
            raise AudioError(f"An outline runs forward: stop ({stop}) lies before start ({start}).")
        found = np.empty((columns, 2), dtype=np.int16)
        found[:] = NOTHING
        edges = start + (stop - start) * (np.arange(columns + 1) / columns)
        # Where columns are narrower than samples, each shows the sample that it lies in.
        first = np.floor(edges[:-1] + 1e-6).astype(np.int64)
        last = np.maximum(np.ceil(edges[1:] - 1e-6).astype(np.int64), first + 1)
        inside = (first < self._size) & (last > 0)
        if not inside.any():
            return found
        first, last = first[inside].clip(0), last[inside].clip(None, self._size)
        level = self._level((stop - start) / columns)
        found[inside] = self._exact(first, last) if level is None else self._coarse(level, first, last)
        return found

    def _level(self, width: float) -> int | None:
        """The coarsest level with blocks that are fine enough for columns of so many samples; None: the samples."""
        if width < EXACT * BLOCK:
            return None
        depth = 0
        while depth + 1 < len(self._levels) and EXACT * BLOCK * FACTOR ** (depth + 1) <= width:
            depth += 1
        return depth

    def _exact(self, first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int16]:
        offset = int(first[0])
        samples = self._source.read(offset, int(last.max()))
        return int16_bounds(_bounds(samples, samples, first - offset, last - offset))

    def _coarse(self, level: int, first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int16]:
        blocks, size = self._levels[level], BLOCK * FACTOR**level
        # Outwards to whole blocks; samples behind the last whole block are looked at themselves.
        low = np.minimum(first // size, len(blocks))
        high = np.minimum(-(-last // size), len(blocks))
        found = np.empty((len(first), 2), dtype=np.int16)
        found[:] = NOTHING
        some = high > low
        if some.any():
            found[some] = _bounds(blocks[:, 0], blocks[:, 1], low[some], high[some])
        behind = last > len(blocks) * size
        if behind.any():
            rest = self._exact(first[behind].clip(len(blocks) * size), last[behind])
            found[behind, 0] = np.minimum(found[behind, 0], rest[:, 0])
            found[behind, 1] = np.maximum(found[behind, 1], rest[:, 1])
        return found

    def _raise(self) -> None:
        """Make or lengthen the levels above the lowest."""
        depth = 0
        while len(self._levels[depth]) >= 2 * FACTOR:
            below = self._levels[depth]
            if depth + 1 == len(self._levels):
                self._levels.append(np.zeros((0, 2), dtype=np.int16))
            known, blocks = len(self._levels[depth + 1]), len(below) // FACTOR
            if blocks > known:
                part = below[known * FACTOR : blocks * FACTOR].reshape(-1, FACTOR, 2)
                fresh = np.stack([part[:, :, 0].min(axis=1), part[:, :, 1].max(axis=1)], axis=1)
                self._levels[depth + 1] = np.concatenate([self._levels[depth + 1], fresh])
            depth += 1


def _bounds(lows: NDArray[Any], highs: NDArray[Any], first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[Any]:
    """Least of `lows` and greatest of `highs` from each `first` to before each `last`, none of them empty."""
    # reduceat takes every second of these stretches; the others are what lies between columns, and where columns
    # overlap by a block they run backwards, which gives a single element.
    stretches = np.minimum(np.stack([first, last], axis=1).ravel(), len(lows) - 1)
    least, most = np.minimum.reduceat(lows, stretches)[::2], np.maximum.reduceat(highs, stretches)[::2]
    # An index must be below the size: a stretch to the end was ended one element before.
    to_end = last >= len(lows)
    least[to_end] = np.minimum(least[to_end], lows[-1])
    most[to_end] = np.maximum(most[to_end], highs[-1])
    return np.stack([least, most], axis=1)
