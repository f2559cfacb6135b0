from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rtnb.server.mcp.declaration import Declaration, shown
from rtnb.server.mcp.results import text_of
from rtnb.server.mcp.tools import McpTool, offers_of, taken

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TOOL = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text() | JSON,
        "description": JSON,
        "inputSchema": st.dictionaries(st.sampled_from(["type", "properties", "required", "$ref"]), JSON) | JSON,
        "annotations": JSON,
    },
)


@settings(deadline=None)  # the first schema imports its checker
@given(st.lists(TOOL, max_size=5))
def test_whatever_is_listed_some_tools_are_taken_and_the_rest_is_accounted_for(listed: list[Any]) -> None:
    found, left = taken(listed, 100)
    assert len(found) + len(left) == len(listed)
    assert len({tool.name for tool in found}) == len(found)


@given(st.lists(st.tuples(st.text(max_size=6), st.lists(st.text(min_size=1, max_size=80), max_size=4)), max_size=4))
def test_names_are_names_and_differ(servers: list[tuple[str, list[str]]]) -> None:
    remote: Any = None
    given = [
        (Declaration.of({"server_label": label}), remote, [McpTool(name, "", {}) for name in names])
        for label, names in servers
    ]
    names = [offer.name for offer in offers_of(given, ["look_up", "tool"])]
    assert len(set(names)) == len(names) and not {"look_up", "tool"} & set(names)
    assert all(name and len(name) <= 64 and name.isascii() for name in names)


@given(st.fixed_dictionaries({}, optional={"content": JSON, "structuredContent": JSON}), st.integers(1, 50))
def test_any_result_becomes_text(result: dict[str, Any], most: int) -> None:
    assert len(text_of(result, most)) <= most + 60


def test_resources_and_links_are_told() -> None:
    content = [
        {"type": "resource", "resource": {"uri": "file:///a", "text": "In it."}},
        {"type": "resource", "resource": {"uri": "file:///b", "mimeType": "application/pdf", "blob": "AAAA"}},
        {"type": "resource_link", "name": "c", "uri": "file:///c"},
        {"type": "of tomorrow"},
    ]
    assert text_of({"content": content}, 200).splitlines() == [
        "In it.",
        "[application/pdf, 3 bytes, not shown]",
        "[c: file:///c]",
        "[of tomorrow, not shown]",
    ]


def test_nothing_shows_what_opens_a_server() -> None:
    wire = {
        "type": "mcp",
        "server_label": "a",
        "server_url": "https://a.example/mcp?api_key=sentinel-1",
        "authorization": "Bearer sentinel-2",
        "headers": {"X-Key": "sentinel-3"},
    }
    made = Declaration.of(wire)
    assert "sentinel" not in repr(made) + repr(shown(wire))
    assert made.request_headers == {"X-Key": "sentinel-3", "Authorization": "Bearer sentinel-2"}
    assert made.clean("sentinel-2, sentinel-3") == "[redacted], [redacted]"


def test_what_only_programs_may_call_is_not_called() -> None:
    wire = {"server_label": "a", "server_url": "https://a.example", "allowed_callers": ["programmatic"]}
    assert not Declaration.of(wire).allows("add", read_only=True)
    assert Declaration.of({**wire, "allowed_callers": ["direct"]}).allows("add", read_only=True)
