"""Whether the server grows: 10,000 turns on one connection, and 2,000 connections one after another.

Usage: python benchmarks/soak.py [--turns N] [--connections N]

Each turn's items are deleted after it, since a conversation that is kept is meant to grow. Everything else that a
turn leaves behind would show: the resident memory is read ten times on the way.
"""

from __future__ import annotations

import argparse
import asyncio
import json

from serving import Server, client, row, send, serving


async def turns(server: Server, count: int) -> list[float]:
    """Text turns on one connection, each deleted; memory after every tenth of them, in MB."""
    seen = []
    async with client(server, output_modalities=["text"], instructions="Reply only with 'OK'.") as socket:
        for turn in range(count):
            part = {"type": "input_text", "text": f"This is turn {turn}."}
            item = {"type": "message", "role": "user", "content": [part]}
            await send(socket, {"type": "conversation.item.create", "item": item})
            await send(socket, {"type": "response.create"})
            items, done = set(), False
            while not done:
                event = json.loads(await socket.recv())
                done = event["type"] == "response.done"
                if event["type"] == "conversation.item.added":
                    items.add(event["item"]["id"])
            for item_id in items:
                await send(socket, {"type": "conversation.item.delete", "item_id": item_id})
            if (turn + 1) % (count // 10) == 0:
                seen.append(server.memory_mb())
    return seen


async def connections(server: Server, count: int) -> list[float]:
    """Connections that come and go; memory after every tenth of them, in MB."""
    seen = []
    for turn in range(count):
        async with client(server):
            pass
        if (turn + 1) % (count // 10) == 0:
            seen.append(server.memory_mb())
    return seen


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=2_000)
    options = parser.parse_args()
    with serving("--realtime-factor", "0", voice="tone") as server:
        for name, found in (
            (f"memory over {options.turns:,} turns", await turns(server, options.turns)),
            (f"memory over {options.connections:,} connections", await connections(server, options.connections)),
        ):
            row(name, " ".join(f"{value:.0f}" for value in found) + " MB")


if __name__ == "__main__":
    asyncio.run(main())
