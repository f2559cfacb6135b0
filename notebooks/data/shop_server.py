"""A shop as an MCP server, for the notebook 05_tools_and_mcp: a program of its own, which prints its address."""

import os
import socket

import uvicorn
from mcp.server import MCPServer

shop = MCPServer("shop", log_level="WARNING")
orders = {17: "shipped", 18: "in production", 19: "delivered"}


@shop.tool()
def order_status(number: int) -> str:
    """Where an order is, by its number."""
    return f"Order {number} is {orders[number]}." if number in orders else f"There is no order {number}."


@shop.tool()
def cancel_order(number: int) -> str:
    """Cancel an order by its number."""
    orders[number] = "cancelled"
    return f"Order {number} is cancelled."


if __name__ == "__main__":
    if hasattr(os, "setpgrp"):
        os.setpgrp()  # Interrupting a cell of the notebook is not meant for the shop.
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/mcp", flush=True)
    server = uvicorn.Server(uvicorn.Config(shop.streamable_http_app(), log_level="warning"))
    server.run(sockets=[listening])
