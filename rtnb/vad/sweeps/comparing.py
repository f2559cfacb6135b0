"""Two settings, turn by turn."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rtnb._display import Drawable, counted
from rtnb.vad.batch import detect_table
from rtnb.vad.corpus import Item
from rtnb.vad.labels.segments import Span
from rtnb.vad.prediction import prediction_from
from rtnb.vad.scores.definitions import KINDS
from rtnb.vad.scores.matching import Outcome
from rtnb.vad.scores.score import Score
from rtnb.vad.scores.tallying import outcome_of, score_of
from rtnb.vad.setting import Setting
from rtnb.vad.track import Track
from rtnb.vad.turns import TurnTable

if TYPE_CHECKING:
    import pandas as pd

    from rtnb.vad.sweeps.result import Sweep

__all__ = ["ComparedTurn", "Comparison", "compare", "paired"]

OK = "ok"


@dataclass(frozen=True, slots=True)
class ComparedTurn:
    """A turn that two settings do differently.

    Attributes
    ----------
    recording : str
    turn : int or None
        The labelled turn, counted from 0 within its recording; None for a false start.
    start_s, end_s : float
        The labelled turn, or the false start.
    what_one, what_other : str
        Kinds of mistakes, separated by commas; ``"ok"`` where there is none, of a false start that it is not there.
    one_latency_ms, other_latency_ms : float
        End-of-turn latency; NaN where there is none.
    better : {"one", "other", ""}
        Which does it better: nothing is worse than to miss it; a mistake is worse than none, a merge worse than others,
        and more kinds of mistakes worse than fewer; then the lower latency is better, where both have one.

    Examples
    --------
    >>> import rtnb
    >>> corpus = rtnb.vad.Corpus.load(rtnb.sample("labelled"))
    >>> sweep = rtnb.vad.sweep(corpus, silence_duration_ms=[300, 500], turn_gap_s=0.7, engine="energy", progress=False)
    >>> patient, hasty = rtnb.ServerVad(silence_duration_ms=500), rtnb.ServerVad(silence_duration_ms=300)
    >>> sweep.compare(patient, hasty).rows[0].recording
    'ami_trn01'
    """

    recording: str
    turn: int | None
    start_s: float
    end_s: float
    what_one: str
    what_other: str
    one_latency_ms: float
    other_latency_ms: float
    better: str


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Drawable):
    """Where two settings differ.

    Attributes
    ----------
    one, other : Setting
    one_score, other_score : Score
    rows : tuple of ComparedTurn
        Turns and false starts that only one of them gets right, or that they get wrong in different ways; by
        recording, then by time.
    only_one, only_other, both : mapping of str to int
        Mistakes of each kind that only the one makes, only the other, or both of the same turn. False starts of both
        are those that overlap, each with one of the other's at most.
    latency_change_ms : float
        The median, over turns that have a latency with both, of what the other takes longer.
    items : tuple of Item
    tracks : tuple of Track
    prediction : str

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.vad import sweep
    >>> found = sweep(rtnb.sample("labelled"), turn_gap_s=0.7, engine="energy", progress=False)
    >>> both = found.compare(found.best(), rtnb.ServerVad())
    >>> sum(both.counts.values()) == len(both.rows)
    True
    """

    one: Setting
    other: Setting
    one_score: Score
    other_score: Score
    rows: tuple[ComparedTurn, ...]
    only_one: dict[str, int]
    only_other: dict[str, int]
    both: dict[str, int]
    latency_change_ms: float
    items: tuple[Item, ...]
    tracks: tuple[Track, ...]
    prediction: str

    def __iter__(self) -> Iterator[ComparedTurn]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """Turns that the one does better, the other, and neither."""
        found = Counter(row.better for row in self.rows)
        return {"one": found["one"], "other": found["other"], "neither": found[""]}

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a table."""
        import pandas as pd

        names = tuple(ComparedTurn.__dataclass_fields__)
        return pd.DataFrame([[getattr(row, name) for name in names] for row in self.rows], columns=list(names))

    def __repr__(self) -> str:
        counts = self.counts
        return (
            f"Comparison({self.one} beside {self.other}: {counted(len(self), 'difference')}, {counts['one']} times the "
            f"first is better, {counts['other']} times the second; {self.prediction})"
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Heard:
    table: TurnTable
    outcome: Outcome

    def kinds(self, turn: int) -> frozenset[str]:
        found = self.outcome
        flags = {
            "missed": found.missed[turn],
            "clipped": found.clip_ms[0, turn] > 0,
            "cut_off": found.cut_off[turn],
            "merged": found.merged[turn],
            "late": found.late[turn],
        }
        return frozenset(kind for kind, flag in flags.items() if flag)

    def false_starts(self) -> list[tuple[float, float]]:
        places = np.flatnonzero(self.outcome.false_start)
        return [(self.table.onset_ms[at] / 1000, self.table.end_ms[at] / 1000) for at in places.tolist()]


def compare(sweep: Sweep, one: Setting, other: Setting) -> Comparison:
    """See :meth:`rtnb.vad.Sweep.compare`."""
    rows: list[ComparedTurn] = []
    only_one, only_other, both = Counter[str](), Counter[str](), Counter[str]()
    outcomes: tuple[list[Outcome], list[Outcome]] = ([], [])
    for item, track in zip(sweep.corpus, sweep.tracks, strict=True):
        assert item.labels is not None
        turns = item.labels.turns(sweep.scoring.turn_gap_s)
        first, second = (_heard(sweep, setting, track, turns) for setting in (one, other))
        outcomes[0].append(first.outcome)
        outcomes[1].append(second.outcome)
        found = []
        for number, turn in enumerate(turns):
            here, there = first.kinds(number), second.kinds(number)
            only_one.update(here - there)
            only_other.update(there - here)
            both.update(here & there)
            if here != there:
                delays = (float(each.outcome.latency_ms[number]) for each in (first, second))
                found.append(_row(item.name, number, (turn.start_s, turn.end_s), here, there, *delays))
        lonely, strange, shared = paired(first.false_starts(), second.false_starts())
        only_one["false_start"] += len(lonely)
        only_other["false_start"] += len(strange)
        both["false_start"] += shared
        false = frozenset(["false_start"])
        found += [_row(item.name, None, span, false, frozenset()) for span in lonely]
        found += [_row(item.name, None, span, frozenset(), false) for span in strange]
        rows += sorted(found, key=lambda row: (row.start_s, row.end_s))
    change = np.concatenate([second.latency_ms - first.latency_ms for first, second in zip(*outcomes, strict=True)])
    change = change[~np.isnan(change)]
    scores = [
        score_of(
            setting,
            each,
            scoring=sweep.scoring,
            prediction=prediction_from(sweep.tuning, sweep.tracks, hysteresis=setting.hysteresis),
            problems=sweep.corpus.problems,
        )
        for setting, each in zip((one, other), outcomes, strict=True)
    ]
    return Comparison(
        one=one,
        other=other,
        one_score=scores[0],
        other_score=scores[1],
        rows=tuple(rows),
        only_one=_by_kind(only_one),
        only_other=_by_kind(only_other),
        both=_by_kind(both),
        latency_change_ms=float(np.median(change)) if change.size else float("nan"),
        items=sweep.corpus.items,
        tracks=sweep.tracks,
        prediction="; ".join(dict.fromkeys(score.prediction for score in scores)),
    )


def _heard(sweep: Sweep, setting: Setting, track: Track, turns: Sequence[Span]) -> _Heard:
    table = detect_table(track, setting, tuning=setting.tuning(sweep.tuning))
    return _Heard(table, outcome_of(table, turns, sweep.scoring, duration_s=track.duration_s))


def _row(
    recording: str,
    turn: int | None,
    span: tuple[float, float],
    here: frozenset[str],
    there: frozenset[str],
    one_latency_ms: float = float("nan"),
    other_latency_ms: float = float("nan"),
) -> ComparedTurn:
    one, other = _severity(here), _severity(there)
    if one == other and one_latency_ms != other_latency_ms and not math.isnan(one_latency_ms - other_latency_ms):
        one, other = (*one, one_latency_ms), (*other, other_latency_ms)
    better = "one" if one < other else "other" if other < one else ""
    told = [", ".join(kind for kind in KINDS if kind in kinds) or OK for kinds in (here, there)]
    return ComparedTurn(recording, turn, *span, told[0], told[1], one_latency_ms, other_latency_ms, better)


def _severity(kinds: frozenset[str]) -> tuple[float, ...]:
    """As settings are ranked: by errors, of which each turn makes one at most, but what was missed is lost."""
    return ("missed" in kinds, bool(kinds), "merged" in kinds, len(kinds))


def paired(
    one: list[tuple[float, float]], other: list[tuple[float, float]]
) -> tuple[list[tuple[float, float]], list[tuple[float, float]], int]:
    """Stretches of two lists, both in order and apart within each, matched one to one where they overlap.

    Returns
    -------
    (list, list, int)
        What is left of the one, of the other, and how many pairs there are: as many as there can be, since of two that
        overlap one ends first, and nothing later overlaps that.

    Examples
    --------
    >>> paired([(0.0, 1.0), (2.0, 5.0)], [(0.5, 1.5), (2.0, 2.5), (4.0, 4.5)])
    ([], [(4.0, 4.5)], 2)
    """
    lonely, strange = [], []
    here, there, shared = 0, 0, 0
    while here < len(one) and there < len(other):
        (start, end), (begin, stop) = one[here], other[there]
        if start < stop and begin < end:
            here, there, shared = here + 1, there + 1, shared + 1
        elif end <= begin:
            lonely.append(one[here])
            here += 1
        else:
            strange.append(other[there])
            there += 1
    return lonely + one[here:], strange + other[there:], shared


def _by_kind(found: Counter[str]) -> dict[str, int]:
    return {kind: found[kind] for kind in KINDS}
