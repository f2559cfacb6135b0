"""Calls and their outcomes."""

from __future__ import annotations

from rtnb.session.tools.calls import Outcome, function_names, output_item, unknown
from rtnb.session.tools.results import output_of
from rtnb.session.tools.toolbox import Toolbox


def test_outcomes() -> None:
    assert Outcome.of(output_of({"a": 1})) == Outcome("completed", '{"a":1}')
    assert "returned 30,000 characters" in Outcome.of(output_of("x" * 30_000)).notice
    assert Outcome.wrong("refused", "no").output == '{"error":"no"}'
    assert output_item("call_a", "x") == {"type": "function_call_output", "call_id": "call_a", "output": "x"}


def test_functions_of_whatever_was_declared() -> None:
    def one() -> None: ...

    assert function_names(Toolbox([one, {"type": "mcp", "server_label": "shop"}])) == ["one"]
    assert function_names(None) == function_names("x") == function_names([1, {"type": "function", "name": 5}]) == []


def test_tools_that_are_not_there() -> None:
    assert unknown("", []).error == "there is no tool without a name; there are none"
    assert unknown("a", ["b", "c", "b"]).error == "there is no tool 'a'; there are: b, c"
