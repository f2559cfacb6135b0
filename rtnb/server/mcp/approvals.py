"""Calls that wait for a client's yes, and what becomes of them.

The call is made as soon as the yes is there, without a response being asked for: the official Ruby example of
approvals (``openai/openai-ruby``, ``examples/realtime/mcp_approval.rb``) waits for ``response.mcp_call.completed``
before it sends its next ``response.create``. A ``response.create`` that comes while the call runs waits for it, so that
clients which ask at once are answered with the result.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
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
    """

    def __init__(self, emit: Emit, conversation: Conversation) -> None:
        self._emit = emit
        self._conversation = conversation
        self._wanted: dict[str, _Wanted] = {}
        self._answered: set[str] = set()
        self._running: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> bool:
        """Whether an approved call is being made."""
        return bool(self._running)

    def request(self, request_id: str, offer: Offer, arguments: str, *, call_id: str, index: int) -> None:
        """A response has asked; `call_id` is the item that the call will be, `index` its place in the response."""
        self._wanted[request_id] = _Wanted(offer, arguments, call_id, index)

    def check(self, wire: Mapping[str, Any]) -> None:
        """Refuse an answer to nothing.

        Raises
        ------
        Refused
            Nothing of that id was asked, or it has been answered.
        """
        request_id = wire["approval_request_id"]
        if request_id in self._answered:
            raise _refused(f"The approval request '{request_id}' has been answered already.")
        if request_id not in self._wanted:
            raise _refused(f"There is no approval request '{request_id}' in this session.")

    def answer(self, item: Item) -> None:
        """A valid answer has joined the conversation."""
        request_id = item.wire["approval_request_id"]
        wanted = self._wanted.pop(request_id)
        self._answered.add(request_id)
        if item.wire["approve"]:
            item.messages = ()
            task = asyncio.create_task(self._call(wanted, request_id))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
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
        """Wait until no approved call runs."""
        while self._running:
            await asyncio.wait(set(self._running))

    async def close(self) -> None:
        """Cancel what runs."""
        running = set(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    async def _call(self, wanted: _Wanted, request_id: str) -> None:
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
        place = {"item_id": item.id, "output_index": wanted.index}
        self._emit("conversation.item.added", item=dict(wire), previous_item_id=previous)
        self._emit("response.mcp_call.in_progress", **place)
        found = await outcome(wanted.offer, wanted.arguments)
        if isinstance(found, McpFailure):
            wire["error"] = found.to_wire()
        else:
            wire["output"] = found
        item.growing = None
        item.changed()
        self._conversation.grown(item)
        kind = "failed" if isinstance(found, McpFailure) else "completed"
        self._emit(f"response.mcp_call.{kind}", **place)
        if item in self._conversation:
            self._emit("conversation.item.done", item=dict(wire), previous_item_id=previous)


def _refused(message: str) -> Refused:
    return Refused(Problem("invalid_value", message, "item.approval_request_id"))
