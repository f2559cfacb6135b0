"""The shop: a real MCP server, whose tools the model calls."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from mcp.server import MCPServer


class Shop:
    """What the tests know of it."""

    def __init__(self, url: str):
        self.url = url
        self.asked: list[int] = []


@pytest.fixture
def shop() -> Iterator[Shop]:
    listening = socket.create_server(("127.0.0.1", 0))
    running = Shop(f"http://127.0.0.1:{listening.getsockname()[1]}/mcp")
    tools = MCPServer("shop")

    @tools.tool()
    def order_status(number: int) -> str:
        """Where an order is."""
        running.asked.append(number)
        return "arrives on Friday"

    server = uvicorn.Server(uvicorn.Config(tools.streamable_http_app(), log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    yield running
    server.should_exit = True
    thread.join()
    listening.close()
