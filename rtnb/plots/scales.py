"""From values to pixels: scales, round ticks for money, counts and dates, and places that keep a distance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rtnb.plots.layout import text_width

__all__ = ["Scale", "count_ticks", "date_ticks", "log_ticks", "spread", "usd_ticks"]


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight or logarithmic map of values to pixels.

    Parameters
    ----------
    low, high : float
        The values at the ends.
    start, end : float
        Their pixels.
    log : bool
        Whether equal ratios, rather than equal differences, get equal room. Values must then be positive.

    Examples
    --------
    >>> Scale(0, 10, 100, 200)(5)
    150.0
    >>> round(Scale(1, 100, 0, 200, log=True)(10))
    100
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        low, high = self._at(self.low), self._at(self.high)
        return self.start + (self._at(value) - low) / (high - low) * (self.end - self.start)

    def _at(self, value: float) -> float:
        return math.log10(value) if self.log else value


def _step(high: float, most: int) -> float:
    """The least of 1, 2 and 5 times a power of ten that makes no more than `most` steps up to `high`."""
    rough = high / most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * times for times in (1, 2, 5, 10) if power * times >= rough * (1 - 1e-9))


def usd_ticks(high: float, *, most: int = 4) -> list[tuple[float, str]]:
    """Round amounts from 0 up to `high` USD, with their labels.

    Examples
    --------
    >>> usd_ticks(0.92)
    [(0.0, '$0'), (0.5, '$0.50')]
    >>> [label for _, label in usd_ticks(0.0031)]
    ['$0', '$0.001', '$0.002', '$0.003']
    """
    if high <= 0:
        return [(0.0, "$0")]
    step = _step(high, most)
    digits = 0 if step >= 1 else max(2, -math.floor(math.log10(step) + 1e-9))
    ticks = range(math.floor(high / step + 1e-9) + 1)
    if step >= 1_000:
        return [(k * step, "$0" if k == 0 else f"${k * step / 1000:,.0f}k") for k in ticks]
    return [(k * step, "$0" if k == 0 else f"${k * step:,.{digits}f}") for k in ticks]


def count_ticks(high: float, *, most: int = 3) -> list[tuple[float, str]]:
    """Round counts from 0 up to `high`, with their labels.

    Examples
    --------
    >>> count_ticks(28224)
    [(0.0, '0'), (10000.0, '10,000'), (20000.0, '20,000')]
    """
    if high <= 0:
        return [(0.0, "0")]
    step = max(1.0, _step(high, most))
    return [(k * step, f"{k * step:,.0f}") for k in range(math.floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Powers of ten in USD between two prices, with their labels.

    Examples
    --------
    >>> log_ticks(0.3, 200)
    [(1.0, '$1'), (10.0, '$10'), (100.0, '$100')]
    """
    powers = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
    return [(10.0**power, f"${10.0**power:,.{max(0, 2 if power < 0 else 0, -power)}f}") for power in powers]


def date_ticks(first: date, last: date, width: float, *, size: float) -> list[tuple[date, str]]:
    """First days of months or years between two days, as dense as `width` pixels allow.

    Examples
    --------
    >>> [label for _, label in date_ticks(date(2024, 10, 1), date(2026, 11, 21), 800, size=12)][:4]
    ['2024-10', '2025', '2025-04', '2025-07']
    """
    days = max((last - first).days, 1)
    for months in (1, 3, 6, 12, 24, 60, 120):
        room = months * 30.4 / days * width
        if room < text_width("2024-10", size) + 16:
            continue
        found = []
        for k in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
            day = date(k // 12, k % 12 + 1, 1)
            if k % months == 0 and first <= day <= last:
                found.append((day, str(day.year) if day.month == 1 else f"{day:%Y-%m}"))
        return found
    return []


def spread(wanted: Sequence[float], gap: float, low: float = -math.inf, high: float = math.inf) -> list[float]:
    """Places at least `gap` apart, in the order of `wanted` and as near to it as that allows, in its sequence.

    Least squares under the order: the pool-adjacent-violators algorithm. Where `low` to `high` has no room for
    all, they are closer than `gap` but still even.

    Examples
    --------
    >>> spread([10, 12, 50], 10)
    [6.0, 16.0, 50.0]
    >>> spread([0, 0], 10, low=0.0)
    [0.0, 10.0]
    """
    count = len(wanted)
    if count > 1 and math.isfinite(low) and math.isfinite(high):
        gap = min(gap, (high - low) / (count - 1))
    order = sorted(range(count), key=lambda i: wanted[i])
    pools: list[tuple[float, int]] = []
    for rank, i in enumerate(order):
        total, size = float(wanted[i]) - rank * gap, 1
        while pools and pools[-1][0] / pools[-1][1] > total / size:
            before = pools.pop()
            total, size = total + before[0], size + before[1]
        pools.append((total, size))
    flat = [total / size for total, size in pools for _ in range(size)]
    found = [0.0] * count
    for rank, i in enumerate(order):
        found[i] = min(max(flat[rank], float(low)), high - (count - 1) * gap) + rank * gap
    return found
