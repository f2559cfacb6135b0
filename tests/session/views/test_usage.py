from __future__ import annotations

from rtnb.session.views import shapes
from rtnb.session.views.shapes import TurnView
from rtnb.session.views.usage import LateTurns, UsageReport


def test_late_turns_are_made_once_and_only_when_looked_at() -> None:
    made: list[int] = []

    def make() -> list[TurnView]:
        made.append(1)
        return [TurnView(0, "completed"), TurnView(1, "failed")]

    turns = LateTurns(2, make)
    assert len(turns) == 2 and not made
    assert turns[1].status == "failed" and turns[:1] == (TurnView(0, "completed"),)
    assert made == [1]
    assert turns == tuple(make()) and hash(turns) == hash(tuple(make()))
    assert turns != [1] and "failed" in repr(turns)


def test_a_report_is_found_beside_the_other_views() -> None:
    assert shapes.UsageReport is UsageReport and shapes.LateTurns is LateTurns
