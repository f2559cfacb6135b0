"""MCP servers whose tools the models of this server call."""

from __future__ import annotations

from rtnb.server.mcp.policy import McpPolicy

__all__ = ["McpPolicy"]
