"""Confidence intervals by drawing recordings, with replacement, again and again (the percentile bootstrap).

Turns of one recording share a speaker, a room and a microphone, so recordings are what is drawn, never turns (Efron and
Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 8 and 13). An interval says how much a number would move
with other recordings of the same kind; nothing about recordings of another kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rtnb._display import counted
from rtnb.errors import ConfigError

__all__ = ["FEW", "count_intervals", "draws", "intervals", "note", "percentile_intervals", "rate_intervals"]

_F = NDArray[np.float64]

FEW = 5
"""With fewer recordings than this, intervals are rough: of 4 there are only 35 different draws. Own choice."""

_RESAMPLES = 2000
_LEVEL = 0.95
_BLOCK = 500_000
"""Numbers that are looked at together: resamples come in blocks, so that memory does not grow with the corpus."""


def note(recordings: int) -> str:
    """What is to be said of intervals over so few recordings; empty where there are enough.

    Examples
    --------
    >>> note(1)
    'one recording: no intervals, which need several'
    >>> note(8)
    ''
    """
    if recordings == 0:
        return "no recordings: no intervals"
    if recordings == 1:
        return "one recording: no intervals, which need several"
    return f"{counted(recordings, 'recording')}: intervals are rough" if recordings < FEW else ""


def draws(recordings: int, *, resamples: int = _RESAMPLES, seed: int = 0) -> NDArray[np.int64]:
    """How often each recording is drawn in each resample, shape ``(resamples, recordings)``; rows sum to the latter.

    Raises
    ------
    ConfigError
        There is no recording, or no resample is wanted.

    Examples
    --------
    >>> draws(3, resamples=4).sum(axis=1).tolist()
    [3, 3, 3, 3]
    """
    if recordings < 1 or resamples < 1:
        raise ConfigError(f"The bootstrap needs recordings and resamples, not {recordings} and {resamples}.")
    return np.concatenate(list(_blocks(recordings, resamples, seed))).astype(np.int64)


def count_intervals(
    counts: ArrayLike, *, resamples: int = _RESAMPLES, seed: int = 0, level: float = _LEVEL
) -> tuple[_F, _F]:
    """Intervals of counts that are summed over recordings.

    Parameters
    ----------
    counts : array_like, shape (settings, recordings)
    resamples : int
    seed : int
        The same one draws the same recordings, for every setting alike: settings stay comparable.
    level : float
        Of confidence.

    Returns
    -------
    low, high : ndarray of float64, shape (settings,)
        NaN with fewer than two recordings.

    Examples
    --------
    >>> low, high = count_intervals([[2, 2, 2, 2]])
    >>> low.tolist(), high.tolist()
    ([8.0], [8.0])
    """
    table = _table(counts)
    if table.shape[1] < 2:
        return _nothing(table.shape[0])
    return _between(_over(lambda drawn: table @ drawn.T, table.shape[1], resamples, seed), level)


def rate_intervals(
    counts: ArrayLike, of: ArrayLike, *, resamples: int = _RESAMPLES, seed: int = 0, level: float = _LEVEL
) -> tuple[_F, _F]:
    """Intervals of rates: counts summed over recordings, divided by what they are counted of, summed likewise.

    Parameters
    ----------
    counts : array_like, shape (settings, recordings)
        Such as the cut-offs in each recording.
    of : array_like, shape (recordings,) or (settings, recordings)
        Such as its labelled turns. Draws in which there are none do not count.
    resamples, seed, level
        As of :func:`count_intervals`.

    Returns
    -------
    low, high : ndarray of float64, shape (settings,)
        NaN with fewer than two recordings.

    Examples
    --------
    >>> low, high = rate_intervals([[1, 0, 2, 0, 1]], [5, 5, 5, 5, 5])
    >>> bool(0 <= low[0] < 4 / 25 < high[0] <= 2 / 5)
    True
    """
    table = _table(counts)
    if table.shape[1] < 2:
        return _nothing(table.shape[0])
    whole = np.asarray(of, dtype=np.float64)
    return _between(_over(lambda drawn: _rates(table, whole, drawn), table.shape[1], resamples, seed), level)


def percentile_intervals(
    values: Sequence[ArrayLike],
    q: float = 50.0,
    *,
    resamples: int = _RESAMPLES,
    seed: int = 0,
    level: float = _LEVEL,
) -> tuple[float, float]:
    """The interval of a percentile of values that are pooled over recordings, such as end-of-turn latencies.

    Parameters
    ----------
    values : sequence of array_like
        One array a recording; NaN is no value.
    q : float
        The percentile, 0 to 100, interpolated as :func:`numpy.percentile` does.
    resamples, seed, level
        As of :func:`count_intervals`.

    Returns
    -------
    low, high : float
        NaN with fewer than two recordings, or without values.

    Examples
    --------
    >>> percentile_intervals([[400.0, 500.0], [400.0, 500.0]])
    (450.0, 450.0)
    """
    if len(values) < 2:
        return float("nan"), float("nan")
    pooled = _Pooled(values)
    ends = _between(_over(lambda drawn: pooled.percentiles([q], drawn), len(values), resamples, seed), level)
    return float(ends[0][0]), float(ends[1][0])


def intervals(
    counts: Mapping[str, ArrayLike],
    turns: ArrayLike,
    latencies_ms: Sequence[ArrayLike],
    *,
    resamples: int = _RESAMPLES,
    seed: int = 0,
    level: float = _LEVEL,
) -> dict[str, tuple[float, float]]:
    """Intervals of what a score counts, of its cut-off rate and its latencies; empty with fewer than two recordings.

    Parameters
    ----------
    counts : mapping of str to array_like, shape (recordings,)
        Such as ``{"missed": [0, 2], "cut_offs": [1, 0]}``. Of ``cut_offs`` comes ``cut_off_rate`` too.
    turns : array_like, shape (recordings,)
        Labelled turns of each.
    latencies_ms : sequence of array_like
        End-of-turn latencies of each.
    resamples, seed, level
        As of :func:`count_intervals`.

    Examples
    --------
    >>> found = intervals({"cut_offs": [1, 0, 2, 0, 1]}, [5, 5, 5, 5, 5], [[500.0], [600.0], [550.0], [], [700.0]])
    >>> sorted(found)
    ['cut_off_rate', 'cut_offs', 'latency_p50_ms', 'latency_p90_ms']
    """
    of = np.asarray(turns, dtype=np.float64)
    if of.size < 2:
        return {}
    names, table = list(counts), np.array([*counts.values()], dtype=np.float64).reshape(len(counts), of.size)
    rated = table[[names.index("cut_offs")]] if "cut_offs" in counts else table[:0]
    pooled = _Pooled(latencies_ms)

    def all_of(drawn: _F) -> _F:
        return np.concatenate([table @ drawn.T, _rates(rated, of, drawn), pooled.percentiles([50, 90], drawn)])

    lows, highs = _between(_over(all_of, of.size, resamples, seed), level)
    names += [*["cut_off_rate"] * len(rated), "latency_p50_ms", "latency_p90_ms"]
    ends = {name: (float(low), float(high)) for name, low, high in zip(names, lows, highs, strict=True)}
    return {name: pair for name, pair in ends.items() if not np.isnan(pair[0])}


def _blocks(recordings: int, resamples: int, seed: int) -> Iterator[_F]:
    """Of :func:`draws`, some rows at a time."""
    random = np.random.default_rng(seed)
    most = max(1, _BLOCK // recordings)
    for first in range(0, resamples, most):
        rows = min(most, resamples - first)
        places = random.integers(recordings, size=(rows, recordings)) + recordings * np.arange(rows)[:, None]
        times = np.bincount(places.ravel(), minlength=rows * recordings)
        yield times.reshape(rows, recordings).astype(np.float64)


def _over(statistics: Callable[[_F], _F], recordings: int, resamples: int, seed: int) -> _F:
    """What is made of each resample, shape ``(statistics, resamples)``, one block of them after another."""
    if resamples < 1:
        raise ConfigError(f"The bootstrap needs resamples, not {resamples}.")
    return np.concatenate([statistics(drawn) for drawn in _blocks(recordings, resamples, seed)], axis=1)


def _rates(table: _F, of: _F, drawn: _F) -> _F:
    sums = np.broadcast_to(of @ drawn.T, (len(table), len(drawn)))
    rates: _F = np.divide(table @ drawn.T, sums, out=np.full(sums.shape, np.nan), where=sums > 0)
    return rates


class _Pooled:
    """Values of all recordings, in order, in bins of so many neighbours that a percentile needs few of them.

    Drawing a recording twice doubles its values: the k-th smallest is the first whose running count exceeds k. The
    counts at the ends of the bins, a product of matrices, say which bin that is in; only there every value is counted.
    """

    def __init__(self, values: Sequence[ArrayLike]) -> None:
        arrays = [np.asarray(each, dtype=np.float64).ravel() for each in values]
        pooled = np.concatenate(arrays)
        owner = np.repeat(np.arange(len(arrays)), [each.size for each in arrays])
        kept = np.flatnonzero(~np.isnan(pooled))
        order = kept[np.argsort(pooled[kept], kind="stable")]
        self._values, self._owner = pooled[order], owner[order]
        # A step of a product costs some hundredth of one of counting, measured: about so many bins take the least time.
        bins = max(1, int(np.sqrt(100 * order.size / len(arrays))))
        self._width = max(1, -(-order.size // bins))
        bins = max(1, -(-order.size // self._width))
        within = self._owner * bins + np.arange(order.size) // self._width
        counts = np.bincount(within, minlength=len(arrays) * bins).reshape(len(arrays), bins)
        self._until = counts.cumsum(axis=1).astype(np.float64)

    def percentiles(self, wanted: Sequence[float], drawn: _F) -> _F:
        """Shape ``(wanted, resamples)``; NaN in resamples without values."""
        found = np.full((len(wanted), len(drawn)), np.nan)
        until = drawn @ self._until
        rows = np.flatnonzero(until[:, -1] > 0)
        last = until[rows, -1] - 1
        for line, q in enumerate(wanted):
            place = last * q / 100
            below = np.floor(place)
            low = self._at(below, rows, until, drawn)
            high = self._at(np.minimum(below + 1, last), rows, until, drawn)
            found[line, rows] = low + (high - low) * (place - below)
        return found

    def _at(self, rank: _F, rows: NDArray[np.int64], until: _F, drawn: _F) -> _F:
        """The value of each rank, from 0, in the resamples of those rows."""
        found = np.empty(rows.size)
        most = max(1, _BLOCK // self._width)
        for first in range(0, rows.size, most):
            some, ranks = rows[first : first + most], rank[first : first + most, None]
            bins = (until[some] <= ranks).sum(axis=1)
            before = np.where(bins > 0, until[some, bins - 1], 0.0)[:, None]
            places = np.minimum(bins[:, None] * self._width + np.arange(self._width), self._values.size - 1)
            running = before + np.cumsum(drawn[some[:, None], self._owner[places]], axis=1)
            found[first : first + most] = self._values[places[np.arange(some.size), np.argmax(running > ranks, axis=1)]]
        return found


def _table(counts: ArrayLike) -> _F:
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != 2:
        raise ConfigError(f"Counts have a row a setting and a column a recording, not {table.ndim} dimensions.")
    return table


def _nothing(settings: int) -> tuple[_F, _F]:
    return np.full(settings, np.nan), np.full(settings, np.nan)


def _between(drawn: _F, level: float) -> tuple[_F, _F]:
    """The middle `level` of what was drawn, shape ``(settings, resamples)``."""
    if not 0 < level < 1:
        raise ConfigError(f"level is {level!r}: it is a share between 0 and 1, such as 0.95.")
    tail = 50 * (1 - level)
    nowhere = np.asarray(np.isnan(drawn).all(axis=1))
    ends = np.nanpercentile(np.where(nowhere[:, None], 0.0, drawn), [tail, 100 - tail], axis=1)
    ends[:, nowhere] = np.nan
    return ends[0], ends[1]
