"""Percentiles of many rows at once, equal to the last bit to those of one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["row_medians", "row_percentiles"]

_Floats = NDArray[np.float64]


def row_percentiles(ordered: _Floats, counts: NDArray[np.int64], percent: float) -> _Floats:
    """What ``np.percentile(row, percent)`` says of the first so many values of each row; NaN where there are none.

    Parameters
    ----------
    ordered : ndarray of float64, shape (n, m)
        Sorted along the rows; what is not to count stands behind.
    counts : ndarray of int64, shape (n,)
        How many values of each row count.
    percent : float
        From 0 to 100.

    Notes
    -----
    The linear interpolation of ``numpy.percentile`` (its default method), which turns round in the middle so that it
    is exact at both ends; numpy's own ``nanpercentile`` goes through the rows one by one.
    """
    if not ordered.shape[1]:
        return np.full(len(ordered), np.nan)
    place = (counts - 1) * np.true_divide(percent, 100.0)
    low = np.floor(np.maximum(place, 0)).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(counts - 1, 0))
    rows = np.arange(len(ordered))
    below, above = (np.where(counts > 0, ordered[rows, at], 0.0) for at in (low, high))
    part = place - low
    step = above - below
    found = np.where(part >= 0.5, above - step * (1 - part), below + step * part)
    return np.where(counts > 0, found, np.nan)


def row_medians(ordered: _Floats, counts: NDArray[np.int64]) -> _Floats:
    """What ``np.median(row)`` says of the first so many values of each row; NaN where there are none."""
    if not ordered.shape[1]:
        return np.full(len(ordered), np.nan)
    rows = np.arange(len(ordered))
    high = ordered[rows, np.minimum(counts // 2, ordered.shape[1] - 1)]
    low = ordered[rows, np.maximum(counts - 1, 0) // 2]
    with np.errstate(invalid="ignore"):
        middle = np.where(counts % 2 == 1, high, (low + high) / 2)
    return np.where(counts > 0, middle, np.nan)
