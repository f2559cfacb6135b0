"""Calls that the server makes itself, of tools of MCP servers: known by the ids of their items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rtnb.protocol.envelope import Event
from rtnb.session.conversation.reading import string
from rtnb.session.conversation.state import CallState, ResponseState

if TYPE_CHECKING:
    from rtnb.session.conversation.reducer import Conversation

__all__ = ["HANDLERS", "item"]


def item(talk: Conversation, wire: Mapping[str, Any], response: ResponseState | None, event: Event) -> None:
    """An ``mcp_call`` item, begun or complete; one that was approved comes without a response."""
    item_id = string(wire.get("id"))
    if wire.get("type") != "mcp_call" or not item_id:
        return
    call = talk.calls.get(item_id)
    if call is None:
        call = talk.calls[item_id] = CallState(item_id, item_id=item_id, status="running")
    call.name = ".".join(filter(None, (string(wire.get("server_label")), string(wire.get("name")))))
    call.arguments = string(wire.get("arguments")) or call.arguments
    response = response or _asked_in(talk, item_id, string(wire.get("approval_request_id")))
    if response is not None and item_id not in response.calls:
        call.response_id = response.id
        response.calls.append(item_id)
    error, output = wire.get("error"), wire.get("output")
    if isinstance(error, Mapping):
        call.error = call.output = string(error.get("message")) or string(error.get("type")) or "it failed"
        _over(call, "failed", event.t_s)
    elif isinstance(output, str):
        call.output = output
        _over(call, "completed", event.t_s)


def arguments_done(talk: Conversation, event: Event) -> None:
    """The arguments are complete; of a call that waits for approval they come before it is one."""
    if (call := _known(talk, event)) is not None:
        call.arguments = string(event.body.get("arguments")) or call.arguments
        call.done, call.done_s = True, event.t_s


def in_progress(talk: Conversation, event: Event) -> None:
    """The server calls the tool."""
    if (call := _known(talk, event)) is not None:
        call.started_s, call.done = event.t_s, True


def completed(talk: Conversation, event: Event) -> None:
    """The tool has answered; what, comes with the item."""
    if (call := _known(talk, event)) is not None:
        _over(call, "completed", event.t_s)


def failed(talk: Conversation, event: Event) -> None:
    """The call came to nothing; why, comes with the item."""
    if (call := _known(talk, event)) is not None:
        _over(call, "failed", event.t_s)


def _over(call: CallState, status: str, now_s: float) -> None:
    call.done, call.status = True, status
    if call.finished_s is None:
        call.finished_s = now_s


def _known(talk: Conversation, event: Event) -> CallState | None:
    return talk.calls.get(string(event.body.get("item_id")))


def _asked_in(talk: Conversation, item_id: str, request_id: str) -> ResponseState | None:
    """The response that has the item, or the request for its approval."""
    wanted = {item_id, request_id} - {""}
    return next((each for each in reversed(talk.responses.values()) if not wanted.isdisjoint(each.items)), None)


HANDLERS = {
    ("received", "response.mcp_call_arguments.done"): arguments_done,
    ("received", "response.mcp_call.in_progress"): in_progress,
    ("received", "response.mcp_call.completed"): completed,
    ("received", "response.mcp_call.failed"): failed,
}
