"""Whether the server grows: 10,000 turns on one connection, and 2,000 connections one after another.

Usage: python benchmarks/soak.py [--turns N] [--connections N]

First each turn's items are deleted after it, and the resident memory is read ten times on the way: whatever else a
turn leaves behind would show. Then they are kept, which is meant to take memory; what a turn takes of the
processor must not grow with what came before it.
"""

from __future__ import annotations

import argparse
import asyncio
import json

from serving import Server, client, row, send, serving


async def turns(server: Server, count: int, *, kept: bool) -> tuple[list[float], list[float]]:
    """Text turns on one connection; after every tenth of them the memory in MB, and processor ms a turn."""
    seen, spent, used = [], [], server.cpu_s()
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
            for item_id in () if kept else items:
                await send(socket, {"type": "conversation.item.delete", "item_id": item_id})
            if (turn + 1) % (count // 10) == 0:
                seen.append(server.memory_mb())
                spent.append(1000 * (server.cpu_s() - used) / (count // 10))
                used = server.cpu_s()
    return seen, spent


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
        seen, _ = await turns(server, options.turns, kept=False)
        row(f"memory over {options.turns:,} turns", " ".join(f"{value:.0f}" for value in seen) + " MB")
        _, spent = await turns(server, options.turns, kept=True)
        row(f"processor a turn, {options.turns:,} turns kept", " ".join(f"{value:.1f}" for value in spent) + " ms")
        seen = await connections(server, options.connections)
        row(f"memory over {options.connections:,} connections", " ".join(f"{value:.0f}" for value in seen) + " MB")


if __name__ == "__main__":
    asyncio.run(main())
