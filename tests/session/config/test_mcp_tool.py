from __future__ import annotations

from typing import Any

import pytest

from rtnb.errors import ConfigError
from rtnb.protocol import check_client_event
from rtnb.protocol.catalogue import catalogue
from rtnb.session.config.mcp_tool import _NAMES, Mcp

FULL = Mcp(
    "files",
    url="https://mcp.example.com",
    authorization="hush-1",
    headers={"X-Key": "hush-2"},
    allowed_tools={"read_only": True, "tool_names": ["read"]},
    require_approval={"always": {"tool_names": ["write"]}, "never": {"read_only": True}},
    description="Files.",
    allowed_callers=["direct"],
    defer_loading=True,
)


def test_every_member_of_the_protocol_is_there() -> None:
    assert {"type", *_NAMES.values()} == set(catalogue().models["RealtimeToolsConfigParam.Mcp"].members)


@pytest.mark.parametrize(
    "tool", [FULL, Mcp("a", connector="connector_gmail", authorization="x"), Mcp("a", tunnel="t", allowed_tools=["b"])]
)
def test_there_and_back_and_the_service_takes_it(tool: Mcp) -> None:
    wire = tool.to_wire()
    assert Mcp.from_wire({**wire, "from_the_future": None}) == tool
    assert check_client_event({"type": "session.update", "session": {"type": "realtime", "tools": [wire]}}) is None
    assert check_client_event({"type": "response.create", "response": {"tools": [wire]}}) is None


def test_secrets_travel_and_do_not_show() -> None:
    assert FULL.to_wire()["authorization"] == "hush-1" and FULL.to_wire()["headers"] == {"X-Key": "hush-2"}
    assert "hush" not in repr(FULL) and "hush" not in str(FULL) and "authorization='…'" in repr(FULL)


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({}, "exactly one of url, connector and tunnel, and was given none"),
        ({"url": "u", "tunnel": "t"}, "was given both url and tunnel"),
        ({"connector": "connector_fax"}, "connector='connector_fax') cannot be used"),
        ({"url": "u", "require_approval": "sometimes"}, "require_approval='sometimes') cannot be used"),
        ({"url": "u", "allowed_callers": ["x"]}, "allowed_callers"),
        ({"url": "u", "defer_loading": "yes"}, "defer_loading='yes') cannot be used"),
        ({"url": "u", "headers": {"X": 5}, "authorization": "hush"}, "headers=…) cannot be used"),
        ({"url": "u", "authorization": 12345}, "authorization=…) cannot be used"),
    ],
)
def test_what_the_service_would_refuse_is_refused_by_its_python_name(members: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Mcp("files", **members)
    assert says in str(caught.value)
    assert "hush" not in str(caught.value) and "12345" not in str(caught.value)


@pytest.mark.parametrize("wire", [None, {}, {"type": "function", "name": "x"}])
def test_other_tools_are_no_mcp_servers(wire: Any) -> None:
    with pytest.raises(ConfigError, match="no MCP tool"):
        Mcp.from_wire(wire)


def test_what_logs_in_is_sent_and_never_shown():
    url = "https://me:PASSWORT1@mcp.example.com/sse?token=T0KEN123"
    tool = Mcp("files", url=url)
    assert tool.to_wire()["server_url"] == url
    assert repr(tool) == "Mcp('files', url='https://[redacted]@mcp.example.com/sse?token=[redacted]')"
    with pytest.raises(ConfigError) as raised:
        Mcp("files", url=url, require_approval="sometimes")
    assert "PASSWORT1" not in str(raised.value) and "T0KEN123" not in str(raised.value)


@pytest.mark.parametrize("url", ["mcp.example.com/mcp", "ftp://mcp.example.com", "/mcp"])
def test_an_address_has_its_scheme(url: str) -> None:
    with pytest.raises(ConfigError, match="with its scheme, such as https://"):
        Mcp("files", url=url)
