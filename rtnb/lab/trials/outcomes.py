"""What came of a session: its turns beside those that could be expected of what it was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rtnb.lab.trials.heard import HeardTurn, heard_turns
from rtnb.lab.trials.pairs import paired, timed_as_predicted
from rtnb.lab.trials.plans import Plan
from rtnb.lab.trials.predictions import Predicted
from rtnb.lab.trials.results import TrialRun
from rtnb.lab.trials.sessions import Listened
from rtnb.session.verbs.streaming import Pace
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.scores.score import Score
from rtnb.vad.scores.scoring import score_turns
from rtnb.vad.setting import Setting
from rtnb.vad.turns import DetectedTurn, TurnTable

__all__ = ["expected_of", "outcome"]

ANSWER_S = 0.5
"""A server is given so long to tell what it has heard: a turn that would have been known later than this before a
session broke off is not expected of it. Own choice."""


def expected_of(
    heard: Listened, turns: Sequence[HeardTurn], every: Sequence[DetectedTurn], pace: Pace
) -> tuple[DetectedTurn, ...]:
    """The predicted turns that a session could have told: all, unless it ended early.

    Of one that did, those whose end was known from what it had been sent, and those that it did tell. What is sent
    faster than it is listened to says nothing of how far a server came; then it is the last event that does.
    """
    if not heard.problem:
        return tuple(every)
    told = [event.audio_ms for event in heard.events]
    reached_s = heard.sent_ms / 1000 - ANSWER_S if pace == "real" else max(told, default=0) / 1000
    partners = {id(pair.predicted) for pair in paired(turns, every) if pair.heard is not None}
    return tuple(turn for turn in every if turn.stopped_at_s <= reached_s or id(turn) in partners)


def outcome(
    plan: Plan,
    heard: Listened,
    expected: Predicted,
    labels: Labels | None,
    scoring: Scoring | None,
    duration_s: float,
    endpoint: str,
    pace: Pace,
) -> TrialRun:
    """One setting's row of the trial."""
    prefix_ms, silence_ms = 0.0, 0.0
    if isinstance(plan.setting, Setting):
        prefix_ms = _told(heard.applied, "prefix_padding_ms", plan.setting.prefix_padding_ms)
        silence_ms = _told(heard.applied, "silence_duration_ms", plan.setting.silence_duration_ms)
    turns = heard_turns(heard.events, prefix_ms=prefix_ms, silence_ms=silence_ms, sent_ms=heard.sent_ms)
    if pace == "source":
        turns = timed_as_predicted(turns, expected.turns)
    score = None
    if labels is not None and scoring is not None and not heard.problem:
        score = _score(turns, plan, labels, scoring, duration_s, endpoint)
    return TrialRun(
        setting=plan.setting,
        vad=plan.vad,
        title=plan.title,
        events=heard.events,
        heard=turns,
        predicted=expected_of(heard, turns, expected.turns, pace),
        prediction=expected.name,
        applied=heard.applied,
        sent_s=heard.sent_ms / 1000,
        problem=heard.problem,
        score=score,
        recording=heard.recording,
        notes=tuple(heard.notes),
        format=heard.format,
        noise_reduction=heard.noise_reduction,
    )


def _told(applied: Mapping[str, Any], name: str, asked: float) -> float:
    value = applied.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float(asked)


def _score(
    turns: tuple[HeardTurn, ...], plan: Plan, labels: Labels, scoring: Scoring, duration_s: float, endpoint: str
) -> Score:
    setting: Any = plan.setting
    rows: Any = [_whole(turn) for turn in turns]
    score, _ = score_turns(
        TurnTable.of(rows), labels, setting, scoring=scoring, duration_s=duration_s, prediction=f"heard from {endpoint}"
    )
    return score


def _whole(turn: HeardTurn) -> HeardTurn:
    """With an end, for what has none."""
    return turn if turn.audio_end_ms is not None else replace(turn, audio_end_ms=round(1000 * turn.end_s))
