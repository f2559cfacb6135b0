from __future__ import annotations

import numpy as np
import pytest

from rtnb.vad.labels.segments import Span
from rtnb.vad.scores.definitions import Scoring
from rtnb.vad.scores.matching import Outcome
from rtnb.vad.scores.tallying import edges_ms, intervals_of, outcome_of, score_of
from rtnb.vad.setting import Setting
from rtnb.vad.turns import DetectedTurn, TurnTable

SETTING = Setting(0.5, 300, 200)


def outcome(spans: list[tuple[float, float]], *turns: tuple[float, float, float]) -> Outcome:
    """Labelled turns, and detected ones of onset, end and stop, in seconds."""
    table = TurnTable.of(DetectedTurn(a, b, round(1000 * a), round(1000 * c), True, a, c) for a, b, c in turns)
    return outcome_of(table, [Span(*span) for span in spans], Scoring(turn_gap_s=0.7), duration_s=60.0)


CLIPPED = outcome([(1, 3)], (1.2, 3, 3.5))
TWO_PIECES = outcome([(1, 3)], (1.4, 2, 2.5), (2.6, 3, 3.7))
MISSED = outcome([(1, 3)])
FALSE = outcome([], (1, 2, 2.5))


def test_edges_are_milliseconds_on_the_grid() -> None:
    start, end = edges_ms([Span(0.1, 0.25), Span(1 / 3, 2.0)])
    assert start.tolist() == [100.0, round(1024000 / 3) / 1024] and end.tolist() == [250.0, 2000.0]
    assert [column.size for column in edges_ms([])] == [0, 0]


def test_recordings_add_up() -> None:
    found = score_of(SETTING, [CLIPPED, TWO_PIECES, MISSED, FALSE])
    assert (found.turns, found.detected, found.recordings) == (3, 4, 4)
    assert (found.false_starts, found.missed, found.clipped, found.cut_offs) == (1, 1, 2, 1)
    # The median of what is missing where something is, and of pieces where there are any.
    assert (found.clipped_ms, found.fragments) == (300.0, 1.5)
    assert found.latencies_ms.tolist() == [500.0, 700.0]


def test_no_recordings_are_no_turns() -> None:
    found = score_of(SETTING, [])
    assert (found.turns, found.errors) == (0, 0) and np.isnan(found.fragments)


def test_one_of_several_prefixes() -> None:
    both = np.array([[200.0], [0.0]])
    several = Outcome(**{name: getattr(CLIPPED, name) for name in Outcome.__slots__} | {"clip_ms": both})
    assert [score_of(SETTING, [several], prefix=prefix).clipped for prefix in (0, 1)] == [1, 0]


def test_intervals_hold_the_value_and_need_two_recordings() -> None:
    outcomes = [CLIPPED, TWO_PIECES, MISSED, FALSE]
    found = intervals_of(SETTING, outcomes)
    values = score_of(SETTING, outcomes).to_dict()
    assert {"missed", "cut_offs", "cut_off_rate", "latency_p50_ms"} <= set(found)
    for name, (low, high) in found.items():
        assert low <= values[name] <= high, name
    assert found["missed"][0] < found["missed"][1]
    assert intervals_of(SETTING, [CLIPPED]) == {}


@pytest.mark.parametrize("name", ["scoring", "problems"])
def test_what_is_told_besides(name: str) -> None:
    told = {"scoring": Scoring(turn_gap_s=1.0), "problems": ("a: broken",)}
    assert getattr(score_of(SETTING, [CLIPPED], **told), name) == told[name]  # type: ignore[arg-type]


def test_each_turn_is_one_error_however_much_is_wrong_with_it() -> None:
    found = score_of(SETTING, [CLIPPED, TWO_PIECES, MISSED, FALSE])
    # One is clipped, one is clipped and cut off, one is missed; and there is a false start.
    assert (found.clipped, found.cut_offs, found.missed, found.false_starts) == (2, 1, 1, 1)
    assert (found.wrong, found.errors) == (3, 4)
    # Of several paddings only that of the setting counts.
    several = Outcome(
        **{name: getattr(CLIPPED, name) for name in Outcome.__slots__} | {"clip_ms": np.array([[200.0], [0.0]])}
    )
    assert [score_of(SETTING, [several], prefix=prefix).errors for prefix in (0, 1)] == [1, 0]
