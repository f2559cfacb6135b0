"""What a console costs while an answer streams in deltas of 20 ms: messages to the browser, and CPU of the kernel.

A real kernel opens a session with a scripted server (a process of its own) that sends a piece of transcript and a piece
of audio every 20 ms. The kernel measures its own CPU time; this process is the browser: it opens the console's comm and
counts what comes. The same stream without a console, and with one that no page shows, says what is the session's share.

    python benchmarks/console.py [--seconds 10] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from queue import Empty
from typing import Any

SERVER = """
import asyncio, base64, json, sys
from websockets.asyncio.server import serve

AUDIO = base64.b64encode(bytes(960)).decode()

async def talk(socket):
    session = {"id": "sess", "type": "realtime", "model": "m", "audio": {"input": {}, "output": {}}}
    await socket.send(json.dumps({"type": "session.created", "event_id": "e", "session": session}))
    number = 0
    async for frame in socket:
        event = json.loads(frame)
        if event["type"] == "session.update":
            await socket.send(json.dumps({"type": "session.updated", "event_id": "u", "session": session}))
        elif event["type"] == "response.create":
            number += 1
            asyncio.get_running_loop().create_task(answer(socket, f"r{number}", f"i{number}", event["response"]))

async def answer(socket, response, item, asked):
    async def say(**event):
        await socket.send(json.dumps({"event_id": "x", **event}))
    body = {"id": response, "object": "realtime.response", "conversation_id": "c", "status": "in_progress",
            "output": [], "metadata": asked.get("metadata")}
    message = {"id": item, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    where = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
    await say(type="response.created", response=body)
    await say(type="response.output_item.added", response_id=response, output_index=0, item=message)
    loop = asyncio.get_running_loop()
    start, count = loop.time(), int(float(SECONDS) / 0.02)
    for step in range(count):
        await asyncio.sleep(max(0.0, start + step * 0.02 - loop.time()))
        await say(type="response.output_audio_transcript.delta", delta="word ", **where)
        await say(type="response.output_audio.delta", delta=AUDIO, **where)
    await say(type="response.done", response={**body, "status": "completed"})

async def main():
    async with serve(talk, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().create_future()

SECONDS = sys.argv[1]
asyncio.run(main())
"""

CELL = """
import os, subprocess, sys, time
import rtnb
server = subprocess.Popen([sys.executable, "-c", {server!r}, {seconds!r}], stdout=subprocess.PIPE, text=True)
s = rtnb.connect("ws://127.0.0.1:" + server.stdout.readline().strip() + "/v1/realtime", key="none", journal=False)
console = rtnb.Console(s) if {console} else None
"""

ASK = """
before, begun = time.process_time(), time.monotonic()
s.ask("Go.", show=False, timeout=600)
print("used", time.process_time() - before, time.monotonic() - begun)
"""

END = "s.close(); server.terminate(); _ = server.wait()"


def measured(seconds: float, *, console: bool, page: bool) -> tuple[float, float, int]:
    """CPU share of a core, messages a second, and bytes a second to the browser."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")
    try:
        comm = run(client, CELL.format(server=SERVER, seconds=str(seconds), console=console))["comm"]
        if page:
            assert comm, "no comm was opened"
            said = {"comm_id": comm, "data": {"method": "custom", "content": {"type": "hello", "page": "p"}}}
            client.shell_channel.send(client.session.msg("comm_msg", said))
        time.sleep(1.5)
        found = run(client, ASK, comm=comm or "")
        used, took = (float(word) for word in found["printed"].split()[1:3])
        run(client, END)
        return used / took, found["messages"] / took, round(found["bytes"] / took)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(client: Any, code: str, comm: str = "") -> dict[str, Any]:
    """Run a cell; what was printed, the comm of the live view, and what it was sent."""
    asked = client.execute(code)
    found: dict[str, Any] = {"printed": "", "comm": "", "messages": 0, "bytes": 0}
    while True:
        try:
            message = client.get_iopub_msg(timeout=60)
        except Empty:
            raise SystemExit("the kernel says nothing") from None
        content, kind = message["content"], message["msg_type"]
        if kind == "comm_open" and "_esm" in content["data"].get("state", {}):
            found["comm"] = content["comm_id"]
        elif kind == "comm_msg" and content["comm_id"] == comm:
            found["messages"] += 1
            found["bytes"] += len(json.dumps(content))
        elif kind == "stream":
            found["printed"] += content["text"]
        elif kind == "error":
            raise SystemExit("\n".join(content["traceback"]))
        elif kind == "status" and (content["execution_state"], message["parent_header"].get("msg_id")) == (
            "idle",
            asked,
        ):
            return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{'':44}{'share of a core':>22}{'messages/s':>12}{'kB/s':>8}")
    middle = {}
    for title, console, page in (
        ("session alone", False, False),
        ("console, no page", True, False),
        ("console, one page", True, True),
    ):
        rounds = [measured(options.seconds, console=console, page=page) for _ in range(options.rounds)]
        shares = [each[0] for each in rounds]
        middle[title] = statistics.median(shares)
        spread = f"{middle[title]:.1%} ({min(shares):.1%} to {max(shares):.1%})"
        print(f"{title:44}{spread:>22}{max(r[1] for r in rounds):12.1f}{max(r[2] for r in rounds) / 1000:8.1f}")
    more = middle["console, one page"] - middle["session alone"]
    print(f"{'the console itself':44}{more:>22.1%}   goal: at most 5 % and 20 messages/s")


if __name__ == "__main__":
    main()
