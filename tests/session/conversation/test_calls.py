"""Function calls, and the turns that they hold open."""

from __future__ import annotations

from support.logs import Script, Step, got, request, sent, session, user_item

CALL = {"id": "item_f", "type": "function_call", "call_id": "call_1", "name": "find", "arguments": ""}
DONE = {**CALL, "arguments": '{"x": 1}', "status": "completed"}


def local(kind: str, **members: object) -> Step:
    return ("local", {"type": f"rtnb.tool.{kind}", **members})


def called() -> Script:
    response = {"id": "resp_1", "conversation_id": "c", "metadata": {"rtnb_turn": "turn_1"}}
    return Script(
        session(),
        user_item("item_u", "find it"),
        request("turn_1"),
        got("response.created", response={**response, "status": "in_progress"}),
        got("response.output_item.added", response_id="resp_1", output_index=0, item=CALL),
        got("response.function_call_arguments.done", call_id="call_1", item_id="item_f", arguments='{"x": 1}'),
        got("response.output_item.done", response_id="resp_1", output_index=0, item=DONE),
        local("hold", response_id="resp_1"),
        local("started", call_id="call_1", name="find", background=False),
        got("response.done", response={**response, "status": "completed", "output": [DONE]}),
    )


def test_a_call_is_known_with_its_arguments_and_its_response() -> None:
    call = called().talk.calls["call_1"]
    assert (call.name, call.arguments, call.response_id, call.status) == ("find", '{"x": 1}', "resp_1", "running")
    assert call.done and call.output is None


def test_a_turn_is_over_after_the_response_that_follows_the_call() -> None:
    script = called()
    (turn,) = script.talk.turns
    assert not script.talk.over(turn)
    output = {"type": "function_call_output", "call_id": "call_1", "output": "found"}
    script.play(local("finished", call_id="call_1", status="completed"), sent("conversation.item.create", item=output))
    script.play(sent("response.create", event_id="e2", response={"metadata": {"rtnb_turn": "turn_1"}}))
    script.play(local("release", response_id="resp_1"))
    assert not script.talk.over(turn) and script.talk.calls["call_1"].output == "found"
    response = {"id": "resp_2", "conversation_id": "c", "metadata": {"rtnb_turn": "turn_1"}}
    script.play(got("response.created", response={**response, "status": "in_progress"}))
    script.play(got("response.done", response={**response, "status": "completed", "output": []}))
    assert script.talk.over(turn) and turn.responses == ["resp_1", "resp_2"]
    assert script.talk.responses["resp_2"].trigger == "tool"
    assert len(script.talk.turns) == 1


def test_a_turn_whose_call_nobody_follows_up_is_over() -> None:
    script = called()
    script.play(local("finished", call_id="call_1", status="failed", error="KeyError: 1"))
    script.play(local("release", response_id="resp_1"))
    assert script.talk.over(script.talk.turns[0]) and script.talk.calls["call_1"].error == "KeyError: 1"
