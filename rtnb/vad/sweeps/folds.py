"""Chosen on some recordings, scored on the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rtnb._display import Drawable, counted
from rtnb.errors import ConfigError
from rtnb.vad.batch import detect_table
from rtnb.vad.prediction import prediction_from
from rtnb.vad.scores.matching import Outcome
from rtnb.vad.scores.score import Score
from rtnb.vad.scores.tallying import outcome_of, score_of
from rtnb.vad.setting import Setting
from rtnb.vad.sweeps import front
from rtnb.vad.sweeps.choosing import candidates, choose, guarded
from rtnb.vad.sweeps.measures import RATES, measures

if TYPE_CHECKING:
    import pandas as pd

    from rtnb.vad.sweeps.result import Sweep

__all__ = ["Fold", "HeldOut", "held_out"]

_USUAL = 5
"""Parts that the recordings are split into: own choice, the usual one."""

_AS_RATE = {"cut_offs": "cut_off_rate"} | {count: rate for rate, count in RATES.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """One part held out.

    Attributes
    ----------
    recordings : tuple of str
        Those that were held out.
    setting : Setting
        Chosen on the others.
    in_sample : Score
        Of the setting on those that it was chosen on.
    held_out : Score
        Of the setting on those that were held out.

    Examples
    --------
    >>> import rtnb
    >>> corpus = rtnb.vad.Corpus.load(rtnb.sample("labelled"))
    >>> sweep = rtnb.vad.sweep(corpus, threshold=[0.3, 0.5], turn_gap_s=0.7, engine="energy", progress=False)
    >>> len(sweep.held_out().folds)
    5
    """

    recordings: tuple[str, ...]
    setting: Setting
    in_sample: Score
    held_out: Score


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut(Drawable):
    """What choosing promises and what it keeps.

    Attributes
    ----------
    folds : tuple of Fold
    in_sample : Score
        What the choice promises: the setting chosen on all recordings, scored on the same.
    held_out : Score
        What it keeps: each recording scored with the setting that was chosen without it. Its `setting` is that of
        `in_sample`, for which it stands.
    objective : str
    constraints : mapping of str to float
    prediction : str

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.vad import sweep
    >>> found = sweep(rtnb.sample("labelled"), turn_gap_s=0.7, engine="energy", progress=False)
    >>> found.held_out(4).value_out >= found.best().value
    True
    """

    folds: tuple[Fold, ...]
    in_sample: Score
    held_out: Score
    objective: str
    constraints: Mapping[str, float]
    prediction: str

    @property
    def value_in(self) -> float:
        """The objective in sample."""
        return _value(self.in_sample, self.objective)

    @property
    def value_out(self) -> float:
        """The objective out of sample, over all recordings."""
        return _value(self.held_out, self.objective)

    @property
    def optimism(self) -> float:
        """By how much the choice looks better than it is: out of sample less in sample."""
        return self.value_out - self.value_in

    @property
    def settings(self) -> tuple[Setting, ...]:
        """What was chosen, without repetition: many different ones mean that the recordings do not settle it."""
        return tuple(dict.fromkeys(fold.setting for fold in self.folds))

    @property
    def broken(self) -> tuple[str, ...]:
        """Constraints that hold in sample and not out of sample."""
        return tuple(
            name for name, most in self.constraints.items() if not front.holds(name, _value(self.held_out, name), most)
        )

    @property
    def frame(self) -> pd.DataFrame:
        """One row a fold, and one for all together: what was held out, the setting, in sample and out of sample.

        Counts are given for each labelled turn, as the parts are of different sizes.
        """
        import pandas as pd

        shown = _AS_RATE.get(self.objective, self.objective)
        rows = [(str(number), fold.recordings, fold) for number, fold in enumerate(self.folds, start=1)]
        table = [
            {
                "fold": name,
                "recordings": len(held),
                "setting": str(fold.setting),
                "turns": fold.held_out.turns,
                f"{shown} in sample": _value(fold.in_sample, shown),
                f"{shown} held out": _value(fold.held_out, shown),
            }
            for name, held, fold in rows
        ]
        table.append(
            {
                "fold": "all",
                "recordings": sum(len(held) for _, held, _ in rows),
                "setting": str(self.in_sample.setting),
                "turns": self.held_out.turns,
                f"{shown} in sample": _value(self.in_sample, shown),
                f"{shown} held out": _value(self.held_out, shown),
            }
        )
        return pd.DataFrame(table).set_index("fold")

    def __repr__(self) -> str:
        broken = f"; not kept: {', '.join(self.broken)}" if self.broken else ""
        return (
            f"HeldOut({counted(len(self.folds), 'fold')}: {self.objective} {self.value_in:.4g} in sample, "
            f"{self.value_out:.4g} held out, {counted(len(self.settings), 'setting')} chosen{broken}; "
            f"{self.prediction})"
        )


def held_out(
    sweep: Sweep,
    k: int | None,
    objective: str,
    constraints: Mapping[str, float],
    seed: int,
    *,
    any_hysteresis: bool = False,
) -> HeldOut:
    """See :meth:`rtnb.vad.Sweep.held_out`."""
    count = len(sweep.corpus)
    parts = _parts(sweep, _checked(k, count), seed)
    limits = front.checked(sweep.columns, constraints)
    among = candidates(sweep, any_hysteresis=any_hysteresis)
    # Against all turns, as best() does: a count that guards there may be more than half of a part.
    guarded(sweep.columns, objective, limits, names=sweep.setting, among=among)
    every = np.arange(count)
    folds: list[Fold] = []
    outcomes: dict[int, Outcome] = {}
    for number, part in enumerate(parts, start=1):
        others = np.setdiff1d(every, part)
        columns = measures(sweep.found, sweep.grid, scoring=sweep.scoring, tuning=sweep.tuning, chosen=others)
        try:
            setting = sweep.setting(choose(columns, objective, limits, names=sweep.setting, among=among))
        except ConfigError as error:
            raise ConfigError(f"Without part {number} of {len(parts)} ({_named(sweep, part)}): {error}") from None
        found = {at: _outcome(sweep, at, setting) for at in every.tolist()}
        outcomes |= {at: found[at] for at in part.tolist()}
        scores = [_score(sweep, setting, [found[at] for at in some.tolist()]) for some in (others, part)]
        folds.append(Fold(tuple(sweep.corpus[at].name for at in part.tolist()), setting, *scores))
    chosen = sweep.setting(choose(sweep.columns, objective, limits, names=sweep.setting, among=among))
    in_sample = _score(sweep, chosen, [_outcome(sweep, at, chosen) for at in every.tolist()])
    return HeldOut(
        folds=tuple(folds),
        in_sample=in_sample,
        held_out=_score(sweep, chosen, [outcomes[at] for at in every.tolist()]),
        objective=objective,
        constraints=limits,
        prediction=in_sample.prediction,
    )


def _checked(k: object, recordings: int) -> int:
    if recordings < 2:
        raise ConfigError(
            "Held-out evaluation chooses on some recordings and scores on others, and there is one recording. Cut it "
            "into several, or add some."
        )
    if k is None:
        return min(_USUAL, recordings)
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 2:
        raise ConfigError(f"k is how many parts the recordings are split into, a whole number from 2, not {k!r:.80}.")
    if k > recordings:
        raise ConfigError(f"{counted(recordings, 'recording')} cannot be split into {k} parts: k={recordings} at most.")
    return int(k)


def _parts(sweep: Sweep, k: int, seed: int) -> list[NDArray[np.int64]]:
    """The recordings dealt out at random, those with most labelled turns first, so that each part has its share."""
    order = np.random.default_rng(seed).permutation(len(sweep.corpus))
    order = order[np.argsort(-sweep.found.sheet.turns[order], kind="stable")]
    parts = [np.sort(order[start::k]) for start in range(k)]
    for number, part in enumerate(parts, start=1):
        if not np.delete(sweep.found.sheet.turns, part).any():
            raise ConfigError(
                f"All labelled turns are in part {number} of {k} ({_named(sweep, part)}): there is nothing to choose "
                "on without it. Label more recordings."
            )
    return parts


def _named(sweep: Sweep, part: NDArray[np.int64]) -> str:
    names = [sweep.corpus[at].name for at in part.tolist()]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _outcome(sweep: Sweep, at: int, setting: Setting) -> Outcome:
    labels = sweep.corpus[at].labels
    assert labels is not None
    track = sweep.tracks[at]
    table = detect_table(track, setting, tuning=setting.tuning(sweep.tuning))
    return outcome_of(table, labels.turns(sweep.scoring.turn_gap_s), sweep.scoring, duration_s=track.duration_s)


def _score(sweep: Sweep, setting: Setting, outcomes: Sequence[Outcome]) -> Score:
    return score_of(
        setting,
        outcomes,
        scoring=sweep.scoring,
        prediction=prediction_from(sweep.tuning, sweep.tracks, hysteresis=setting.hysteresis),
        problems=sweep.corpus.problems,
    )


def _value(score: Score, name: str) -> float:
    if name in RATES:
        return getattr(score, RATES[name]) / score.turns if score.turns else float("nan")
    return float(getattr(score, name))
