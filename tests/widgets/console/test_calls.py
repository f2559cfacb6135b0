"""Calls say what they are about and how far they are."""

from __future__ import annotations

import json

from rtnb.session.conversation.state import CallState
from rtnb.widgets.console.calls import SHOWN_CHARS, call_row, remote_row


def test_a_call_goes_from_writing_to_its_result() -> None:
    call = CallState("c", "weather")
    assert call_row(call, {}, waiting=False)["note"] == "writing the arguments…"
    call.arguments, call.done, call.status, call.started_s = '{"city": "Bonn"}', True, "running", 1.0
    row = call_row(call, {}, waiting=False)
    assert (row["note"], row["streaming"], row["text"]) == ("running…", True, 'weather(city="Bonn")')
    call.status, call.finished_s, call.output = "completed", 1.25, "sunny"
    row = call_row(call, {}, waiting=False)
    assert (row["note"], row["took_s"], row["output"], row["streaming"]) == ("", 0.25, "sunny", False)
    call.status, call.error = "failed", "KeyError: 'Bonn'"
    row = call_row(call, {}, waiting=False)
    assert (row["note"], row["tone"]) == ("failed: KeyError: 'Bonn'", "bad")
    call.output = "x" * 50_000
    assert len(call_row(call, {}, waiting=False)["output"]) == SHOWN_CHARS


def test_an_empty_result_is_one_and_what_waits_is_shown_whole() -> None:
    call = CallState("c", "log", json.dumps({"text": "x" * 50_000}), done=True)
    row = call_row(call, {}, waiting=True)
    assert row["arguments"] == call.arguments and row["arguments_cut"] == 0 and row["output"] == ""
    call.output = ""
    row = call_row(call, {}, waiting=False)
    assert (row["output"], len(row["arguments"])) == ('""', SHOWN_CHARS)
    assert row["arguments_cut"] == len(call.arguments) - SHOWN_CHARS
    wire = {"type": "mcp_approval_request", "name": "pay", "arguments": call.arguments}
    assert remote_row(wire, verdict=None, live=True)["arguments"] == call.arguments
    assert remote_row({**wire, "arguments": "x" * 1_000_001}, verdict=None, live=True)["arguments_cut"] == 1


def test_a_call_that_another_server_runs() -> None:
    wire = {"type": "mcp_call", "id": "m", "server_label": "shop", "name": "find", "arguments": "{}"}
    row = remote_row(wire, verdict=None, live=True)
    assert (row["note"], row["streaming"], row["server"], row["open"]) == ("running…", True, "shop", False)
    assert remote_row({**wire, "output": "[]"}, verdict=None, live=True)["output"] == "[]"
    failed = remote_row({**wire, "error": {"message": "No."}}, verdict=None, live=True)
    assert (failed["note"], failed["tone"], failed["streaming"]) == ("failed: No.", "bad", False)
