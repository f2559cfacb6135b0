"""Samples that are read a stretch at a time, wherever they lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rtnb.audio.clip import Clip
from rtnb.audio.pcm import checked_rate, int16_of_float
from rtnb.audio.pyramid import Samples
from rtnb.errors import AudioError

__all__ = ["ArraySource", "int16_of"]


def int16_of(samples: Samples) -> NDArray[np.int16]:
    """Samples as int16, rounded and clipped."""
    if samples.dtype == np.int16:
        return samples.astype(np.int16, copy=False)
    return int16_of_float(samples.astype(np.float32, copy=False))


class ArraySource:
    """Samples in memory, which are not copied.

    Parameters
    ----------
    samples : ndarray of int16, or of float32 in -1..1, shape (n,)
    rate_hz : int

    Raises
    ------
    AudioError
        Another shape or type, or no rate.

    Examples
    --------
    >>> source = ArraySource.of(Clip.silence(0.5))
    >>> len(source), source.read(10, 14).tolist()
    (12000, [0.0, 0.0, 0.0, 0.0])
    """

    __slots__ = ("_samples", "rate_hz")

    def __init__(self, samples: Samples, rate_hz: int) -> None:
        if samples.ndim != 1 or samples.dtype not in (np.int16, np.float32):
            raise AudioError(f"A source holds int16 or float32 of shape (n,), not {samples.dtype} of {samples.shape}.")
        self._samples = samples
        self.rate_hz = checked_rate(rate_hz)

    @classmethod
    def of(cls, clip: Clip) -> ArraySource:
        """The samples of a clip."""
        return cls(clip.samples, clip.rate_hz)

    def __len__(self) -> int:
        return len(self._samples)

    def read(self, start: int, stop: int) -> Samples:
        """Those from `start` to before `stop`."""
        return self._samples[start:stop]
