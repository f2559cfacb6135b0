"""Output items of a response that have to do with MCP servers: a call, and a request to allow one."""

from __future__ import annotations

from typing import Any

from rtnb.server.answer.output import Emit, Output
from rtnb.server.conversation import Conversation
from rtnb.server.mcp.failures import McpFailure
from rtnb.server.mcp.tools import Offer

__all__ = ["ApprovalOutput", "McpCallOutput"]


class McpCallOutput(Output):
    """A call that the server makes itself: arguments streamed, then made, then completed or failed."""

    def __init__(
        self, emit: Emit, item_id: str, offer: Offer, *, response_id: str, index: int, conversation: Conversation | None
    ) -> None:
        wire = {
            "id": item_id,
            "type": "mcp_call",
            "server_label": offer.declaration.label,
            "name": offer.tool.name,
            "arguments": "",
            # Clients for JavaScript (@openai/agents-realtime) take no item without it.
            "output": None,
            "error": None,
        }
        super().__init__(emit, wire, response_id=response_id, index=index, conversation=conversation)
        self._call: dict[str, Any] = {"item_id": item_id, **self._at}
        self._place = {"item_id": item_id, "output_index": index}
        self._said = self._through = False

    def write(self, arguments: str) -> None:
        """Stream a piece of the arguments."""
        if arguments:
            self._text.append(arguments)
            self.item.wire["arguments"] = self.text
            self._emit("response.mcp_call_arguments.delta", delta=arguments, **self._call)

    def begin(self) -> None:
        """The arguments are complete, and the call is being made."""
        self._arguments_done()
        self._emit("response.mcp_call.in_progress", **self._place)

    def result(self, found: str | McpFailure) -> None:
        """What it gave back, or how it failed."""
        self._arguments_done()
        self._through = True
        if isinstance(found, McpFailure):
            self.item.wire["error"] = found.to_wire()
        else:
            self.item.wire["output"] = found
        kind = "failed" if isinstance(found, McpFailure) else "completed"
        self._emit(f"response.mcp_call.{kind}", **self._place)

    def close(self, status: str) -> None:
        """End it; without a result it has failed, since these items have no `status` that could tell it."""
        if not self._through:
            self.result(McpFailure("tool_execution_error", "The response ended before the call was through."))
        self._finish(None)

    def _arguments_done(self) -> None:
        if not self._said:
            self._said = True
            self._emit("response.mcp_call_arguments.done", arguments=self.text, **self._call)


class ApprovalOutput(Output):
    """A request to allow a call, complete from the start.

    The arguments are streamed before it, as those of the item that the call will be: the official Ruby example of
    approvals takes the id from ``response.mcp_call_arguments.done`` and waits for ``response.mcp_call.completed`` with
    the same one.
    """

    def __init__(
        self,
        emit: Emit,
        item_id: str,
        offer: Offer,
        arguments: str,
        *,
        call_id: str,
        response_id: str,
        index: int,
        conversation: Conversation | None,
    ) -> None:
        place = {"item_id": call_id, "response_id": response_id, "output_index": index}
        emit("response.mcp_call_arguments.delta", delta=arguments, **place)
        emit("response.mcp_call_arguments.done", arguments=arguments, **place)
        wire = {
            "id": item_id,
            "type": "mcp_approval_request",
            "server_label": offer.declaration.label,
            "name": offer.tool.name,
            "arguments": arguments,
        }
        super().__init__(emit, wire, response_id=response_id, index=index, conversation=conversation)
        self._text.append(arguments)

    def close(self, status: str) -> None:
        """End it; it has been complete all the time."""
        self._finish(None)
