"""Operating points: the latency that a budget of false cut-offs buys, and the reverse, beside silence alone.

In the style of livekit's eot-bench (github.com/livekit/eot-bench, README, "Policy Sweep and Operating Points"), from
which this differs in what it counts:

* a cut-off rate is one of labelled turns that are cut at least once; eot-bench's is one of pauses within turns (of 0.2
  to 5 s) in which the policy fires. ``silence_baseline(..., per="pause")`` counts as it does;
* latency is a percentile over turns (the column of the table that is chosen), eot-bench's is the mean over true ends of
  turns, of which none is lost since its policies have a timeout. A detector can lose ends: turns that are missed, or
  merged with the next, or that never end, have no latency; and one that starts at every noise hears each of them at
  once. Settings that lose more than `max_lost` of the turns, or start falsely more often, are therefore left out;
* pauses come from your labels and your turn gap, not from annotated silences: with silence alone, no turn is cut once
  the wait is as long as the gap.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rtnb._display import Drawable, counted
from rtnb.errors import ConfigError
from rtnb.vad.corpus import Corpus
from rtnb.vad.labels.merging import TICK_S, checked_gap
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.budgets import Chosen
from rtnb.vad.scores.losing import MAX_LOST, checked_share, keeps

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CUT_OFF_BUDGETS",
    "LATENCY_BUDGETS_MS",
    "Chosen",
    "OperatingPoints",
    "Tradeoff",
    "operating_points",
    "silence_baseline",
]

_F = NDArray[np.float64]

CUT_OFF_BUDGETS = (0.05, 0.10)
"""False cut-offs that are allowed, as eot-bench reports them."""

LATENCY_BUDGETS_MS = (300.0, 600.0)
"""Latencies that are allowed, as eot-bench reports them."""

_PAUSE_S = (0.2, 5.0)
"""Pauses that eot-bench counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Tradeoff:
    """False cut-offs against latency: the points that no other beats in both.

    Attributes
    ----------
    name : str
    latency_ms, cut_off_rate : ndarray of float64, shape (n,)
        The one rises as the other falls.
    rows : tuple
        The index of the table's row behind each point; empty where there is no table.

    Examples
    --------
    >>> line = Tradeoff("silence alone", np.array([0.0, 400.0, 700.0]), np.array([0.5, 0.1, 0.0]))
    >>> line.latency_within(0.05), line.cut_offs_within(600)
    (700.0, 0.1)
    """

    name: str
    latency_ms: _F
    cut_off_rate: _F
    rows: tuple[object, ...] = ()

    @property
    def curve(self) -> tuple[_F, _F]:
        """Latencies and cut-off rates."""
        return self.latency_ms, self.cut_off_rate

    def latency_within(self, cut_off_rate: float) -> float:
        """The lowest latency with at most that rate of cut-offs; NaN where none is that low."""
        place = self.place_within(cut_off_rate)
        return float("nan") if place is None else float(self.latency_ms[place])

    def cut_offs_within(self, latency_ms: float) -> float:
        """The lowest rate of cut-offs with at most that latency; NaN where none is that fast."""
        place = self.place_at(latency_ms)
        return float("nan") if place is None else float(self.cut_off_rate[place])

    @property
    def latency_at(self) -> Mapping[float, float]:
        """Latency in ms for each of :data:`CUT_OFF_BUDGETS`."""
        return {budget: self.latency_within(budget) for budget in CUT_OFF_BUDGETS}

    @property
    def cut_offs_at(self) -> Mapping[float, float]:
        """Cut-off rate for each of :data:`LATENCY_BUDGETS_MS`."""
        return {budget: self.cut_offs_within(budget) for budget in LATENCY_BUDGETS_MS}

    def place_within(self, cut_off_rate: float) -> int | None:
        """Which point has the lowest latency with at most that rate of cut-offs."""
        low = np.flatnonzero(self.cut_off_rate <= cut_off_rate + TICK_S)
        return int(low[0]) if low.size else None

    def place_at(self, latency_ms: float) -> int | None:
        """Which point has the lowest rate of cut-offs with at most that latency."""
        fast = np.flatnonzero(self.latency_ms <= latency_ms + TICK_S)
        return int(fast[-1]) if fast.size else None

    def __repr__(self) -> str:
        latencies = [f"{at:.0%}: {_ms(ms)}" for at, ms in self.latency_at.items()]
        rates = [f"{at:.0f} ms: {_share(rate)}" for at, rate in self.cut_offs_at.items()]
        return f"{self.name}: latency at cut-offs of {', '.join(latencies)}; cut-offs at {', '.join(rates)}"


@dataclass(frozen=True, slots=True, eq=False)
class OperatingPoints(Drawable):
    """What the settings of a table reach within budgets, beside a perfect detector that goes by silence alone.

    Attributes
    ----------
    settings : Tradeoff
        The best of the table.
    baseline : Tradeoff
        Of :func:`silence_baseline`: what beats it knows more than that there is silence; what does not loses time to
        the detector.
    turns : int
        Labelled turns.
    latency : str
        The column that latencies are from.
    notes : tuple of str
        What was left out.
    chosen : tuple of Chosen
        The row of the table behind each budget that is reached, and what else it gets wrong.

    Examples
    --------
    >>> import rtnb
    >>> corpus = rtnb.vad.Corpus.load(rtnb.sample("labelled"))
    >>> sweep = rtnb.vad.sweep(corpus, threshold=[0.3, 0.5], turn_gap_s=0.7, engine="energy", progress=False)
    >>> points = sweep.operating_points()
    >>> points.turns
    21
    """

    settings: Tradeoff
    baseline: Tradeoff
    turns: int
    latency: str
    notes: tuple[str, ...] = ()
    chosen: tuple[Chosen, ...] = ()

    @property
    def name(self) -> str:
        """What the settings are called."""
        return self.settings.name

    @property
    def curve(self) -> tuple[_F, _F]:
        """Latencies and cut-off rates of the best settings."""
        return self.settings.curve

    @property
    def latency_at(self) -> Mapping[float, float]:
        """Latency in ms for each of :data:`CUT_OFF_BUDGETS`."""
        return self.settings.latency_at

    @property
    def cut_offs_at(self) -> Mapping[float, float]:
        """Cut-off rate for each of :data:`LATENCY_BUDGETS_MS`."""
        return self.settings.cut_offs_at

    @property
    def frame(self) -> pd.DataFrame:
        """One row for the settings and one for silence alone: latencies in ms and rates, as eot-bench lists them."""
        import pandas as pd

        rows = [
            {
                **{f"cut_off_rate at {at:.0f} ms": rate for at, rate in each.cut_offs_at.items()},
                **{f"latency_ms at {at:.0%} cut-offs": ms for at, ms in each.latency_at.items()},
            }
            for each in (self.settings, self.baseline)
        ]
        return pd.DataFrame(rows, index=[self.settings.name, self.baseline.name])

    def __repr__(self) -> str:
        notes = "".join(f"\n  {note}" for note in (*self.chosen, *self.notes))
        lines = f"\n  {self.settings}\n  {self.baseline}{notes}"
        return f"OperatingPoints({counted(self.turns, 'turn')}, {self.latency}){lines}"


def silence_baseline(labels: object, turn_gap_s: float, *, collar_s: float = 0.05, per: str = "turn") -> Tradeoff:
    """What a perfect detector of speech does that ends a turn after so much silence: its latency is that wait.

    Parameters
    ----------
    labels : Labels, sequence of Labels, or Corpus
    turn_gap_s : float
        Labelled speech with pauses shorter than this is one turn.
    collar_s : float
        A stop so close to the end of a turn cuts nothing off.
    per : str
        ``"turn"``: the share of turns with a pause that is longer; ``"pause"``: the share of pauses of 0.2 to 5 s that
        are longer, as eot-bench counts.

    Returns
    -------
    Tradeoff
        Its points are exact: one for each pause that makes a difference.

    Examples
    --------
    >>> from rtnb.vad import Labels
    >>> labels = Labels.of([(0.0, 1.0), (1.4, 2.0), (5.0, 6.0)])
    >>> silence_baseline(labels, 0.7).curve
    (array([  0., 400.]), array([0.5, 0. ]))
    """
    if per not in ("turn", "pause"):
        raise ConfigError(f"per is 'turn' or 'pause', not {per!r:.40}.")
    gap_s = checked_gap(turn_gap_s)
    waits: list[float] = []
    for marks in _labels(labels):
        for pauses in _pauses(marks, gap_s, collar_s):
            if per == "turn":
                waits.append(max(pauses, default=0.0))
            else:
                waits += [pause for pause in pauses if _PAUSE_S[0] - TICK_S <= pause <= _PAUSE_S[1] + TICK_S]
    longest = 1000 * np.sort(np.array(waits, dtype=np.float64))
    if not longest.size:
        return Tradeoff("silence alone", np.zeros(0), np.zeros(0))
    # Milliseconds to a thousandth: labels are written in decimals, and what they mean to be equal shall be.
    latency_ms = np.unique(np.append(0.0, np.round(longest, 3)))
    above = longest.size - np.searchsorted(np.round(longest, 3), latency_ms, side="right")
    return Tradeoff("silence alone", latency_ms, above / longest.size)


def operating_points(
    frame: pd.DataFrame,
    labels: object,
    turn_gap_s: float,
    *,
    latency: str = "latency_p50_ms",
    max_lost: float | None = MAX_LOST,
    collar_s: float = 0.05,
    name: str = "settings",
) -> OperatingPoints:
    """The best latency within budgets of false cut-offs, and the reverse, of the settings of a table.

    Parameters
    ----------
    frame : DataFrame
        One row a setting, with ``cut_off_rate`` and the column of latencies, such as ``sweep.frame``.
    labels : Labels, sequence of Labels, or Corpus
        What the settings were scored on.
    turn_gap_s : float
        As it was in the scores.
    latency : str
        ``"latency_p50_ms"`` or ``"latency_p90_ms"``.
    max_lost : float, optional
        Settings that miss or merge more than this share of the turns are left out, and those with more false starts or
        late ends for each of them, where the table says how many they have: the ends that are lost have no latency, so
        that such settings would look fast. None takes all.
    collar_s : float
        As it was in the scores.
    name : str
        What the settings are called.

    Raises
    ------
    ConfigError
        The table lacks a column, there is no turn gap, or `max_lost` is no share.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"cut_off_rate": [0.5, 0.0], "latency_p50_ms": [290.0, 560.0]})
    >>> points = operating_points(frame, [(0.0, 1.0), (1.4, 2.0), (5.0, 6.0)], 0.7)
    >>> points.latency_at[0.05], points.baseline.latency_at[0.05]
    (560.0, 400.0)
    """
    for column in ("cut_off_rate", latency):
        if column not in frame.columns:
            there = ", ".join(map(str, frame.columns))
            raise ConfigError(f"The table has no column {column!r:.60}; it has: {there:.300}.")
    baseline = silence_baseline(labels, turn_gap_s, collar_s=collar_s)
    turns = sum(len(marks.turns(turn_gap_s)) for marks in _labels(labels))
    kept, notes = frame, []
    most = checked_share(max_lost)
    if most is not None and "turns" in frame.columns:
        kept = frame[keeps(frame, most)]
        if len(kept) < len(frame):
            notes.append(
                f"{counted(len(frame) - len(kept), 'setting')} of {len(frame)} left out: more than {most:.0%} of the "
                "turns missed or merged, false starts or late ends for as many"
            )
    best = _best_of(kept, latency, name)
    return OperatingPoints(best, baseline, turns, latency, tuple(notes), _chosen(frame, best))


def _chosen(frame: pd.DataFrame, line: Tradeoff) -> tuple[Chosen, ...]:
    places = [(f"{_share(at)} cut-offs", line.place_within(at)) for at in CUT_OFF_BUDGETS]
    places += [(_ms(at), line.place_at(at)) for at in LATENCY_BUDGETS_MS]
    return tuple(Chosen.of(frame, budget, line.rows[at]) for budget, at in places if at is not None)


def _best_of(frame: pd.DataFrame, latency: str, name: str) -> Tradeoff:
    """The rows that no other beats in both."""
    ms = frame[latency].to_numpy(dtype=np.float64)
    rate = frame["cut_off_rate"].to_numpy(dtype=np.float64)
    known = np.flatnonzero(~np.isnan(ms) & ~np.isnan(rate))
    # Of equals the one with the fewest errors, where the table counts them.
    errors = frame["errors"].to_numpy() if "errors" in frame.columns else np.zeros(len(frame))
    order = known[np.lexsort((errors[known], rate[known], ms[known]))]
    before = np.minimum.accumulate(np.append(np.inf, rate[order]))[:-1]
    best = order[rate[order] < before]
    return Tradeoff(name, ms[best], rate[best], tuple(frame.index[best]))


def _pauses(labels: Labels, gap_s: float, collar_s: float) -> Iterable[Sequence[float]]:
    """The pauses within each turn, each as far as a stop in it would cut something off."""
    speech, at = labels.speech, 0
    for turn in labels.turns(gap_s):
        first = at
        while at < len(speech) and speech[at].end_s <= turn.end_s:
            at += 1
        parts = speech[first:at]
        last = turn.end_s - collar_s
        yield [
            min(after.start_s, last) - before.end_s
            for before, after in itertools.pairwise(parts)
            if last > before.end_s
        ]


def _labels(labels: object) -> list[Labels]:
    if isinstance(labels, Corpus):
        return [item.labels for item in labels.labelled() if item.labels is not None]
    if isinstance(labels, (list, tuple)) and labels and all(isinstance(each, Labels) for each in labels):
        return list(labels)
    return [Labels.of(labels)]


def _ms(value: float) -> str:
    return "not reached" if np.isnan(value) else f"{value:.0f} ms"


def _share(value: float) -> str:
    return "not reached" if np.isnan(value) else f"{value:.0%}"
