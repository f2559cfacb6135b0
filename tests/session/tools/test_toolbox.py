"""Tools by name."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from rtnb.errors import ConfigError
from rtnb.session.config.mcp_tool import Mcp
from rtnb.session.tools.toolbox import Tool, Toolbox, ToolsView, tool

BY_HAND = {"type": "function", "name": "by_hand", "parameters": {"type": "object", "properties": {"a": {}}}}


def one(a: int) -> int:
    """The first."""
    return a


def two() -> int:
    return 2


def docs() -> Mcp:
    return Mcp("docs", url="https://mcp.example.com", authorization="secret-token", require_approval="always")


def test_functions_mappings_and_servers_go_together() -> None:
    box = Toolbox([one, BY_HAND, docs()])
    assert list(box) == ["one", "by_hand", "docs"] and len(box) == 3
    assert [wire["type"] for wire in box.wire()] == ["function", "function", "mcp"]
    assert box.wire()[1] == BY_HAND and box.wire()[2]["authorization"] == "secret-token"
    assert box["one"].function is not None and box["by_hand"].function is None
    assert box.find("nothing") is None and "nothing" not in box
    assert "secret" not in repr(box) and "secret" not in repr(box["docs"])
    assert repr(box).splitlines()[1:] == [
        "  one(a): The first.",
        "  by_hand(a=…) [answered by hand]",
        "  docs: mcp server",
    ]


def test_the_mapping_that_was_given_is_not_shared() -> None:
    wire = dict(BY_HAND)
    box = Toolbox([wire])
    wire["name"] = "other"
    box.wire()[0]["name"] = "third"
    assert box.wire()[0]["name"] == "by_hand"


def test_adding_again_replaces_as_a_cell_that_is_run_again_does() -> None:
    box = Toolbox([one])
    made = box.add(lambda a: -a, name="one")
    assert len(box) == 1 and box["one"] is made and box["one"](3) == -3
    with pytest.raises(ConfigError, match="Two tools are called 'one'"):
        Toolbox([one, one])


def test_options() -> None:
    box = Toolbox()
    made = box.add(one, name="first", description="Number one.", background=True, timeout_s=5)
    assert (made.name, made.description, made.background, made.timeout_s) == ("first", "Number one.", True, 5.0)
    assert box.wire()[0]["name"] == "first" and box.wire()[0]["description"] == "Number one."
    again = box.add(made, name="second")
    assert (again.name, again.background, again.timeout_s) == ("second", True, 5.0)
    assert again.description == "Number one." and list(box) == ["first", "second"]
    assert box.add(made, background=False).background is False
    for bad in (0, -1, "x", True, float("nan")):
        with pytest.raises(ConfigError, match="timeout_s is a number of seconds"):
            box.add(one, timeout_s=bad)  # type: ignore[arg-type]
    assert box.add(one, timeout_s=None).timeout_s is None


def test_marks_are_kept_with_the_function() -> None:
    @tool(name="search_archive", background=True, timeout_s=3)
    def search(query: str) -> str:
        return query

    @tool
    def plain() -> None: ...

    assert search("x") == "x"
    box = Toolbox([search, plain])
    made = box["search_archive"]
    assert (made.background, made.timeout_s) == (True, 3.0) and list(box) == ["search_archive", "plain"]
    assert Toolbox().add(search, name="other").background
    # What is given goes before marks, also where it is what an unmarked function has.
    again = Toolbox().add(search, background=False, timeout_s=60)
    assert (again.background, again.timeout_s) == (False, 60.0)
    assert Toolbox().add(search, timeout_s=None).timeout_s is None
    with pytest.raises(ConfigError, match="cannot be called"):
        tool(name="no spaces")
    with pytest.raises(ConfigError, match="Options cannot be kept"):
        tool(name="len2")(len)

    class Shop:
        @tool(name="shop_lookup")
        def lookup(self, order: str) -> str:
            return order

    assert list(Toolbox([Shop().lookup])["shop_lookup"].wire["parameters"]["properties"]) == ["order"]
    assert list(Toolbox([tool(functools.partial(one, 1))])) == ["one"]


def test_the_tools_of_one_response() -> None:
    box = Toolbox([one, two])
    assert list(box.with_(["two", BY_HAND])) == ["two", "by_hand"] and len(box) == 2
    assert box.with_(["one"])["one"] is box["one"]
    assert list(box.with_([])) == [] and list(box.with_(two)) == ["two"] and list(box.with_(box)) == ["one", "two"]
    with pytest.raises(ConfigError, match="There is no tool 'three'; there are one, two"):
        box.with_(["three"])


def test_removing_and_replacing() -> None:
    box = Toolbox([one, two])
    assert box.remove("one").name == "one" and list(box) == ["two"]
    with pytest.raises(ConfigError, match="There is no tool 'one'; there are two"):
        box.remove("one")
    before = box.replace([BY_HAND])
    assert list(box) == ["by_hand"] and [each.name for each in before] == ["two"]
    with pytest.raises(ConfigError):
        box.replace([one, 42])
    assert list(box) == ["by_hand"]
    box.replace(before)
    assert list(box) == ["two"]


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ({"name": "f"}, {"type": "function", "name": "f"}),
        (
            {"type": "function", "function": {"name": "f", "parameters": {}, "strict": True}},
            {"type": "function", "name": "f", "parameters": {}},
        ),
        ({"type": "web_search", "x": 1}, {"type": "web_search", "x": 1}),
    ],
)
def test_mappings_of_other_shapes(wire: dict[str, Any], expected: dict[str, Any]) -> None:
    assert Toolbox([wire]).wire() == [expected]


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        ({"type": "function"}, "cannot be called None"),
        ({"type": "mcp"}, "needs a server_label"),
        ({}, 'has a type, "function" or "mcp"'),
        (42, "A tool is a function"),
        ("one", "There is no tool|A tool is a function"),
        (Mcp, "is a class"),
    ],
)
def test_what_is_no_tool(thing: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Toolbox().add(thing)
    with pytest.raises(ConfigError, match="tools is a list"):
        Toolbox(5)  # type: ignore[arg-type]


def test_a_view_shows_and_changes_nothing() -> None:
    box = Toolbox([one])
    view = ToolsView(box)
    box.add(two)
    assert list(view) == ["one", "two"] and len(view) == 2 and view["two"] is box["two"]
    assert repr(view).startswith("2 tools\n") and view.wire() == box.wire()
    assert list(Toolbox(view)) == ["one", "two"] and "one" in view and view.get("three") is None
    for change in ("add", "remove", "replace", "pop", "clear", "update"):
        with pytest.raises(AttributeError, match=r"session\.tool\(function\) adds one"):
            getattr(view, change)
    with pytest.raises(TypeError, match="shows the tools and changes none"):
        view["three"] = two
    with pytest.raises(TypeError, match="shows the tools and changes none"):
        del view["one"]
    with pytest.raises(AttributeError, match="has no attribute 'colour'"):
        _ = view.colour
    assert list(box) == ["one", "two"]


def test_a_tool_can_be_called_like_its_function() -> None:
    assert Toolbox([one])["one"](4) == 4
    with pytest.raises(TypeError, match="by_hand has no Python function"):
        Tool(name="by_hand", wire=BY_HAND)()
