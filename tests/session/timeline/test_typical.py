from __future__ import annotations

import pytest

from rtnb.session.timeline.brackets import bracket_of
from rtnb.session.timeline.shapes import Bracket
from rtnb.session.timeline.typical import ends_of, typical_of, waits_of
from rtnb.session.views.timing import Interval


def bracket(name: str, seconds: float, turn: int, *, reckoned: bool = False) -> Bracket:
    return bracket_of(Interval.of(name, float(turn), turn + seconds, reckoned=reckoned), turn)


def test_the_median_is_of_one_definition() -> None:
    waits = waits_of([
        bracket("response_latency", 1.0, 0), bracket("ttfa_vad", 0.1, 0),
        bracket("response_latency", 2.0, 1),
        bracket("ttfa_manual", 0.01, 2), bracket("ttft_text", 0.001, 2),
        bracket("endpointing", 9.0, 3),
    ])  # fmt: skip
    assert [each.name for each in waits] == ["response_latency", "response_latency", "ttfa_manual"]
    found = typical_of(waits)
    assert found is not None and found.value_s == pytest.approx(1.5) and (found.n, found.turns) == (2, 3)
    assert found.of == "median latency, speech end → first audible sample played, 2 of 3 turns"


def test_of_two_as_frequent_the_one_that_is_heard() -> None:
    found = typical_of([bracket("ttft_text", 0.2, 0), bracket("ttfa_manual", 0.3, 1)])
    assert found is not None and found.name == "ttfa_manual" and found.text == "0.30 s"
    assert typical_of([]) is None


def test_reckoned_ends_say_so() -> None:
    assert ends_of(bracket("response_latency", 0.2, 0, reckoned=True)).endswith(
        "first audible sample played (reckoned)"
    )
