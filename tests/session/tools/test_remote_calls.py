"""Calls that the server makes by itself: the response behind them is asked for once, and only where it is missing."""

from __future__ import annotations

from typing import Any

import pytest
from support.puppet import Puppet, function_call, mcp_call, message

import rtnb
from rtnb.session import Session
from rtnb.testing import ScriptedServer

SHOP = {"type": "mcp", "server_label": "shop", "server_url": "https://shop.example", "require_approval": "never"}


def connect(server: ScriptedServer, *tools: Any, **settings: Any) -> Session:
    return rtnb.connect(server.url, modalities=["text"], journal=False, tools=[SHOP, *tools], **settings)


def requests(server: ScriptedServer) -> int:
    return sum(event["type"] == "response.create" for event in server.received)


def called(**members: Any) -> dict[str, Any]:
    return {**mcp_call("", "ok"), "id": "mcp_1", "approval_request_id": None, **members}


def event(kind: str) -> dict[str, Any]:
    return {"type": kind, "event_id": "event_late", "item_id": "mcp_1", "output_index": 0}


@pytest.mark.parametrize(
    "call", [called(), called(output=None, error={"type": "http_error", "code": 500, "message": "no"})]
)
def test_a_response_is_asked_for_behind_a_call(call: dict[str, Any]) -> None:
    with Puppet([call], [message("Done.")]).server() as server, connect(server) as s:
        assert s.ask("Refund A-1.", show=False).text == "Done." and len(s.turns) == 1
        assert requests(server) == 2
        # The end of the call and that of its response both look for what is next; the turn waits for one of them.
        assert [e.body["asked"] for e in s.events if e.type == "rtnb.tool.release"] == [True]


def test_nothing_is_asked_of_a_server_that_goes_on_by_itself() -> None:
    with Puppet([called(), message("Done.")]).server() as server, connect(server) as s:
        assert s.ask("Refund A-1.", show=False).text == "Done."
        assert requests(server) == 1


def test_a_call_that_is_not_through_when_its_response_ends_is_waited_for() -> None:
    late = {"items": [called(output=None)], "after": [event("response.mcp_call.completed")]}
    with Puppet(late, [message("Done.")]).server() as server, connect(server) as s:
        assert s.ask("Refund A-1.", show=False).text == "Done."
        assert requests(server) == 2


def test_functions_beside_it_share_the_response_that_follows() -> None:
    def look_up() -> str:
        """Looks something up."""
        return "found"

    plan = [called(), function_call("look_up", "{}", "call_1")]
    with Puppet(plan, [message("Done.")]).server() as server, connect(server, look_up) as s:
        assert s.ask("Refund A-1.", show=False).text == "Done."
        assert requests(server) == 2


def test_a_model_that_goes_on_calling_is_stopped() -> None:
    plans = [[called(id=f"mcp_{number}")] for number in range(10)]
    with Puppet(*plans).server() as server, connect(server, max_tool_rounds=2) as s:
        s.ask("Refund A-1.", show=False)
        assert requests(server) == 3
        assert server.received[-1]["response"]["tool_choice"] == "none"
