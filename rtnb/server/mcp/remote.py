"""One MCP server of a session: its tools once they are listed, and its calls, over a connection that is kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from rtnb.server.mcp.arguments import parsed
from rtnb.server.mcp.client import Connection, NotInstalled, loaded
from rtnb.server.mcp.declaration import Declaration
from rtnb.server.mcp.failures import REQUEST_TIMEOUT, McpFailure
from rtnb.server.mcp.policy import McpPolicy
from rtnb.server.mcp.results import text_of
from rtnb.server.mcp.tools import McpTool, taken

__all__ = ["Remote"]

log = logging.getLogger(__name__)

TOLD = 5
"""How many of the tools that are left out are named in the log."""


class Remote:
    """What a session has to do with one declared server.

    Parameters
    ----------
    declaration : Declaration
        The address, and what opens it.
    policy : McpPolicy
    """

    def __init__(self, declaration: Declaration, policy: McpPolicy) -> None:
        self.declaration = declaration
        self.tools: Sequence[McpTool] = ()
        """Those that are listed; none while they are not."""
        self.listed = asyncio.Event()
        """Set once the list is there or has failed."""
        self._policy = policy
        self._connection: Connection | None = None
        self._busy = 0
        self._retired = False
        self._connecting = asyncio.Lock()

    async def fetch(self, show: Callable[[Sequence[McpTool]], Awaitable[None]]) -> bool:
        """Connect and list the tools, and have them shown; whether that worked. What went wrong is logged."""
        label = self.declaration.label
        self._busy += 1
        try:
            await loaded()
            async with asyncio.timeout(self._policy.list_timeout_s):
                tools, left = await self._list()
            await show(tools)
            self.tools = tools
            if left:
                told = "; ".join(left[:TOLD]) + (f"; and {len(left) - TOLD} others" if len(left) > TOLD else "")
                log.warning("tools of the MCP server %r are left out: %s", label, self.declaration.clean(told))
            return True
        except NotInstalled:
            log.warning(
                "the tools of the MCP server %r are not available: connecting needs pip install 'rtnb[mcp]'", label
            )
        except TimeoutError:
            wait_s = self._policy.list_timeout_s
            log.warning("the tools of the MCP server %r are not available: no list within %g s", label, wait_s)
        except McpFailure as failure:
            log.warning("the tools of the MCP server %r are not available: %s", label, failure.message)
        except Exception as error:
            log.warning("the tools of the MCP server %r are not available (%s)", label, type(error).__name__)
        finally:
            self.listed.set()
            await self._freed()
        return False

    async def _list(self) -> tuple[list[McpTool], list[str]]:
        url = self.declaration.url
        if url is None:
            what = f"{self.declaration.service} is the live service's own; this server connects to a server_url"
            raise McpFailure("protocol_error", what)
        if (problem := self._policy.problem(url) or await self._policy.private_problem(url)) is not None:
            raise McpFailure("protocol_error", problem)
        listed = await (await self._open()).list_tools()
        # Checking thousands of schemas takes long; it is work for the processor, but not for the event loop.
        return await asyncio.to_thread(taken, listed, self._policy.most_tools, self.declaration.clean)

    async def call(self, tool: McpTool, arguments: str) -> str:
        """Call a tool; cancelling this cancels the call.

        Returns
        -------
        str
            What it gave back.

        Raises
        ------
        McpFailure
        """
        given = parsed(arguments, tool.input_schema)
        self._busy += 1
        try:
            async with asyncio.timeout(self._policy.call_timeout_s):
                try:
                    result = await (await self._open()).call(tool.name, given)
                except McpFailure as failure:
                    if failure.kind != "http_error" or failure.code != 404:
                        raise
                    # Its session has expired there (MCP specification): nothing was done, and a new one is begun.
                    await self._drop()
                    result = await (await self._open()).call(tool.name, given)
        except TimeoutError:
            wait_s = self._policy.call_timeout_s
            what = f"The MCP server did not answer within {wait_s:g} s."
            raise McpFailure("protocol_error", what, REQUEST_TIMEOUT) from None
        finally:
            await self._freed()
        text = text_of(result, self._policy.most_output_chars, self.declaration.clean)
        if result.get("isError"):
            raise McpFailure("tool_execution_error", text or "The tool failed and did not say why.")
        return text

    @property
    def busy(self) -> bool:
        """Whether it is being listed or called."""
        return self._busy > 0

    async def retire(self) -> None:
        """Let go of the connection once nothing uses it any more; calls that still come have one of their own."""
        self._retired = True
        if not self._busy:
            await self._drop()

    async def _freed(self) -> None:
        self._busy -= 1
        if self._retired and not self._busy:
            await asyncio.shield(self._drop())

    async def close(self) -> None:
        """Let go of the connection."""
        await self._drop()

    async def _open(self) -> Connection:
        async with self._connecting:
            if self._connection is None or not self._connection.open:
                await self._drop()
                connection = Connection(self.declaration, self._policy)
                self._connection = connection
                try:
                    await connection.connect()
                except BaseException:
                    self._connection = None
                    await asyncio.shield(connection.close())
                    raise
            return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
