"""The simplest number of an interval."""

from __future__ import annotations

import math

__all__ = ["simplest"]


def simplest(low: float, high: float, *, liked: float | None = None) -> float:
    """`liked` if it lies in the interval, or else the number with the fewest digits; the one next to the middle.

    Somebody who set a constant wrote it down, and had no reason to write more digits than needed.

    Examples
    --------
    >>> simplest(0.6153, 0.6281), simplest(0.31, 0.47, liked=0.35), simplest(96, 127.9)
    (0.62, 0.35, 100.0)
    """
    if liked is not None and low <= liked <= high:
        return liked
    if low <= 0 <= high:
        return 0.0
    middle = (low + high) / 2
    for digits in range(-4, 9):
        step = 10.0**-digits
        near = round(middle / step)
        for value in (round(each * step, max(digits, 0)) for each in (near, near - 1, near + 1)):
            if low <= value <= high and not math.isclose(value, 0):
                return value
    return middle
