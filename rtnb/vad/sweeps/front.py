"""Which settings stay within constraints, and which of them no other beats."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import ConfigError
from rtnb.vad.scores.losing import MAX_LOST, checked_share, keeps
from rtnb.vad.sweeps.grid import PARAMETERS
from rtnb.vad.sweeps.measures import RATES, value_of

__all__ = ["checked", "finds", "holds", "least", "left_out", "objective_of", "pareto", "within"]

Columns = Mapping[str, NDArray[Any]]

_NEITHER = ("turns", "detected", "fragments", "clipped_ms")
_LATENCIES = ("latency_p50_ms", "latency_p90_ms")


def checked(columns: Columns, constraints: object) -> dict[str, float]:
    """Constraints that can be held against the columns.

    Raises
    ------
    ConfigError
        No column has that name, or the most it may have is no number.
    """
    if not isinstance(constraints, Mapping):
        raise ConfigError(
            f'constraints is a mapping such as {{"cut_off_rate": 0.05, "merged": 0}}, not {constraints!r:.80}.'
        )
    for name, most in constraints.items():
        _known(columns, name, "be constrained")
        number = isinstance(most, numbers.Real) and not isinstance(most, bool)
        if not number or not math.isfinite(most) or most < 0:
            raise ConfigError(
                f"The constraint {name}: {most!r:.80} cannot be: it is the most that it may be, 0 or more."
            )
    return {name: float(most) for name, most in constraints.items()}


def objective_of(columns: Columns, name: object) -> NDArray[np.float64]:
    """The values of an objective, one a setting.

    Raises
    ------
    ConfigError
        No column has that name, or less of it is not better.
    """
    _known(columns, name, "be an objective")
    if name in _NEITHER:
        raise ConfigError(f"{name} is no objective: less of it need not be better. Take errors, a latency or a rate.")
    return value_of(columns, str(name)).astype(np.float64)


def within(columns: Columns, constraints: Mapping[str, float]) -> NDArray[np.bool_]:
    """Which settings stay within every constraint; what has no latency is within none on latency."""
    size = columns["turns"].size
    kept = np.ones(size, dtype=np.bool_)
    for name, most in constraints.items():
        kept &= holds(name, value_of(columns, name), most)
    return kept


def holds(name: str, values: NDArray[Any] | float, most: float) -> NDArray[np.bool_]:
    """Whether values of a column are within a constraint; what has no latency is not."""
    known = np.asarray(values, dtype=np.float64)
    if name == "clipped_ms":
        # Where no onset is clipped, nothing is missing.
        known = np.nan_to_num(known, nan=0.0)
    # A rate of 0.05 of 20 turns is 1, whatever the division says of it.
    kept: NDArray[np.bool_] = known <= most * (1 + 1e-12)
    return kept


def finds(columns: Columns) -> NDArray[np.bool_]:
    """Which settings find a labelled turn at all: who finds none makes no mistake but that."""
    found: NDArray[np.bool_] = columns["missed"] < columns["turns"]
    return found


def least(columns: Columns, objective: str, kept: NDArray[np.bool_] | None = None) -> int:
    """The setting with the least objective.

    Of equals the one with the fewest errors; then with the fewest missed, the fewest merged, the least latency. The
    settings must not all be excluded, and one of them must have a value.
    """
    values = objective_of(columns, objective)
    rows = np.arange(values.size) if kept is None else np.flatnonzero(kept)
    rows = rows[~np.isnan(values[rows])]
    delay = np.nan_to_num(columns["latency_p50_ms"][rows], nan=np.inf)
    ties = [columns[name][rows] for name in ("merged", "missed", "errors")]
    return int(rows[np.lexsort((rows, delay, *ties, values[rows]))[0]])


def pareto(
    columns: Columns, latency: str, constraints: Mapping[str, float], max_lost: float | None = MAX_LOST
) -> NDArray[np.int64]:
    """Rows that no other beats in both cut-offs and latency, by latency.

    Parameters
    ----------
    columns : mapping
        Of :func:`rtnb.vad.sweeps.measures.measures`.
    latency : str
    constraints : mapping of str to float
    max_lost : float, optional
        As of :func:`rtnb.vad.scores.losing.keeps`; where no setting is left, all are taken.

    Raises
    ------
    ConfigError
        No column has that name, or `max_lost` is no share.
    """
    if latency not in _LATENCIES:
        raise ConfigError(f"The front is drawn against {' or '.join(_LATENCIES)}, not {latency!r:.80}.")
    delay, cuts = columns[latency], columns["cut_offs"]
    kept = within(columns, checked(columns, constraints)) & ~np.isnan(delay)
    sound = kept & keeps(columns, checked_share(max_lost))
    rows = np.flatnonzero(sound if sound.any() else kept)
    order = rows[np.lexsort((rows, columns["errors"][rows], cuts[rows], delay[rows]))]
    if not order.size:
        return order
    fewest = np.minimum.accumulate(cuts[order])
    better = np.concatenate(([True], cuts[order][1:] < fewest[:-1]))
    found: NDArray[np.int64] = order[better]
    return found


def left_out(columns: Columns, max_lost: float | None = MAX_LOST) -> int:
    """How many settings a front leaves out because they lose too many turns; 0 where none would be left."""
    known = ~np.isnan(columns["latency_p50_ms"])
    sound = known & keeps(columns, checked_share(max_lost))
    return int(np.count_nonzero(known & ~sound)) if sound.any() else 0


def _known(columns: Columns, name: object, what: str) -> None:
    names = [*(each for each in columns if each not in PARAMETERS), *RATES]
    if name not in names:
        raise ConfigError(f"There is no {name!r:.80} that could {what}; there are: {', '.join(names)}.")
