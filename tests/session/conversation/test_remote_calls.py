"""Calls that the server makes itself: of MCP tools, with approval and without."""

from __future__ import annotations

from typing import Any

from support.logs import Script, got, request, session, user_item

RESPONSE = {"id": "resp_1", "conversation_id": "c", "metadata": {"rtnb_turn": "turn_1"}}
CALL = {"id": "mcp_1", "type": "mcp_call", "server_label": "shop", "name": "status", "arguments": '{"number": 17}'}
ASKED = {**CALL, "id": "mcpr_1", "type": "mcp_approval_request"}


def answered(**outcome: Any) -> Script:
    """A call that needs no approval; `outcome` are the members that come when it is through."""
    return Script(
        session(),
        user_item("item_u", "Where is order 17?"),
        request("turn_1"),
        got("response.created", response={**RESPONSE, "status": "in_progress"}),
        got("response.output_item.added", response_id="resp_1", item={**CALL, "arguments": "", "output": None}),
        got("response.mcp_call_arguments.done", item_id="mcp_1", arguments='{"number": 17}'),
        got("response.mcp_call.in_progress", item_id="mcp_1"),
        got(f"response.mcp_call.{'failed' if outcome.get('error') else 'completed'}", item_id="mcp_1"),
        got("response.output_item.done", response_id="resp_1", item={**CALL, **outcome}),
        got("response.done", response={**RESPONSE, "status": "completed", "output": [{**CALL, **outcome}]}),
    )


def test_a_call_is_of_its_turn_with_its_server_and_its_output() -> None:
    talk = answered(output="It is shipped.", error=None).talk
    assert talk.responses["resp_1"].calls == ["mcp_1"]
    call = talk.calls["mcp_1"]
    assert (call.name, call.arguments, call.output) == ("shop.status", '{"number": 17}', "It is shipped.")
    assert (call.status, call.error, call.done) == ("completed", "", True)
    assert call.done_s is not None and call.started_s is not None and call.finished_s is not None
    assert call.done_s <= call.started_s <= call.finished_s


def test_a_failure_says_why() -> None:
    call = answered(error={"type": "http_error", "code": 503, "message": "The shop is closed."}).talk.calls["mcp_1"]
    assert (call.status, call.error, call.output) == ("failed", "The shop is closed.", "The shop is closed.")
    assert answered(error={"type": "http_error"}).talk.calls["mcp_1"].error == "http_error"


def requested() -> Script:
    return Script(
        session(),
        user_item("item_u", "Where is order 17?"),
        request("turn_1"),
        got("response.created", response={**RESPONSE, "status": "in_progress"}),
        # As the service sends them: with the id that the call will have, if there ever is one.
        got("response.mcp_call_arguments.done", item_id="mcp_1", arguments='{"number": 17}'),
        got("response.output_item.added", response_id="resp_1", item=ASKED),
        got("response.done", response={**RESPONSE, "status": "completed", "output": [ASKED]}),
    )


def test_what_waits_for_approval_is_no_call_yet() -> None:
    assert not requested().talk.calls


def test_an_approved_call_is_of_the_response_that_asked() -> None:
    script = requested()
    item = {**CALL, "approval_request_id": "mcpr_1"}
    script.play(got("conversation.item.added", item={**item, "output": None}, previous_item_id="mcpr_1"))
    script.play(got("response.mcp_call.in_progress", item_id="mcp_1"))
    call = script.talk.calls["mcp_1"]
    assert script.talk.responses["resp_1"].calls == ["mcp_1"] and (call.status, call.output) == ("running", None)
    script.play(got("response.mcp_call.completed", item_id="mcp_1"))
    script.play(got("conversation.item.done", item={**item, "output": ""}, previous_item_id="mcpr_1"))
    assert (call.status, call.output) == ("completed", "") and script.talk.responses["resp_1"].calls == ["mcp_1"]


def test_events_of_calls_that_nobody_knows_are_passed_over() -> None:
    script = requested()
    for kind in ("in_progress", "completed", "failed"):
        script.play(got(f"response.mcp_call.{kind}", item_id="mcp_9"))
    assert not script.talk.calls
