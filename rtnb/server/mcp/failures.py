"""What can go wrong between this server and an MCP server, in the words of the Realtime API."""

from __future__ import annotations

from typing import Any, Literal

__all__ = ["CONNECTION_CLOSED", "INVALID_PARAMS", "PARSE_ERROR", "REQUEST_TIMEOUT", "McpFailure"]

INVALID_PARAMS = -32602
PARSE_ERROR = -32700
"""The first two: JSON-RPC 2.0."""
CONNECTION_CLOSED = -32000
REQUEST_TIMEOUT = -32001
"""The last two as the ``mcp`` package numbers them (``mcp_types.jsonrpc``, 2.3)."""


class McpFailure(Exception):
    """A list or a call that failed.

    Parameters
    ----------
    kind : {"protocol_error", "tool_execution_error", "http_error"}
        As the item's ``error`` says.
    message : str
        For people and models.
    code : int
        Of JSON-RPC, or the HTTP status.

    Examples
    --------
    >>> McpFailure("http_error", "The MCP server answered with HTTP status 401.", 401).to_wire()
    {'type': 'http_error', 'message': 'The MCP server answered with HTTP status 401.', 'code': 401}
    >>> McpFailure("tool_execution_error", "No such city.").to_wire()
    {'type': 'tool_execution_error', 'message': 'No such city.'}
    """

    def __init__(
        self,
        kind: Literal["protocol_error", "tool_execution_error", "http_error"],
        message: str,
        code: int = CONNECTION_CLOSED,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.code = code

    def to_wire(self) -> dict[str, Any]:
        """As the ``error`` of an ``mcp_call``."""
        wire: dict[str, Any] = {"type": self.kind, "message": self.message}
        return wire if self.kind == "tool_execution_error" else {**wire, "code": self.code}
