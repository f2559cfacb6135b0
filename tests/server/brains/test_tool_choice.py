"""What tools are about, and what does not choose any."""

from __future__ import annotations

from rtnb.server.brains.skill import Utterance
from rtnb.server.brains.tool_choice import Tool, choose_tool, tools_of


def test_only_function_tools_with_names_are_tools() -> None:
    declared = [{"type": "mcp", "name": "x"}, {"type": "function"}, {"name": 3}, {"name": "f", "parameters": None}]
    assert tools_of(declared) == (Tool("f", "", {}),)


def test_tools_act_or_tell() -> None:
    for name in ("set_timer", "sendEmail", "book-table"):
        assert Tool(name, "", {}).acts
    for name in ("get_weather", "order_status", "weather", ""):
        assert not Tool(name, "", {}).acts


def test_required_names_are_those_that_there_are() -> None:
    tool = Tool("f", "", {"properties": {"a": {}, "b": 3}, "required": ["a", "b", "c", 4]})
    assert tool.required == ("a",)


def test_a_long_tale_orders_nothing() -> None:
    (tool,) = tools_of([{"name": "get_weather"}])
    assert choose_tool(Utterance("What is the weather? " + "word " * 100), [tool]) is None
