"""What frequencies a sound has over time, in decibels below full scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.pyramid import SampleSource
from rtnb.errors import AudioError

__all__ = ["FLOOR_DB", "WINDOW_S", "Spectrogram", "spectrogram"]

WINDOW_S: Final = 0.025
"""25 ms, the usual frame of speech analysis: long enough to tell harmonics of a voice of 80 Hz apart, short enough for
its syllables. Source: Young et al., The HTK Book (3.4), section 5.4."""

FLOOR_DB: Final = -96.0
"""Below this nothing is told apart: the step of 16-bit samples is 96.3 dB under full scale (20 log10 of 2**16)."""

FRAMES: Final = 6
"""Windows of a column at most, spread over it evenly; their mean power is shown."""


@dataclass(frozen=True, slots=True)
class Spectrogram:
    """Levels by frequency and time.

    Parameters
    ----------
    db : ndarray of float32, shape (rows, columns)
        dBFS, row 0 the lowest frequency; a sine of full scale is 0 dB, and nothing is below :data:`FLOOR_DB`.
        NaN where there is no sample.
    top_hz : float
        The upper edge of the last row: half of the sample rate. Rows are equally wide.
    window_s : float
        Length of the Hann window.
    """

    db: NDArray[np.float32]
    top_hz: float
    window_s: float

    def bytes(self, *, low_db: float = -90.0, high_db: float = -10.0) -> bytes:
        """One byte a cell, row by row: 1 at or below `low_db`, 255 at or above `high_db`, 0 where there is no sample.

        Examples
        --------
        >>> Spectrogram(np.array([[-96.0, -10.0, np.nan]], dtype=np.float32), 12000.0, 0.025).bytes().hex()
        '01ff00'
        """
        share = (self.db - low_db) / (high_db - low_db)
        with np.errstate(invalid="ignore"):
            cells = 1 + np.rint(share.clip(0, 1) * 254)
        return bytes(np.nan_to_num(cells, nan=0.0).astype(np.uint8).tobytes())


def spectrogram(
    source: SampleSource,
    rate_hz: int,
    *,
    start: float = 0.0,
    stop: float | None = None,
    columns: int = 600,
    rows: int = 96,
    window_s: float = WINDOW_S,
) -> Spectrogram:
    """The short-time spectrum of a stretch of a sound.

    A Hann window of `window_s` seconds, the discrete Fourier transform, and its power scaled so that a sine of full
    scale reads 0 dB: the amplitude of a bin is 2 |X| / sum(w). Where a column is wider than a window, up to
    6 windows are spread over it and their mean power shown; where a row has several bins, the largest of them.
    Source: Harris, On the use of windows for harmonic analysis with the discrete Fourier transform, Proc. IEEE 66
    (1978), section IV.

    Parameters
    ----------
    source : SampleSource
    rate_hz : int
        Samples a second.
    start, stop : float
        The stretch, in samples; it may reach beyond the samples. `stop` is their end if not given.
    columns, rows : int
        Size of the picture.
    window_s : float
        Length of the window, in seconds.

    Returns
    -------
    Spectrogram

    Raises
    ------
    AudioError
        No columns or rows, or a stretch that runs backwards.

    Examples
    --------
    >>> from rtnb.audio.sources import ArraySource
    >>> tone = np.sin(2 * np.pi * 3000 * np.arange(24000) / 24000).astype(np.float32)
    >>> found = spectrogram(ArraySource(tone, 24000), 24000, columns=3, rows=12)
    >>> int(found.db[:, 1].argmax()), abs(round(float(found.db[:, 1].max()), 1))
    (3, 0.0)
    """
    size = len(source)
    end = float(size) if stop is None else float(stop)
    if columns < 1 or rows < 1:
        raise AudioError(f"A spectrogram has at least one column and one row, not {columns} and {rows}.")
    if not end >= start:
        raise AudioError(f"A spectrogram runs forward: stop ({end}) lies before start ({start}).")
    length = max(8, round(window_s * rate_hz))
    # At least as many bins as rows, by zeros behind the window.
    points = 1 << (max(length, 2 * rows) - 1).bit_length()
    window = np.hanning(length + 1)[:-1].astype(np.float32)
    width = (end - start) / columns
    per_column = int(min(FRAMES, max(1, width // length)))
    offsets = (np.arange(per_column) + 0.5) / per_column
    middles = (start + width * (np.arange(columns)[:, None] + offsets[None, :])).ravel()
    first = np.floor(middles - length / 2).astype(np.int64)
    inside = (middles >= 0) & (middles < size)
    power = np.full((len(middles), points // 2 + 1), np.nan, dtype=np.float32)
    wanted = np.flatnonzero(inside)
    for at in range(0, len(wanted), 512):
        part = wanted[at : at + 512]
        frames = _frames(source, first[part], length, size) * window
        spectrum = np.fft.rfft(frames, points, axis=1)
        power[part] = (2 * np.abs(spectrum) / window.sum()).astype(np.float32) ** 2
    with np.errstate(invalid="ignore"):
        shown = _mean(power.reshape(columns, per_column, -1))
        # A bin belongs to the row that its frequency lies in; every row has at least one.
        edges = np.minimum(np.arange(rows) * (points // 2) // rows, points // 2)
        by_row = np.maximum.reduceat(shown, edges, axis=1)
        db = 10 * np.log10(np.maximum(by_row, 10 ** (FLOOR_DB / 10)))
    return Spectrogram(np.ascontiguousarray(db.T, dtype=np.float32), rate_hz / 2, length / rate_hz)


def _mean(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Over the windows of a column, those without samples left out."""
    count = np.isfinite(power).sum(axis=1)
    total: NDArray[np.float32] = np.nansum(power, axis=1)
    mean: NDArray[np.float32] = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return mean


def _frames(source: SampleSource, first: NDArray[np.int64], length: int, size: int) -> NDArray[np.float32]:
    """Windows that begin at `first`, with zeros where there are no samples, shape ``(len(first), length)``."""
    low, high = max(0, int(first.min())), min(size, int(first.max()) + length)
    if high - low <= 8 * len(first) * length:
        before = max(0, -int(first.min()))
        padded = np.zeros(int(first.max()) + length - int(first.min()), dtype=np.float32)
        padded[before : before + high - low] = _floats(source, low, high)
        windows: NDArray[np.float32] = padded[(first - int(first.min()))[:, None] + np.arange(length)[None, :]]
        return windows
    made = np.zeros((len(first), length), dtype=np.float32)
    for row, begin in enumerate(first.tolist()):
        low, high = max(0, begin), min(size, begin + length)
        made[row, low - begin : high - begin] = _floats(source, low, high)
    return made


def _floats(source: SampleSource, start: int, stop: int) -> NDArray[np.float32]:
    samples = source.read(start, stop)
    scale = np.float32(32768) if samples.dtype == np.int16 else np.float32(1)
    floats: NDArray[np.float32] = np.nan_to_num(samples.astype(np.float32) / scale)
    return floats
