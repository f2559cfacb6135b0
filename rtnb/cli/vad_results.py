"""What ``rtnb vad`` found, ready for tables, CSV and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rtnb.cli.vad_reading import Read
from rtnb.errors import ConfigError
from rtnb.vad.batch import detect_table
from rtnb.vad.corpus import Corpus, Item
from rtnb.vad.labels.merging import checked_gap
from rtnb.vad.prediction import prediction_from
from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.scores.mistakes import Mistake
from rtnb.vad.scores.score import Score
from rtnb.vad.scores.scoring import score, score_turns
from rtnb.vad.setting import Setting
from rtnb.vad.sweeps.choosing import Best
from rtnb.vad.sweeps.folds import HeldOut
from rtnb.vad.sweeps.result import Sweep
from rtnb.vad.sweeps.running import sweep
from rtnb.vad.tuning import DetectorTuning
from rtnb.vad.turns import DetectedTurn

__all__ = ["Found", "Heard", "Searched", "of_setting", "of_sweep"]


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """One recording under one setting."""

    item: Item
    turns: tuple[DetectedTurn, ...]
    score: Score | None
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """All recordings under one setting.

    Attributes
    ----------
    total : Score or None
        Of all that have labels, where there is a turn gap.
    unscored : bool
        Whether there are labels, but no turn gap to score by.
    """

    setting: Setting
    prediction: str
    engine: str
    turn_gap_s: float | None
    recordings: tuple[Heard, ...]
    total: Score | None
    unscored: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """A sweep, the best of it, and what that is worth on recordings that it was not chosen on.

    Attributes
    ----------
    best : Best or None
    why : str
        Why there is no best.
    held_out : HeldOut or None
    unheld : str
        Why there is no such check.
    """

    sweep: Sweep
    best: Best | None
    why: str
    held_out: HeldOut | None
    unheld: str
    engine: str
    problems: tuple[str, ...]


def of_setting(found: Read, setting: Setting, tuning: DetectorTuning, turn_gap_s: float | None) -> Found:
    """The turns of every recording, and their scores where there are labels and a turn gap."""
    scoring = None if turn_gap_s is None else Scoring(turn_gap_s=checked_gap(turn_gap_s))
    recordings = []
    for item, track in zip(found.items, found.tracks, strict=True):
        table = detect_table(track, setting, tuning=tuning)
        if scoring is None or item.labels is None:
            recordings.append(Heard(item, table.turns(), None))
            continue
        own, mistakes = score_turns(
            table,
            item.labels,
            setting,
            scoring=scoring,
            duration_s=track.duration_s,
            prediction=prediction_from(tuning, [track], hysteresis=setting.hysteresis),
            recording=item.name,
            track=track,
        )
        recordings.append(Heard(item, table.turns(), own, mistakes))
    total = None
    if scoring is not None and (labelled := _labelled(found)) is not None:
        corpus, tracks = labelled
        total = score(corpus, setting, turn_gap_s=scoring.turn_gap_s, tuning=tuning, tracks=tracks)
    return Found(
        setting,
        prediction_from(tuning, found.tracks, hysteresis=setting.hysteresis),
        found.tracks[0].engine,
        turn_gap_s,
        tuple(recordings),
        total,
        scoring is None and found.labelled,
        found.problems,
    )


def of_sweep(
    found: Read,
    tuning: DetectorTuning,
    *,
    turn_gap_s: float,
    grid: Mapping[str, Any],
    objective: str,
    constraints: Mapping[str, float],
) -> Searched:
    """Every setting of the grid, the best of them, and its check."""
    labelled = _labelled(found)
    assert labelled is not None
    corpus, tracks = labelled
    tried = sweep(corpus, **grid, turn_gap_s=turn_gap_s, tuning=tuning, tracks=tracks)
    best = held = None
    why = unheld = ""
    try:
        best = tried.best(objective, constraints)
    except ConfigError as error:
        why = str(error)
    if best is not None:
        try:
            held = tried.held_out(None, objective, constraints)
        except ConfigError as error:
            unheld = str(error)
    return Searched(tried, best, why, held, unheld, tracks[0].engine, found.problems)


def _labelled(found: Read) -> tuple[Corpus, tuple[Any, ...]] | None:
    kept = [pair for pair in zip(found.items, found.tracks, strict=True) if pair[0].labels is not None]
    if not kept:
        return None
    return Corpus(tuple(item for item, _ in kept)), tuple(track for _, track in kept)
