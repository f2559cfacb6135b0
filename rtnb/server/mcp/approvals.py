"""Calls that wait for a client's yes, and what becomes of them.

The call is made as soon as the yes is there, without a response being asked for: the official Ruby example of
approvals (``openai/openai-ruby``, ``examples/realtime/mcp_approval.rb``) waits for ``response.mcp_call.completed``
before it sends its next ``response.create``. A ``response.create`` that comes while the call runs waits for it, so that
clients which ask at once are answered with the result, though it waits no longer than for a list of tools. What ends a
response ends the calls too: ``response.cancel``, and a user who interrupts.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rtnb.protocol import Problem
from rtnb.server.answer.output import Emit
from rtnb.server.brains.base import Message
from rtnb.server.conversation import Conversation, Item
from rtnb.server.mcp.failures import McpFailure
from rtnb.server.mcp.tools import Offer
from rtnb.server.problems import Refused

__all__ = ["Approvals", "outcome"]


@dataclass(frozen=True, slots=True)
class _Wanted:
    offer: Offer
    arguments: str
    call_id: str
    index: int
    kept: bool


Standing = Callable[[Offer], Offer | str]
"""Gives what a call is made with now, or says why it is not made."""


@dataclass(slots=True)
class _Call:
    item: Item
    place: dict[str, Any]
    previous: str | None
    ended: bool = False


async def outcome(offer: Offer, arguments: str) -> str | McpFailure:
    """What a call gave back, or how it failed; nothing is raised."""
    try:
        return await offer.remote.call(offer.tool, arguments)
    except McpFailure as failure:
        return failure
    except Exception as error:
        return McpFailure("protocol_error", f"The call failed ({type(error).__name__}).")


class Approvals:
    """The requests of one session.

    Parameters
    ----------
    emit : callable
    conversation : Conversation
    standing : callable
        What is left of what a call was asked for with.
    """

    def __init__(self, emit: Emit, conversation: Conversation, standing: Standing) -> None:
        self._standing = standing
        self._emit = emit
        self._conversation = conversation
        self._wanted: dict[str, _Wanted] = {}
        self._answered: set[str] = set()
        self._running: dict[asyncio.Task[None], _Call] = {}
        self._passed_over: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> bool:
        """Whether an approved call is being made that a response waits for."""
        return bool(self._waited_for())

    def request(self, request_id: str, offer: Offer, arguments: str, *, call_id: str, index: int, kept: bool) -> None:
        """A response has asked.

        `call_id` is the item that the call will be, `index` its place in the response, and `kept` is whether the
        request is an item of the conversation, from which it may be deleted.
        """
        self._wanted[request_id] = _Wanted(offer, arguments, call_id, index, kept)

    def check(self, wire: Mapping[str, Any]) -> None:
        """Refuse an answer to nothing.

        Raises
        ------
        Refused
            Nothing of that id was asked, it has been answered or deleted, or a yes comes to a call that cannot be made
            any more.
        """
        request_id = wire["approval_request_id"]
        if request_id in self._answered:
            raise _refused(f"The approval request '{request_id}' has been answered already.")
        wanted = self._wanted.get(request_id)
        if wanted is None:
            raise _refused(f"There is no approval request '{request_id}' in this session.")
        if wanted.kept and self._conversation.find(request_id) is None:
            raise _refused(f"The approval request '{request_id}' was deleted from the conversation.")
        if wire["approve"] and isinstance(problem := self._standing(wanted.offer), str):
            raise _refused(problem)

    def answer(self, item: Item) -> None:
        """A valid answer has joined the conversation."""
        request_id = item.wire["approval_request_id"]
        wanted = self._wanted.pop(request_id)
        self._answered.add(request_id)
        if item.wire["approve"]:
            item.messages = ()
            self._begin(wanted, request_id)
            return
        told = {"error": "The user did not approve this call, and it was not made."}
        if reason := item.wire.get("reason"):
            told["reason"] = reason
        name = wanted.offer.name
        item.messages = (
            Message(role="assistant", name=name, call_id=wanted.call_id, text=wanted.arguments),
            Message(role="tool", call_id=wanted.call_id, text=json.dumps(told)),
        )

    async def settled(self) -> None:
        """Wait until no approved call runs but those that were waited for long enough."""
        while waiting := self._waited_for():
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)

    def pass_over(self) -> None:
        """No response waits any more for the calls that run now."""
        self._passed_over |= self._running.keys()

    def cancel(self) -> bool:
        """End what runs as failed, there as well; its events are out when this returns. False where nothing runs."""
        running = [(task, call) for task, call in self._running.items() if not call.ended]
        for task, call in running:
            self._end(call, McpFailure("tool_execution_error", "The call was stopped before it was through."))
            task.cancel()
        return bool(running)

    def _waited_for(self) -> set[asyncio.Task[None]]:
        return {task for task, call in self._running.items() if not call.ended and task not in self._passed_over}

    async def close(self) -> None:
        """Cancel what runs."""
        running = set(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    def _begin(self, wanted: _Wanted, request_id: str) -> None:
        standing = self._standing(wanted.offer)
        assert isinstance(standing, Offer)
        wire: dict[str, Any] = {
            "id": wanted.call_id,
            "type": "mcp_call",
            "server_label": wanted.offer.declaration.label,
            "name": wanted.offer.tool.name,
            "arguments": wanted.arguments,
            "approval_request_id": request_id,
            "output": None,
            "error": None,
        }
        item = Item(wire)
        item.growing = list
        previous = self._conversation.append(item)
        call = _Call(item, {"item_id": item.id, "output_index": wanted.index}, previous)
        self._emit("conversation.item.added", item=dict(wire), previous_item_id=previous)
        self._emit("response.mcp_call.in_progress", **call.place)
        task = asyncio.create_task(self._call(call, standing, wanted.arguments))
        self._running[task] = call
        task.add_done_callback(self._gone)

    async def _call(self, call: _Call, offer: Offer, arguments: str) -> None:
        self._end(call, await outcome(offer, arguments))

    def _gone(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._passed_over.discard(task)

    def _end(self, call: _Call, found: str | McpFailure) -> None:
        if call.ended:
            return
        call.ended = True
        item = call.item
        if isinstance(found, McpFailure):
            item.wire["error"] = found.to_wire()
        else:
            item.wire["output"] = found
        item.growing = None
        item.changed()
        self._conversation.grown(item)
        self._emit(f"response.mcp_call.{'failed' if isinstance(found, McpFailure) else 'completed'}", **call.place)
        if item in self._conversation:
            self._emit("conversation.item.done", item=dict(item.wire), previous_item_id=call.previous)


def _refused(message: str) -> Refused:
    return Refused(Problem("invalid_value", message, "item.approval_request_id"))
