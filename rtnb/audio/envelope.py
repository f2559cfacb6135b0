"""The outline of a sound: the least and the greatest sample of every pixel column."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import AudioError

__all__ = ["envelope"]


def envelope(
    samples: NDArray[np.float32], columns: int, *, start: float = 0.0, stop: float | None = None
) -> NDArray[np.float32]:
    """Least and greatest sample per column of a picture.

    No sample between `start` and `stop` is left out, so a click of one sample stays visible at any zoom.

    Parameters
    ----------
    samples : ndarray of float32, shape (n,)
        What to outline.
    columns : int
        How many columns the stretch from `start` to `stop` is divided into, all of one width.
    start, stop : float
        The stretch, in samples, fractions allowed; it may reach beyond the samples on both sides, which
        puts several sounds on one time grid. `stop` is the end of the samples if not given.

    Returns
    -------
    ndarray of float32, shape (columns, 2)
        Minimum and maximum of each column; NaN where a column holds no sample.

    Raises
    ------
    AudioError
        `columns` is not positive, or `stop` lies before `start`.

    Examples
    --------
    >>> import numpy as np
    >>> envelope(np.array([0.0, 0.5, -0.25, 0.125], dtype=np.float32), 2).tolist()
    [[0.0, 0.5], [-0.25, 0.125]]
    """
    end = float(samples.size) if stop is None else float(stop)
    if columns < 1:
        raise AudioError(f"An envelope has at least one column, not {columns}.")
    if end < start:
        raise AudioError(f"An envelope runs forward: stop ({end}) lies before start ({start}).")
    bounds = np.full((columns, 2), np.nan, dtype=np.float32)
    if not samples.size:
        return bounds
    edges = np.floor(np.linspace(start, end, columns + 1)).astype(np.int64)
    # Where columns are narrower than samples, each shows the sample that it lies in.
    first, last = edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)
    inside = (first < samples.size) & (last > 0)
    if not inside.any():
        return bounds
    first, last = first[inside].clip(0), last[inside].clip(None, samples.size)
    # reduceat takes every second of these stretches; the others are what lies between columns.
    stretches = np.stack([first, last], axis=1).ravel()
    if stretches[-1] == samples.size:
        stretches = stretches[:-1]  # an index must be below the size; left out, it means the end
    stretches = np.minimum(stretches, samples.size - 1)
    bounds[inside, 0] = np.minimum.reduceat(samples, stretches)[::2]
    bounds[inside, 1] = np.maximum.reduceat(samples, stretches)[::2]
    return bounds
