"""Tools of MCP servers, which this server does not connect to: said once a server, and the session goes on."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from rtnb.protocol.ids import new_id
from rtnb.server.answer.output import Emit
from rtnb.server.conversation import Conversation, Item

__all__ = ["McpTools", "function_tools"]


def function_tools(tools: Iterable[Mapping[str, Any]] | None) -> tuple[Mapping[str, Any], ...]:
    """The tools that a brain can be given.

    Examples
    --------
    >>> function_tools([{"type": "mcp", "server_label": "docs"}, {"type": "function", "name": "look_up"}])
    ({'type': 'function', 'name': 'look_up'},)
    """
    return tuple(tool for tool in tools or () if tool.get("type") != "mcp")


log = logging.getLogger(__name__)


class McpTools:
    """Reports the MCP servers of one session as servers whose tools could not be listed.

    That is what the live service does with one that it cannot reach, and clients have to cope with it; a refusal
    would take the rest of their settings with it.
    """

    def __init__(self, emit: Emit, conversation: Conversation) -> None:
        self._emit = emit
        self._conversation = conversation
        self._told: set[str] = set()

    def announce(self, tools: Iterable[Mapping[str, Any]] | None) -> None:
        """Settings with these tools are in effect."""
        for tool in tools or ():
            if tool.get("type") == "mcp" and tool["server_label"] not in self._told:
                self._told.add(tool["server_label"])
                self._failed(tool["server_label"])

    def _failed(self, label: str) -> None:
        item = Item({"id": new_id("mcpl"), "type": "mcp_list_tools", "server_label": label, "tools": []})
        previous = self._conversation.append(item)
        self._emit("conversation.item.added", item=dict(item.wire), previous_item_id=previous)
        self._emit("mcp_list_tools.in_progress", item_id=item.id)
        self._emit("mcp_list_tools.failed", item_id=item.id)
        self._emit("conversation.item.done", item=dict(item.wire), previous_item_id=previous)
        # No error event: clients end a session at one, and the failure is told.
        log.warning("this server connects to no MCP servers: the tools of %r are not available", label)
