"""The best setting by an objective that cannot be gamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rtnb._display import Drawable, counted
from rtnb.errors import ConfigError
from rtnb.protocol.turn_detection import ServerVad
from rtnb.vad.scores.score import COLUMNS, Score
from rtnb.vad.setting import Setting
from rtnb.vad.sweeps import front
from rtnb.vad.sweeps.front import Columns
from rtnb.vad.sweeps.measures import value_of

if TYPE_CHECKING:
    from rtnb.vad.sweeps.result import Sweep

__all__ = ["Best", "best", "candidates", "choose", "guarded"]

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

_GUARD = 0.5
"""The most of a kind, for each labelled turn, that a limit may allow and still guard against it: own choice. Beyond
that a setting that gets most turns wrong is within it."""

_MANY = 0.1
"""Turns missed or merged of which a note is made: own choice."""

_SHORT = "cut_off_rate=0.2, merged_rate=0.2, missed_rate=0.2, false_start_rate=0.2, late_rate=0.2"


_Rows = NDArray[np.bool_]


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
        Settings that could have been chosen, and those of them within the constraints.
    row : int
        Which row of the sweep's table it is.
    notes : tuple of str
        What is to be known before it is used: that it misses or merges many turns, or rests on a hysteresis that is not
        the detector's own.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.vad import sweep
    >>> found = sweep(rtnb.sample("labelled"), turn_gap_s=0.7, engine="energy", progress=False)
    >>> best = found.best()
    >>> best.errors == min(found.frame.errors.tolist()), best.missed < best.turns, best.bound
    (True, True, ())
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
    notes: tuple[str, ...] = ()

    @property
    def vad(self) -> ServerVad:
        """What a session is told: threshold, padding and silence.

        The hysteresis is no parameter of the API: a server keeps its own, whatever that of `setting` is. Where they
        differ, which a note says, the server does something else than what was scored.
        """
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
        notes = "".join(f"; {note}" for note in self.notes)
        return (
            f"Best({self.setting}: {self.objective} {self.value:.4g}{between}, {self.missed} missed, {self.merged} "
            f"merged, {counted(self.false_starts, 'false start')} on {counted(self.turns, 'turn')}, of "
            f"{self.feasible:,} of {self.considered:,} settings{bound}{notes}; {self.prediction})"
        )


def best(sweep: Sweep, objective: str, constraints: Mapping[str, float], *, any_hysteresis: bool = False) -> Best:
    """See :meth:`rtnb.vad.Sweep.best`."""
    columns = sweep.columns
    limits = front.checked(columns, constraints)
    among = candidates(sweep, any_hysteresis=any_hysteresis)
    guarded(columns, objective, limits, names=sweep.setting, among=among)
    row = choose(columns, objective, limits, names=sweep.setting, among=among)
    setting = sweep.setting(row)
    value = float(value_of(columns, objective)[row])
    interval = (float("nan"), float("nan"))
    if len(sweep.corpus) > 1:
        table = sweep.intervals(setting)
        interval = (float(table.at[objective, "low"]), float(table.at[objective, "high"]))
    score = sweep.score(setting)
    return Best(
        setting=setting,
        score=score,
        default=sweep.default,
        objective=objective,
        value=value,
        interval=interval,
        constraints=limits,
        bound=_bound(columns, objective, limits, value, among),
        considered=int(among.sum()),
        feasible=int((front.within(columns, limits) & among).sum()),
        row=row,
        notes=_notes(sweep, score, float(columns["hysteresis"][row])),
    )


def candidates(sweep: Sweep, *, any_hysteresis: bool) -> _Rows:
    """The rows that may be chosen: those with the hysteresis that the detector has, where they were tried."""
    own = sweep.columns["hysteresis"] == sweep.tuning.hysteresis
    return own if own.any() and not any_hysteresis else np.ones_like(own)


def guarded(
    columns: Columns, objective: str, limits: Mapping[str, float], *, names: Any, among: _Rows | None = None
) -> None:
    """Refuse an objective that what is not limited can win.

    Parameters
    ----------
    columns, objective, limits, names, among
        As of :func:`choose`.

    Raises
    ------
    ConfigError
        Nothing finds a turn, or a kind of mistake is not limited, or to more than half of the turns, which limits
        nothing.
    """
    among = np.ones(columns["turns"].size, dtype=np.bool_) if among is None else among
    known = _known(columns, objective, among)
    turns = int(columns["turns"][0])
    binding = {name for name, most in limits.items() if most <= _GUARD * (1 if name.endswith("_rate") else turns)}
    if objective in _WHOLE or binding & set(_WHOLE):
        return
    missing = [kind for kind, own in _KINDS.items() if objective not in own and not binding & set(own)]
    if missing:
        raise ConfigError(_trap(columns, objective, limits, front.within(columns, limits) & known, missing, names))


def choose(
    columns: Columns, objective: str, limits: Mapping[str, float], *, names: Any, among: _Rows | None = None
) -> int:
    """The row with the least objective within the limits; never one that finds no labelled turn.

    Parameters
    ----------
    columns : mapping
        Of :func:`rtnb.vad.sweeps.measures.measures`.
    objective : str
    limits : mapping of str to float
    names : callable
        Gives the setting of a row.
    among : ndarray of bool, optional
        The rows that may be chosen; all by default.

    Raises
    ------
    ConfigError
        Nothing finds a turn, or nothing is within the limits.
    """
    among = np.ones(columns["turns"].size, dtype=np.bool_) if among is None else among
    known = _known(columns, objective, among)
    kept = front.within(columns, limits) & known
    if not kept.any():
        raise ConfigError(_nothing(columns, limits, names, known))
    return front.least(columns, objective, kept)


def _known(columns: Columns, objective: str, among: _Rows) -> _Rows:
    """Those that find a labelled turn and have the objective."""
    values = front.objective_of(columns, objective)
    among = among & front.finds(columns)
    if not among.any():
        raise ConfigError(
            f"No setting of the grid finds any of the {int(columns['turns'][0])} labelled turns, so none is best. Try "
            "lower thresholds, listen whether the audio is audible, and look whether the labels belong to it."
        )
    known: _Rows = among & ~np.isnan(values)
    if not known.any():
        raise ConfigError(f"No setting of the grid has a {objective}: it finds no end of a turn.")
    return known


def _notes(sweep: Sweep, score: Score, hysteresis: float) -> tuple[str, ...]:
    notes = []
    if (lost := score.missed + score.merged) > _MANY * score.turns:
        notes.append(f"{lost} of {counted(score.turns, 'turn')} missed or merged, {lost / score.turns:.0%}")
    if hysteresis != sweep.tuning.hysteresis:
        notes.append(
            f"no server can be told a hysteresis of {hysteresis:g}: that of the detector is {sweep.tuning.hysteresis:g}"
        )
    return tuple(notes)


def _trap(
    columns: Columns, objective: str, limits: Mapping[str, float], kept: _Rows, missing: list[str], names: Any
) -> str:
    told = ", ".join(f"{name} <= {most:g}" for name, most in limits.items())
    free = " and ".join([", ".join(missing[:-1]), missing[-1]] if len(missing) > 1 else missing)
    text = f"{objective} alone can be gamed: nothing limits {free}."
    named = {*_WHOLE, *(name for kind in missing for name in _KINDS[kind])}
    if loose := [f"{name} <= {limits[name]:g}" for name in limits if name in named]:
        one = len(loose) == 1
        text += (
            f" {', '.join(loose)} {'is' if one else 'are'} no {'limit' if one else 'limits'}: more than half of the "
            f"{int(columns['turns'][0])} labelled turns might be wrong."
        )
    text += (
        " A detector that hardly ever stops cuts nobody off, and one that merges turns has no latency to show for them."
    )
    if kept.any():
        row = front.least(columns, objective, kept)
        found = ", ".join(f"{int(columns[kind][row])} {kind}" for kind in missing)
        turns = int(columns["turns"][row])
        text += f" Here{f', with {told},' if told else ''} it would be {names(row)}, with {found} on {turns} turns."
    return f"{text} Limit them as well, for instance {_SHORT}, or take the objective errors, which counts all kinds."


def _nothing(columns: Columns, limits: Mapping[str, float], names: Any, among: _Rows) -> str:
    """Which constraint is the tightest, and which setting comes nearest."""
    columns = {name: column[among] for name, column in columns.items()}
    places = np.flatnonzero(among)
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
        f"{names(int(places[row]))}, with {close}. Loosen it, or widen the grid."
    )


def _bound(
    columns: Columns, objective: str, limits: Mapping[str, float], value: float, among: _Rows
) -> tuple[str, ...]:
    found = []
    for name in limits:
        kept = front.within(columns, {each: most for each, most in limits.items() if each != name})
        kept &= among & front.finds(columns)
        row = front.least(columns, objective, kept)
        if value_of(columns, objective)[row] < value:
            found.append(name)
    return tuple(found)
