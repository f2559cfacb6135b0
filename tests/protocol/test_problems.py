"""The sentences that no event of the other tests brings about."""

from __future__ import annotations

import pytest

from rtnb.protocol.problems import Problem, join, json_kind, listed, out_of_range, wrong_value
from rtnb.protocol.rules import Range


@pytest.mark.parametrize(
    ("names", "text"),
    [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b, and c")],
)
def test_lists_as_the_live_service_does(names: list[str], text: str) -> None:
    assert listed(names) == text


def test_a_very_long_value_is_shown_by_its_ends() -> None:
    problem = wrong_value("type", "abc" + "x" * 1_000_000 + "xyz", ["a", "b"])
    assert problem.message == "Invalid value: 'abc...xyz'. Supported values are: 'a' and 'b'."
    assert "'conversation.item.created'" in wrong_value("type", "conversation.item.created", ["a"]).message


@pytest.mark.parametrize(("value", "good"), [(1, True), (2, True), (0.9, False), (2.1, False), (float("nan"), False)])
def test_bounds(value: float, good: bool) -> None:
    assert (out_of_range(value, Range(1, 2), "decimal", "x") is None) is good


def test_kinds() -> None:
    kinds = [json_kind(value) for value in (None, True, 1, 1.0, "", [], {}, object())]
    assert kinds == [
        "null",
        "a boolean",
        "an integer",
        "a decimal number",
        "a string",
        "an array",
        "an object",
        "a Python object",
    ]


def test_a_path_begins_without_a_dot() -> None:
    assert join("", "type") == "type"
    assert join("item.content[0]", "text") == "item.content[0].text"


def test_a_problem_without_a_code_is_its_sentence() -> None:
    assert str(Problem(None, "Only model output audio messages can be truncated", None)) == (
        "Only model output audio messages can be truncated"
    )
