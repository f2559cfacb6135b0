from __future__ import annotations

import pytest

from rtnb.vad.labels.segments import Span
from rtnb.vad.scores.definitions import KINDS, Scoring
from rtnb.vad.scores.describing import mistakes_of
from rtnb.vad.scores.mistakes import Mistake
from rtnb.vad.scores.tallying import outcome_of
from rtnb.vad.turns import DetectedTurn, TurnTable


def turn(onset_s: float, end_s: float, stop_s: float, *, closed: bool = True) -> DetectedTurn:
    return DetectedTurn(onset_s, end_s, round(1000 * onset_s), round(1000 * stop_s), closed, onset_s, stop_s)


def told(spans: list[tuple[float, float]], *turns: DetectedTurn, duration_s: float = 60.0) -> list[Mistake]:
    labelled = [Span(*span) for span in spans]
    table = TurnTable.of(turns)
    outcome = outcome_of(table, labelled, Scoring(turn_gap_s=0.7), duration_s=duration_s)
    return list(mistakes_of(outcome, table, labelled, duration_s=duration_s, recording="r"))


NOISE = "500 ms of sound taken for a turn where none is labelled, a stop at 2.00 s"
MISSED = "2.00 s of labelled speech without a detected turn"
CLIPPED = "420 ms of the beginning are missing"
CUT_OFF = "a stop after 500 ms of silence, 1.00 s before the end of speech; the turn is in 2 pieces"
MERGED = "no stop in the pause of 1.25 s before the next turn"
LATE = "a stop 2.60 s after the end"
NEVER = "no stop in the 3.00 s that the recording goes on after the end"

CASES: list[tuple[list[tuple[float, float]], list[DetectedTurn], Mistake]] = [
    ([], [turn(1, 1.5, 2)], Mistake("false_start", "r", 1, 1.5, NOISE)),
    ([(1, 3)], [], Mistake("missed", "r", 1, 3, MISSED, 0)),
    ([(1, 3)], [turn(1.42, 3, 3.5)], Mistake("clipped", "r", 1, 1.42, CLIPPED, 0)),
    ([(1, 3)], [turn(1, 1.5, 2), turn(2.2, 3, 3.5)], Mistake("cut_off", "r", 2, 3, CUT_OFF, 0)),
    ([(1, 3), (4.25, 5)], [turn(1, 5, 5.5)], Mistake("merged", "r", 3, 4.25, MERGED, 0)),
    ([(1, 3)], [turn(1, 5, 5.6)], Mistake("late", "r", 3, 5.6, LATE, 0)),
    ([(1, 57)], [turn(1, 60, 60.5, closed=False)], Mistake("late", "r", 57, 60, NEVER, 0)),
]


@pytest.mark.parametrize(("spans", "turns", "expected"), CASES, ids=[case[2].kind for case in CASES])
def test_each_kind_says_where_and_what(
    spans: list[tuple[float, float]], turns: list[DetectedTurn], expected: Mistake
) -> None:
    (found,) = told(spans, *turns)
    assert (found.kind, found.recording, found.detail, found.turn) == (
        expected.kind,
        expected.recording,
        expected.detail,
        expected.turn,
    )
    assert (found.start_s, found.end_s) == pytest.approx((expected.start_s, expected.end_s), abs=1e-9)


def test_every_kind_is_told() -> None:
    assert {case[2].kind for case in CASES} == set(KINDS)


def test_they_come_in_order_of_time() -> None:
    found = told([(5, 6), (10, 12)], turn(1, 1.5, 2), turn(10.5, 12, 12.5))
    assert [each.kind for each in found] == ["false_start", "missed", "clipped"]
    assert [each.turn for each in found] == [None, 0, 1]
