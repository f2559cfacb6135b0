"""Events on record: without credentials, and otherwise as they were."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.testing.steps import DEEPEST, Step, hidden, line_of

SENTINEL = "QUETZALCOATL"
URL = "https://mcp.example/sse"

TOOLS: list[dict[str, Any]] = [
    {"authorization": SENTINEL},
    {"Authorization": SENTINEL},
    {"authorisation": f"Bearer {SENTINEL}"},
    {"Headers": {"X-Key": SENTINEL}},
    {"headers": [SENTINEL]},
    {"server_url": f"http://u:{SENTINEL}@127.0.0.1:1/"},
    {"server_url": f"{URL}?token={SENTINEL}"},
    {"server_url": f"{URL}?k={SENTINEL}"},
    {"server_url": f"http://[::{SENTINEL}"},
]


def events(tool: dict[str, Any]) -> list[dict[str, Any]]:
    whole = {"type": "mcp", "server_label": "x", "server_url": URL, **tool}
    untyped = {name: value for name, value in whole.items() if name != "type"}
    return [
        {"type": "session.update", "session": {"type": "realtime", "tools": [whole]}},
        {"type": "session.update", "session": {"type": "realtime", "tools": [untyped]}},
        {"type": "session.update", "Session": {"tools": [whole]}},
        {"type": "session.update", "tools": [whole]},
        {"type": "response.create", "response": {"tools": [whole]}},
        {"type": "conversation.item.create", "item": whole},
    ]


@pytest.mark.parametrize("tool", TOOLS)
def test_no_credential_of_an_mcp_server_is_kept(tool: dict[str, Any]) -> None:
    for event in events(tool):
        before = copy.deepcopy(event)
        line = line_of(Step("client", hidden(event), 0.0))
        assert SENTINEL not in line and "server_label" in line
        # What the server works with is another copy.
        assert event == before


def test_an_address_in_an_error_is_blanked() -> None:
    event = {"type": "error", "error": {"message": f"'{URL}?api_key={SENTINEL}' does not answer."}}
    assert hidden(event)["error"]["message"] == f"'{URL}?api_key=[redacted]' does not answer."


KEPT: list[dict[str, Any]] = [
    {"tools": [{"type": "function", "name": "f", "parameters": {"properties": {"token": {"type": "string"}}}}]},
    {"item": {"type": "mcp_list_tools", "tools": [{"name": "f", "input_schema": {"properties": {"api_key": {}}}}]}},
    {"logprobs": [{"token": "Hi", "logprob": -0.5, "bytes": [72, 105]}]},
    {"usage": {"total_tokens": 7, "input_token_details": {"cached_tokens": 0}}},
    {"tools": [{"type": "mcp", "server_label": "x", "server_url": URL, "require_approval": "never"}]},
    {"transcript": "The bearer of news has a token."},
    {"authorization": None, "headers": {}},
]


@pytest.mark.parametrize("event", KEPT)
def test_what_is_no_credential_stays(event: dict[str, Any]) -> None:
    assert hidden(event) == event


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=4)))
def test_plain_values_stay(value: Any) -> None:
    assert hidden({"value": value}) == {"value": value}


def test_what_is_very_deep_is_left_out() -> None:
    deep: Any = SENTINEL
    for _ in range(5 * DEEPEST):
        deep = [deep]
    assert SENTINEL not in json.dumps(hidden({"type": "x", "item": deep}))
