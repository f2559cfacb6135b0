"""The best setting by an objective that cannot be gamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.protocol.turn_detection import ServerVad
from rtnb.vad.scores.score import COLUMNS, Score
from rtnb.vad.setting import Setting
from rtnb.vad.sweeps import front
from rtnb.vad.sweeps.front import Columns
from rtnb.vad.sweeps.measures import value_of

if TYPE_CHECKING:
    from rtnb.vad.sweeps.result import Sweep

__all__ = ["Best", "best", "choose"]

_KINDS = {
    "cut_offs": ("cut_offs", "cut_off_rate"),
    "merged": ("merged", "merged_rate"),
    "missed": ("missed", "missed_rate"),
    "false_starts": ("false_starts", "false_start_rate"),
    "late": ("late", "late_rate"),
}
"""Ways to look good on one number: cutting in, noticing no end, or no turn, starting at anything, never ending.
Clipped onsets are not among them: a longer prefix padding mends them and costs nothing else."""

_WHOLE = ("errors", "error_rate")
"""They hold every kind."""

_SHORT = "cut_off_rate=0.05, merged_rate=0.05, missed_rate=0.05, false_start_rate=0.05, late_rate=0.05"


@dataclass(frozen=True, slots=True, eq=False)
class Best(Drawable):
    """The setting that a sweep recommends, with its evidence.

    Every number of its :class:`rtnb.vad.Score` can be read from it directly: ``best.merged``, ``best.latency_p50_ms``.

    Attributes
    ----------
    setting : Setting
    score : Score
        On the recordings that it was chosen on: better than it is going to be.
    default : Score
        Of a session that sets nothing, beside it.
    objective : str
        What was to be least.
    value : float
        The objective.
    interval : (float, float)
        The 95 % confidence interval of `value` over recordings; NaN with a single recording.
    constraints : mapping of str to float
        The most that columns might have.
    bound : tuple of str
        The constraints without which another setting would have been better.
    considered, feasible : int
        Settings in all, and those within the constraints.
    row : int
        Which row of the sweep's table it is.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.vad import sweep
    >>> found = sweep(rtnb.sample("labelled"), turn_gap_s=0.7, engine="energy", progress=False)
    >>> best = found.best("latency_p50_ms", {"error_rate": 0.8})
    >>> best.errors <= 0.8 * best.turns, best.bound
    (True, ('error_rate',))
    """

    setting: Setting
    score: Score
    default: Score
    objective: str
    value: float
    interval: tuple[float, float]
    constraints: Mapping[str, float]
    bound: tuple[str, ...]
    considered: int
    feasible: int
    row: int

    @property
    def vad(self) -> ServerVad:
        """What a session is told."""
        return self.setting.vad

    @property
    def prediction(self) -> str:
        """Whose prediction it is: "local emulation", or that of a calibration."""
        return self.score.prediction

    def __getattr__(self, name: str) -> Any:
        # Only for what is no attribute of its own; private names must fail at once, as pickling asks for them.
        if name in COLUMNS or name == "latencies_ms":
            return getattr(self.score, name)
        raise AttributeError(f"Best has no {name!r}; its .score may have.")

    def __repr__(self) -> str:
        low, high = self.interval
        between = "" if np.isnan(low) else f" ({low:.4g} to {high:.4g})"
        bound = f"; bound by {', '.join(self.bound)}" if self.bound else ""
        return (
            f"Best({self.setting}: {self.objective} {self.value:.4g}{between}, of {self.feasible:,} of "
            f"{self.considered:,} settings{bound}; {self.prediction})"
        )


def best(sweep: Sweep, objective: str, constraints: Mapping[str, float]) -> Best:
    """See :meth:`rtnb.vad.Sweep.best`."""
    limits = front.checked(sweep.columns, constraints)
    row = choose(sweep.columns, objective, limits, names=sweep.setting)
    setting = sweep.setting(row)
    value = float(value_of(sweep.columns, objective)[row])
    interval = (float("nan"), float("nan"))
    if len(sweep.corpus) > 1:
        table = sweep.intervals(setting)
        interval = (float(table.at[objective, "low"]), float(table.at[objective, "high"]))
    return Best(
        setting=setting,
        score=sweep.score(setting),
        default=sweep.default,
        objective=objective,
        value=value,
        interval=interval,
        constraints=limits,
        bound=_bound(sweep.columns, objective, limits, value),
        considered=len(sweep),
        feasible=int(front.within(sweep.columns, limits).sum()),
        row=row,
    )


def choose(columns: Columns, objective: str, limits: Mapping[str, float], *, names: Any) -> int:
    """The row with the least objective within the limits.

    Parameters
    ----------
    columns : mapping
        Of :func:`rtnb.vad.sweeps.measures.measures`.
    objective : str
    limits : mapping of str to float
    names : callable
        Gives the setting of a row.

    Raises
    ------
    ConfigError
        The objective can be gamed, or nothing is within the limits.
    """
    values = front.objective_of(columns, objective)
    if np.isnan(values).all():
        raise ConfigError(f"No setting of the grid has a {objective}: it finds no turn, or no end of one.")
    kept = front.within(columns, limits)
    if missing := _unguarded(objective, limits):
        raise ConfigError(_trap(columns, objective, limits, kept, missing, names))
    if not (kept & ~np.isnan(values)).any():
        raise ConfigError(_nothing(columns, limits, names))
    return front.least(columns, objective, kept)


def _unguarded(objective: str, limits: Mapping[str, float]) -> list[str]:
    """The kinds of mistakes that the objective would let pass."""
    if objective in _WHOLE or any(name in limits for name in _WHOLE):
        return []
    return [kind for kind, names in _KINDS.items() if objective not in names and not set(names) & set(limits)]


def _trap(
    columns: Columns, objective: str, limits: Mapping[str, float], kept: Any, missing: list[str], names: Any
) -> str:
    told = ", ".join(f"{name} <= {most:g}" for name, most in limits.items())
    free = " and ".join([", ".join(missing[:-1]), missing[-1]] if len(missing) > 1 else missing)
    text = (
        f"{objective} alone can be gamed: nothing limits {free}. A detector that hardly ever stops cuts nobody off, "
        "and one that merges turns has no latency to show for them: the least latency with at most 5 % of cut-offs and "
        "of missed turns once chose, on 55 labelled turns, a threshold of 0.02 that merges 25 of them."
    )
    if (kept & ~np.isnan(front.objective_of(columns, objective))).any():
        row = front.least(columns, objective, kept)
        found = ", ".join(f"{int(columns[kind][row])} {kind}" for kind in missing)
        turns = int(columns["turns"][row])
        text += f" Here{f', with {told},' if told else ''} it would be {names(row)}, with {found} on {turns} turns."
    return f"{text} Limit them as well, for instance {_SHORT}, or take the objective errors, which counts all kinds."


def _nothing(columns: Columns, limits: Mapping[str, float], names: Any) -> str:
    """Which constraint is the tightest, and which setting comes nearest."""
    alone = {name: int(front.within(columns, {name: most}).sum()) for name, most in limits.items()}
    without = {
        name: int(front.within(columns, {each: limits[each] for each in limits if each != name}).sum())
        for name in limits
    }
    # The one whose removal lets most settings in; where no single one does, the one that fewest settings meet.
    tightest = max(limits, key=lambda name: (without[name], -alone[name]))
    over = np.zeros(columns["turns"].size)
    broken = np.zeros(over.size, dtype=np.int64)
    for name, most in limits.items():
        value = np.nan_to_num(value_of(columns, name).astype(np.float64), nan=np.inf)
        beyond = ~front.within(columns, {name: most})
        broken += beyond
        # In units of the limit itself; where that is 0, of one mistake (a rate of one mistake is 1 / turns).
        unit = most or (1.0 if columns.get(name) is not None and name != "cut_off_rate" else 1.0 / columns["turns"][0])
        over += np.where(beyond, (value - most) / unit, 0.0)
    row = int(np.lexsort((np.arange(over.size), columns["errors"], broken, over))[0])
    close = ", ".join(
        f"{name} {float(value_of(columns, name)[row]):.4g} (at most {most:g})"
        for name, most in limits.items()
        if not front.within(columns, {name: most})[row]
    )
    size = columns["turns"].size
    return (
        f"None of {size:,} settings is within all constraints. The tightest is {tightest} <= {limits[tightest]:g}: "
        f"{alone[tightest]:,} settings meet it, and {without[tightest]:,} meet all the others. The nearest setting is "
        f"{names(row)}, with {close}. Loosen it, or widen the grid."
    )


def _bound(columns: Columns, objective: str, limits: Mapping[str, float], value: float) -> tuple[str, ...]:
    found = []
    for name in limits:
        kept = front.within(columns, {each: most for each, most in limits.items() if each != name})
        row = front.least(columns, objective, kept)
        if value_of(columns, objective)[row] < value:
            found.append(name)
    return tuple(found)
