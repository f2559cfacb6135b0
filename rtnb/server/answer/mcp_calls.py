"""The calls of MCP tools that one response makes: beside each other, and reported together when it ends."""

from __future__ import annotations

import asyncio

from rtnb.server.answer.mcp_output import McpCallOutput
from rtnb.server.mcp.approvals import outcome
from rtnb.server.mcp.failures import McpFailure
from rtnb.server.mcp.tools import Offer

__all__ = ["McpCalls"]


class McpCalls:
    """Runs them; empty to begin with."""

    def __init__(self) -> None:
        self._running: dict[asyncio.Task[str | McpFailure], McpCallOutput] = {}

    def begin(self, output: McpCallOutput, offer: Offer, arguments: str) -> None:
        """Make a call whose arguments are out."""
        output.begin()
        self._running[asyncio.create_task(outcome(offer, arguments))] = output

    async def through(self) -> None:
        """Wait for all of them, and end their items.

        The ends come in one go, and that of the response right behind them: ``openai-agents-js`` asks for the next
        response at the end of an item, and would be refused it while this one goes on.
        """
        running = set(self._running)
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                self._running[task].result(task.result())
        for output in self._running.values():
            output.close("completed")
        self._running.clear()

    def cancel(self) -> None:
        """Cancel what runs, there as well, and end its items as failed."""
        for task, output in self._running.items():
            task.cancel()
            output.close("incomplete")
        self._running.clear()
