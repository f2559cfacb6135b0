"""Confidence intervals by drawing recordings, with replacement, again and again (the percentile bootstrap).

Turns of one recording share a speaker, a room and a microphone, so recordings are what is drawn, never turns (Efron and
Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 8 and 13). An interval says how much a number would move
with other recordings of the same kind; nothing about recordings of another kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    even = np.full(recordings, 1 / recordings)
    return np.random.default_rng(seed).multinomial(recordings, even, size=resamples).astype(np.int64)


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
    return _between(table @ draws(table.shape[1], resamples=resamples, seed=seed).T, level)


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
    whole = np.broadcast_to(np.asarray(of, dtype=np.float64), table.shape)
    if table.shape[1] < 2:
        return _nothing(table.shape[0])
    drawn = draws(table.shape[1], resamples=resamples, seed=seed).T
    sums = whole @ drawn
    rates = np.divide(table @ drawn, sums, out=np.full(sums.shape, np.nan), where=sums > 0)
    return _between(rates, level)


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
    arrays = [np.asarray(each, dtype=np.float64).ravel() for each in values]
    if len(arrays) < 2:
        return float("nan"), float("nan")
    pooled = np.concatenate(arrays)
    owner = np.repeat(np.arange(len(arrays)), [each.size for each in arrays])
    kept = ~np.isnan(pooled)
    pooled, owner = pooled[kept], owner[kept]
    if not pooled.size:
        return float("nan"), float("nan")
    order = np.argsort(pooled, kind="stable")
    pooled, owner = pooled[order], owner[order]
    drawn = draws(len(arrays), resamples=resamples, seed=seed)
    # Drawing a recording twice doubles its values: the k-th smallest is the first whose running count exceeds k.
    running = np.cumsum(drawn[:, owner], axis=1)
    total = running[:, -1]
    running, total = running[total > 0], total[total > 0]
    if not total.size:
        return float("nan"), float("nan")
    place = (total - 1) * q / 100
    below = np.floor(place)
    low = pooled[np.argmax(running > below[:, None], axis=1)]
    high = pooled[np.argmax(running > np.minimum(below + 1, total - 1)[:, None], axis=1)]
    ends = _between((low + (high - low) * (place - below))[None, :], level)
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
    found: dict[str, tuple[float, float]] = {}
    if counts:
        low, high = count_intervals(np.array(list(counts.values())), resamples=resamples, seed=seed, level=level)
        found = {name: (float(a), float(b)) for name, a, b in zip(counts, low, high, strict=True)}
    if "cut_offs" in counts:
        low, high = rate_intervals(np.array([counts["cut_offs"]]), of, resamples=resamples, seed=seed, level=level)
        found["cut_off_rate"] = (float(low[0]), float(high[0]))
    for q in (50, 90):
        ends = percentile_intervals(latencies_ms, q, resamples=resamples, seed=seed, level=level)
        if not np.isnan(ends[0]):
            found[f"latency_p{q}_ms"] = ends
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
