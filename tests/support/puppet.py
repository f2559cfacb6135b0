"""A scripted server that answers each response.create with the output items that a test planned for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from rtnb.testing import ScriptedServer, greeting

__all__ = ["Puppet", "approval_request", "function_call", "mcp_call", "message"]


def message(text: str) -> dict[str, Any]:
    """What the assistant writes."""
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def function_call(name: str, arguments: str, call_id: str, *, status: str = "completed") -> dict[str, Any]:
    return {"type": "function_call", "name": name, "arguments": arguments, "call_id": call_id, "status": status}


def approval_request(request_id: str, tool: str = "refund", arguments: str = '{"order":"A-1"}') -> dict[str, Any]:
    return {
        "id": request_id,
        "type": "mcp_approval_request",
        "server_label": "shop",
        "name": tool,
        "arguments": arguments,
    }


def mcp_call(request_id: str, output: str) -> dict[str, Any]:
    return {
        "type": "mcp_call",
        "server_label": "shop",
        "name": "refund",
        "arguments": "{}",
        "approval_request_id": request_id,
        "output": output,
    }


class Puppet:
    """The script of a :class:`rtnb.testing.ScriptedServer`.

    Parameters
    ----------
    *plans
        The output items of each response in turn; a mapping with ``items`` and other members of the
        ``response.done`` says how it ends, and what follows it. When there are no more, responses are empty.
    item_events : bool
        Whether items come one by one, or in ``response.done`` alone.
    """

    def __init__(self, *plans: Iterable[dict[str, Any]] | Mapping[str, Any], item_events: bool = True) -> None:
        self._plans = list(plans)
        self._item_events = item_events
        self._number = itertools.count()

    def server(self) -> ScriptedServer:
        return ScriptedServer(self, first=[greeting(model="m")])

    def __call__(self, event: Mapping[str, Any]) -> list[dict[str, Any]]:
        match event["type"]:
            case "session.update":
                return [{"type": "session.updated", "session": {"id": "sess", **event["session"]}}]
            case "conversation.item.create":
                return [{"type": "conversation.item.added", "item": event["item"], "previous_item_id": None}]
            case "response.create":
                return self._response(event.get("response") or {})
        return []

    def _response(self, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        number = next(self._number)
        plan = self._plans.pop(0) if self._plans else []
        how: dict[str, Any] = dict(plan) if isinstance(plan, Mapping) else {"items": list(plan)}
        rid = f"resp_{number}"
        base = {"id": rid, "conversation_id": "conv", "metadata": params.get("metadata"), "usage": None}
        events: list[dict[str, Any]] = [
            {"type": "response.created", "response": {**base, "status": "in_progress", "output": []}}
        ]
        items = [{"id": f"item_{number}_{i}", "status": "completed", **item} for i, item in enumerate(how["items"])]
        for index, item in enumerate(items if self._item_events else []):
            shared = {"response_id": rid, "output_index": index}
            events.append({"type": "response.output_item.added", "item": {**item, "status": "in_progress"}, **shared})
            events.append({"type": "conversation.item.added", "item": item, "previous_item_id": None})
            events.append({"type": "response.output_item.done", "item": item, **shared})
        done = {**base, "status": how.get("status", "completed"), "status_details": how.get("details"), "output": items}
        events += how.get("before", [])
        if not how.get("endless"):
            events.append({"type": "response.done", "response": done})
        return [*events, *how.get("after", [])]
