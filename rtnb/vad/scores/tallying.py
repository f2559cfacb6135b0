"""From turns to counts: one recording held against its labels, and the sum over many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rtnb.vad.labels.segments import Span
from rtnb.vad.scores.bootstrap import intervals
from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.scores.matching import Outcome, match, on_grid
from rtnb.vad.scores.score import Score
from rtnb.vad.setting import Setting
from rtnb.vad.tuning import LOCAL_EMULATION
from rtnb.vad.turns import TurnTable

__all__ = ["edges_ms", "intervals_of", "outcome_of", "score_of"]

_COUNTS = ("detected", "false_starts", "missed", "clipped", "cut_offs", "merged", "late", "errors")


def edges_ms(spans: Sequence[Span]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Starts and ends of labelled turns in milliseconds, shape ``(R,)`` each, on the grid of comparisons."""
    corners = np.array([(span.start_s, span.end_s) for span in spans], dtype=np.float64).reshape(-1, 2)
    return on_grid(1000 * corners[:, 0]), on_grid(1000 * corners[:, 1])


def outcome_of(table: TurnTable, turns: Sequence[Span], scoring: Scoring, *, duration_s: float) -> Outcome:
    """One recording: detected turns against labelled ones.

    Parameters
    ----------
    table : TurnTable
        Detected.
    turns : sequence of Span
        Labelled, in order and apart; of :meth:`rtnb.vad.Labels.turns`.
    scoring : Scoring
        Collar and lateness.
    duration_s : float
        Length of the audio.
    """
    start_ms, end_ms = edges_ms(turns)
    return match(
        start_ms=start_ms,
        end_ms=end_ms,
        limit_ms=np.full(start_ms.size, float(on_grid(1000 * duration_s))),
        onset_ms=on_grid(table.onset_ms),
        speech_end_ms=on_grid(table.end_ms),
        audio_start_ms=table.audio_start_ms[np.newaxis].astype(np.float64),
        stopped_at_ms=on_grid(table.stopped_at_ms),
        closed=table.closed,
        collar_ms=float(on_grid(1000 * scoring.collar_s)),
        late_ms=float(on_grid(1000 * scoring.late_s)),
    )


def score_of(
    setting: Setting,
    outcomes: Sequence[Outcome],
    *,
    scoring: Scoring | None = None,
    prediction: str = LOCAL_EMULATION,
    problems: Sequence[str] = (),
    prefix: int = 0,
    spread: Mapping[str, tuple[float, float]] | None = None,
) -> Score:
    """The sum over recordings.

    Parameters
    ----------
    setting : Setting
        What was scored.
    outcomes : sequence of Outcome
        One a recording.
    scoring, prediction, problems
        As of :class:`rtnb.vad.Score`.
    spread : mapping, optional
        Its intervals, as :func:`intervals_of` gives them.
    prefix : int
        Which of the prefix paddings of the outcomes is that of the setting.
    """
    latency_ms = _joined([each.latency_ms for each in outcomes])
    clip_ms = _joined([each.clip_ms[prefix] for each in outcomes])
    clipped_ms = clip_ms[clip_ms > 0]
    turns = sum(each.missed.size for each in outcomes)
    missed = sum(int(each.missed.sum()) for each in outcomes)
    fragments = sum(int(each.fragments.sum()) for each in outcomes)
    return Score(
        setting=setting,
        turns=turns,
        detected=sum(each.false_start.size for each in outcomes),
        false_starts=sum(int(each.false_start.sum()) for each in outcomes),
        missed=missed,
        clipped=clipped_ms.size,
        clipped_ms=float(np.median(clipped_ms)) if clipped_ms.size else float("nan"),
        cut_offs=sum(int(each.cut_off.sum()) for each in outcomes),
        fragments=fragments / (turns - missed) if turns > missed else float("nan"),
        merged=sum(int(each.merged.sum()) for each in outcomes),
        late=sum(int(each.late.sum()) for each in outcomes),
        wrong=sum(int((each.wrong | (each.clip_ms[prefix] > 0)).sum()) for each in outcomes),
        latencies_ms=latency_ms[~np.isnan(latency_ms)],
        prediction=prediction,
        scoring=scoring,
        recordings=len(outcomes),
        problems=tuple(problems),
        intervals={} if spread is None else spread,
    )


def intervals_of(setting: Setting, outcomes: Sequence[Outcome], *, prefix: int = 0) -> dict[str, tuple[float, float]]:
    """How far the numbers of a score move with other recordings of the same kind; empty for one recording.

    Parameters
    ----------
    setting, outcomes, prefix
        As of :func:`score_of`.
    """
    each = [score_of(setting, [outcome], prefix=prefix) for outcome in outcomes]
    counts = {name: [getattr(score, name) for score in each] for name in _COUNTS}
    return intervals(counts, [score.turns for score in each], [score.latencies_ms for score in each])


def _joined(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.concatenate(parts) if parts else np.zeros(0)
