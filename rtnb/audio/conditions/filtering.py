"""Long clips through long filters."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["convolved"]


def convolved(samples: ArrayLike, response: ArrayLike) -> NDArray[np.float64]:
    """The full linear convolution, shape ``(n + m - 1,)``, by overlap-add of spectra; either empty gives an empty one.

    Oppenheim and Schafer, Discrete-Time Signal Processing (3rd edition), section 8.7.3.

    Examples
    --------
    >>> convolved([1.0, 2.0, 3.0], [1.0, 0.5]).round(6).tolist()
    [1.0, 2.5, 4.0, 1.5]
    """
    x, h = np.asarray(samples, dtype=np.float64), np.asarray(response, dtype=np.float64)
    if not x.size or not h.size:
        return np.zeros(0)
    size = 1 << max(10, int(np.ceil(np.log2(4 * h.size))))
    step = size - h.size + 1
    spectrum = np.fft.rfft(h, size)
    found = np.zeros(x.size + h.size - 1 + size)
    for start in range(0, x.size, step):
        found[start : start + size] += np.fft.irfft(np.fft.rfft(x[start : start + step], size) * spectrum, size)
    return found[: x.size + h.size - 1]
