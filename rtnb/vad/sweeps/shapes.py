"""A sweep's columns as a box with a side for each parameter: heatmaps and sensitivity."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rtnb.errors import ConfigError
from rtnb.vad.scores.score import COLUMNS
from rtnb.vad.sweeps.grid import ORDER, PARAMETERS, Grid
from rtnb.vad.sweeps.measures import RATES, value_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["heatmap", "profile", "sensitivity"]

_MOVES = tuple(name for name in COLUMNS if name != "turns")
"""Measures that a setting has an influence on."""


def heatmap(
    grid: Grid,
    columns: Mapping[str, NDArray[Any]],
    value: str,
    x: str,
    y: str,
    fixed: Mapping[str, float],
) -> pd.DataFrame:
    """See :meth:`rtnb.vad.Sweep.heatmap`."""
    import pandas as pd

    for name in (x, y, *fixed):
        if name not in PARAMETERS:
            raise ConfigError(f"{name!r:.80} is no parameter of the grid; they are {', '.join(PARAMETERS)}.")
    if x == y:
        raise ConfigError(f"A heatmap needs two parameters; x and y are both {x}.")
    if value not in _MOVES and value not in RATES:
        raise ConfigError(f"There is no {value!r:.80} to draw; there are: {', '.join((*_MOVES, *RATES))}.")
    if both := sorted({x, y} & set(fixed)):
        raise ConfigError(f"{both[0]} cannot be both an axis and fixed.")
    box = _box(grid, value_of(columns, value))
    told = {name: grid.values(name) for name in ORDER}
    for place, name in enumerate(ORDER):
        if name in fixed:
            if fixed[name] not in told[name]:
                listed = ", ".join(f"{each:g}" for each in told[name])
                raise ConfigError(f"The grid has no {name} of {fixed[name]!r:.80}; it has {listed:.300}.")
            at = told[name].index(fixed[name])
            box = np.take(box, [at], axis=place)
        elif name == "hysteresis" and name not in (x, y) and grid.usual in told[name]:
            # No server can be told another.
            box = np.take(box, [told[name].index(grid.usual)], axis=place)
    others = tuple(place for place, name in enumerate(ORDER) if name not in (x, y))
    with warnings.catch_warnings():
        # Where no setting has a value there is none to show.
        warnings.simplefilter("ignore", RuntimeWarning)
        flat = np.nanmin(box, axis=others) if box.dtype.kind == "f" else box.min(axis=others)
    if ORDER.index(y) > ORDER.index(x):
        flat = flat.T
    table = pd.DataFrame(flat, index=pd.Index(told[y], name=y), columns=pd.Index(told[x], name=x))
    return table.sort_index(axis=0).sort_index(axis=1)


def sensitivity(grid: Grid, columns: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    """See :meth:`rtnb.vad.Sweep.sensitivity`."""
    import pandas as pd

    table = {}
    for name in PARAMETERS:
        if len(getattr(grid, name)) > 1:
            place = ORDER.index(name)
            table[name] = {each: _swing(_box(grid, columns[each]), place) for each in _MOVES}
        else:
            table[name] = dict.fromkeys(_MOVES, float("nan"))
    return pd.DataFrame.from_dict(table, orient="index").rename_axis("parameter")


def profile(grid: Grid, columns: Mapping[str, NDArray[Any]], row: int) -> pd.DataFrame:
    """See :meth:`rtnb.vad.Sweep.profile`."""
    import pandas as pd

    rows = np.arange(len(grid))
    places = np.unravel_index(row, _sides(grid))
    told: list[tuple[str, int]] = []
    for name in PARAMETERS:
        side = ORDER.index(name)
        index = tuple(slice(None) if each == side else place for each, place in enumerate(places))
        told += [(name, int(each)) for each in np.atleast_1d(rows.reshape(_sides(grid))[index])]
    frame = pd.DataFrame({name: columns[name][[at for _, at in told]] for name in COLUMNS})
    frame.insert(0, "value", [np.asarray(columns[name][at]).item() for name, at in told])
    frame.insert(0, "parameter", [name for name, _ in told])
    return frame


def _sides(grid: Grid) -> tuple[int, ...]:
    return tuple(len(getattr(grid, name)) for name in ORDER)


def _box(grid: Grid, column: NDArray[Any]) -> NDArray[Any]:
    return column.reshape(_sides(grid))


def _swing(box: NDArray[Any], side: int) -> float:
    """The median over all lines along a side of the largest value less the smallest."""
    values = box.astype(np.float64)
    low = np.min(np.where(np.isnan(values), np.inf, values), axis=side)
    high = np.max(np.where(np.isnan(values), -np.inf, values), axis=side)
    swings = (high - low)[low <= high]
    return float(np.median(swings)) if swings.size else float("nan")
