"""Which settings stay within constraints, and which of them no other beats."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import ConfigError
from rtnb.vad.sweeps.grid import PARAMETERS
from rtnb.vad.sweeps.measures import RATES, value_of

__all__ = ["checked", "least", "objective_of", "pareto", "within"]

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
        # A rate of 0.05 of 20 turns is 1, whatever the division says of it.
        values = value_of(columns, name)
        if name == "clipped_ms":
            # Where no onset is clipped, nothing is missing.
            values = np.nan_to_num(values, nan=0.0)
        kept &= values <= most * (1 + 1e-12)
    return kept


def least(columns: Columns, objective: str, kept: NDArray[np.bool_] | None = None) -> int:
    """The setting with the least objective; of equals the one with the fewest errors, then the least latency.

    The settings must not all be excluded, and one of them must have a value.
    """
    values = objective_of(columns, objective)
    rows = np.arange(values.size) if kept is None else np.flatnonzero(kept)
    rows = rows[~np.isnan(values[rows])]
    delay = np.nan_to_num(columns["latency_p50_ms"][rows], nan=np.inf)
    return int(rows[np.lexsort((rows, delay, columns["errors"][rows], values[rows]))[0]])


def pareto(columns: Columns, latency: str, constraints: Mapping[str, float]) -> NDArray[np.int64]:
    """Rows that no other beats in both cut-offs and latency, by latency.

    Raises
    ------
    ConfigError
        No column has that name.
    """
    if latency not in _LATENCIES:
        raise ConfigError(f"The front is drawn against {' or '.join(_LATENCIES)}, not {latency!r:.80}.")
    delay, cuts = columns[latency], columns["cut_offs"]
    rows = np.flatnonzero(within(columns, checked(columns, constraints)) & ~np.isnan(delay))
    order = rows[np.lexsort((rows, columns["errors"][rows], cuts[rows], delay[rows]))]
    if not order.size:
        return order
    fewest = np.minimum.accumulate(cuts[order])
    better = np.concatenate(([True], cuts[order][1:] < fewest[:-1]))
    found: NDArray[np.int64] = order[better]
    return found


def _known(columns: Columns, name: object, what: str) -> None:
    names = [*(each for each in columns if each not in PARAMETERS), *RATES]
    if name not in names:
        raise ConfigError(f"There is no {name!r:.80} that could {what}; there are: {', '.join(names)}.")
