"""Function calls: what the model asked for, and what it was told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rtnb.protocol.envelope import Event
from rtnb.session.conversation.reading import string
from rtnb.session.conversation.state import CallState, ResponseState

if TYPE_CHECKING:
    from rtnb.session.conversation.reducer import Conversation

__all__ = ["HANDLERS", "item", "sent_output"]


def item(talk: Conversation, wire: Mapping[str, Any], response: ResponseState | None, event: Event) -> None:
    """A ``function_call`` item, begun or complete."""
    call_id = wire.get("call_id")
    if wire.get("type") != "function_call" or not isinstance(call_id, str):
        return
    call = _call(talk, call_id)
    call.name = string(wire.get("name")) or call.name
    call.item_id = string(wire.get("id")) or call.item_id
    if response is not None:
        call.response_id = response.id
        if call_id not in response.calls:
            response.calls.append(call_id)
    if event.type != "response.output_item.added":
        call.arguments = string(wire.get("arguments")) or call.arguments
        _complete(call, event.t_s)


def arguments_done(talk: Conversation, event: Event) -> None:
    """The arguments are complete."""
    call_id = event.body.get("call_id")
    if isinstance(call_id, str):
        call = _call(talk, call_id)
        call.name = string(event.body.get("name")) or call.name
        call.arguments = string(event.body.get("arguments"))
        _complete(call, event.t_s)


def _complete(call: CallState, now_s: float) -> None:
    call.done = True
    if call.done_s is None:
        call.done_s = now_s


def sent_output(talk: Conversation, wire: Mapping[str, Any], now_s: float) -> None:
    """The client's item may be the output of a call."""
    call_id = wire.get("call_id")
    if wire.get("type") != "function_call_output" or not isinstance(call_id, str):
        return
    call = talk.calls.get(call_id)
    if call is not None:
        call.output = string(wire.get("output"))
        call.output_s = now_s


def started(talk: Conversation, event: Event) -> None:
    """A Python function runs."""
    call = _call(talk, string(event.body.get("call_id")))
    call.name = string(event.body.get("name")) or call.name
    call.status, call.started_s = "running", event.t_s
    call.background = event.body.get("background") is True


def finished(talk: Conversation, event: Event) -> None:
    """A Python function is done."""
    call = _call(talk, string(event.body.get("call_id")))
    call.status, call.finished_s = string(event.body.get("status")) or "completed", event.t_s
    call.error = string(event.body.get("error"))


def hold(talk: Conversation, event: Event) -> None:
    """The turn of a response goes on after it."""
    if (response := talk.responses.get(string(event.body.get("response_id")))) is not None:
        response.held = True


def release(talk: Conversation, event: Event) -> None:
    """The response after it was asked for, or there will be none."""
    if (response := talk.responses.get(string(event.body.get("response_id")))) is not None:
        response.held = False


def _call(talk: Conversation, call_id: str) -> CallState:
    found = talk.calls.get(call_id)
    if found is None:
        found = talk.calls[call_id] = CallState(call_id)
    return found


HANDLERS = {
    ("received", "response.function_call_arguments.done"): arguments_done,
    ("local", "rtnb.tool.started"): started,
    ("local", "rtnb.tool.finished"): finished,
    ("local", "rtnb.tool.hold"): hold,
    ("local", "rtnb.tool.release"): release,
}
