"""From what was counted to the columns of the table, for all recordings or some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.scores.matching import on_grid
from rtnb.vad.scores.score import COLUMNS
from rtnb.vad.sweeps.grid import PARAMETERS, Grid
from rtnb.vad.sweeps.percentiles import row_medians, row_percentiles
from rtnb.vad.sweeps.tally import COUNTS, Tally
from rtnb.vad.tuning import DetectorTuning

__all__ = ["RATES", "clipped", "latencies_ms", "measures", "value_of"]

_CELLS_AT_ONCE = 2_000_000
"""Turns times settings in one step: it bounds the memory to some 100 MB. Own choice."""

_APART_MS = 2.0**23
_ROWS_AT_ONCE = 2**20
"""Together with the ten bits behind the point they are the 53 bits of a float."""


def measures(
    found: Tally, grid: Grid, *, scoring: Scoring, tuning: DetectorTuning, chosen: NDArray[np.int64] | None = None
) -> dict[str, NDArray[Any]]:
    """Every column, one value a setting, in the order of the grid.

    Parameters
    ----------
    found : Tally
    grid : Grid
    scoring : Scoring
    tuning : DetectorTuning
    chosen : ndarray of int64, optional
        Only these recordings.
    """
    turns = slice(None) if chosen is None else found.sheet.within(chosen)
    sums = (found.counts if chosen is None else found.counts[:, :, chosen]).sum(axis=2)
    count = dict(zip(COUNTS, sums, strict=True))
    labelled = len(found.sheet) if chosen is None else turns.size  # type: ignore[union-attr]
    p50, p90 = _latencies(found, turns)
    prefixes = len(grid.prefix_padding_ms)
    columns: dict[str, NDArray[Any]] = {name: grid.column(name) for name in PARAMETERS}
    columns["turns"] = np.full(len(grid), labelled)
    missed_not = labelled - count["missed"]
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = {"fragments": count["fragments"] / missed_not, "cut_off_rate": count["cut_offs"] / np.int64(labelled)}
    rates["fragments"][missed_not == 0] = np.nan
    clip, clip_ms, only = clipped(found, grid, scoring=scoring, tuning=tuning, turns=turns)
    every = {**count, **rates, "latency_p50_ms": p50, "latency_p90_ms": p90}
    columns |= {name: np.repeat(column, prefixes) for name, column in every.items()}
    columns["clipped"], columns["clipped_ms"] = clip.ravel(), clip_ms.ravel()
    # A turn counts once: one that is clipped only where nothing else is wrong with it.
    columns["errors"] = ((count["false_starts"] + count["wrong"])[:, np.newaxis] + only).ravel()
    return {
        name: columns[name].astype(np.int64) if columns[name].dtype.kind in "iu" else columns[name]
        for name in (*PARAMETERS, *COLUMNS)
    }


def latencies_ms(found: Tally, rows: Any, turns: Any = slice(None)) -> NDArray[np.float64]:
    """End-of-turn latencies, shape (rows, turns); infinite where there is none."""
    stop = found.stop[rows][..., turns]
    heard = on_grid(stop * found.sheet.hop_ms[turns])
    delays: NDArray[np.float64] = np.where(stop >= 0, heard - found.sheet.end_ms[turns], np.inf)
    return delays


def _latencies(found: Tally, turns: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    p50, p90 = np.empty(len(found.stop)), np.empty(len(found.stop))
    for rows in _steps(found):
        delays = latencies_ms(found, rows, turns)
        counts = np.count_nonzero(np.isfinite(delays), axis=1)
        delays.sort(axis=1)
        p50[rows] = row_medians(delays, counts)
        p90[rows] = row_percentiles(delays, counts, 90)
    return p50, p90


def clipped(
    found: Tally, grid: Grid, *, scoring: Scoring, tuning: DetectorTuning, turns: Any = slice(None)
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """How many onsets are clipped, by what in the middle, and how many turns have no other mistake, (Q, P) each."""
    shape = (len(found.first), len(grid.prefix_padding_ms))
    count, middle, only = np.zeros(shape, dtype=np.int64), np.full(shape, np.nan), np.zeros(shape, dtype=np.int64)
    collar_ms = float(on_grid(1000 * scoring.collar_s))
    every_ms = found.sheet.start_ms[turns]
    for rows in _steps(found):
        first = found.first[rows][:, turns]
        taken_ms, else_wrong = found.taken_ms[rows][:, turns], found.wrong[rows][:, turns]
        onset_ms = np.maximum(0.0, first * found.sheet.hop_ms[turns] + tuning.onset_shift_ms)
        # What a longer padding clips, a shorter one clips as well: each looks only at what the one before it has left.
        there = first >= 0
        row, column = np.nonzero(there)
        onset_ms, taken_ms = onset_ms[row, column], np.maximum(taken_ms[row, column], 0)
        start_ms, right = every_ms[column], ~else_wrong[there]
        for prefix_ms, place in sorted((each, at) for at, each in enumerate(grid.prefix_padding_ms)):
            lost_ms = np.maximum(np.rint(onset_ms - prefix_ms), taken_ms) - start_ms
            kept = np.flatnonzero(lost_ms > collar_ms)
            row, onset_ms, taken_ms, start_ms = row[kept], onset_ms[kept], taken_ms[kept], start_ms[kept]
            right = right[kept]
            count[rows, place], middle[rows, place] = _medians(row, lost_ms[kept], len(first))
            only[rows, place] = np.bincount(row[right], minlength=len(first))
    return count, middle, only


def _medians(row: NDArray[np.int64], values: NDArray[np.float64], rows: int) -> tuple[NDArray[np.int64], Any]:
    """How many values each row has, and their median; the rows are in order."""
    counts = np.bincount(row, minlength=rows)
    begins = np.cumsum(counts) - counts
    some = np.flatnonzero(counts)
    below, above = (begins + (counts - 1) // 2)[some], (begins + counts // 2)[some]
    if values.size and values.max() < _APART_MS:
        # Sorting numbers is much faster than sorting places. The sums are exact: values are multiples of 2^-10 ms.
        ordered = np.sort(values + row * _APART_MS)
        low, high = ordered[below] - some * _APART_MS, ordered[above] - some * _APART_MS
    else:
        ordered = values[np.lexsort((values, row))]
        low, high = ordered[below], ordered[above]
    middle = np.full(rows, np.nan)
    middle[some] = np.where(counts[some] % 2 == 1, high, (low + high) / 2)
    return counts, middle


def _steps(found: Tally) -> list[slice]:
    step = max(1, min(_CELLS_AT_ONCE // max(1, len(found.sheet)), _ROWS_AT_ONCE))
    return [slice(begin, begin + step) for begin in range(0, len(found.stop), step)]


def value_of(columns: Mapping[str, NDArray[Any]], name: str) -> NDArray[Any]:
    """A column, or a count for each labelled turn where ``_rate`` is put behind its name."""
    if name in columns:
        return columns[name]
    with np.errstate(invalid="ignore", divide="ignore"):
        rate: NDArray[Any] = columns[RATES[name]] / columns["turns"]
    return rate


RATES = {
    "false_start_rate": "false_starts",
    "missed_rate": "missed",
    "clipped_rate": "clipped",
    "merged_rate": "merged",
    "late_rate": "late",
    "error_rate": "errors",
}
"""Counts for each labelled turn, as objectives and constraints may name them."""
