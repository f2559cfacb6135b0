from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtnb.vad.turns import DetectedTurn, TurnTable

MS = st.integers(0, 10_000_000)
TURNS = st.builds(
    DetectedTurn,
    onset_s=MS.map(lambda ms: ms / 1000),
    end_s=MS.map(lambda ms: ms / 1000),
    audio_start_ms=MS,
    audio_end_ms=MS,
    closed=st.booleans(),
    started_at_s=MS.map(lambda ms: ms / 1000),
    stopped_at_s=MS.map(lambda ms: ms / 1000),
)


@given(st.lists(TURNS, max_size=20))
def test_columns_and_turns_are_the_same(turns: list[DetectedTurn]) -> None:
    table = TurnTable.of(turns)
    assert len(table) == len(turns)
    assert table.turns() == tuple(turns)
    assert table.audio_start_ms.dtype == table.audio_end_ms.dtype == "int64"


def test_anything_with_the_attributes_is_a_turn() -> None:
    class Heard:
        onset_s, end_s, audio_start_ms, audio_end_ms = 1.0, 2.0, 700, 2200
        started_at_s, stopped_at_s, closed = 1.1, 2.3, True

    (turn,) = TurnTable.of([Heard()]).turns()  # type: ignore[list-item]
    assert turn == DetectedTurn(1.0, 2.0, 700, 2200, True, 1.1, 2.3)
