"""How soon the chat brain speaks: from the end of the first sentence at the model to its audio at the client.

Usage: python benchmarks/chat.py [--turns N] [--tokens-a-second R]

The model is a stub endpoint in this process that streams at a steady rate; the server is `rtnb serve --brain chat` in
a process of its own, with the real voice. The clock starts when the endpoint has sent the last token of the first
sentence and stops when the client has the first `response.output_audio.delta`. That a sentence is over shows only with
the token after it, so one token's time is in every figure; in the second row the answer itself ends there instead.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from serving import client, row, send, serving, spread, until

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.chat_endpoint import ChatEndpoint, says, tokens_of

FIRST = (
    "It is sunny in Paris today.",
    "Your table for four is booked for half past seven this evening.",
    "Yes.",
    "I found three trains, and the fastest one takes a little over two hours.",
    "Sure, let me think about that for a moment!",
)
REST = " It will be warmer tomorrow, I think. Is there anything else that you would like to know?"
GOAL_MS = 250


async def sentences(turns: int, rate: float, rest: str) -> list[float]:
    """Seconds from the end of the first sentence to its audio, for each turn but the first two."""
    found: list[float] = []
    with ChatEndpoint() as endpoint:
        chat = ("--brain", "chat", "--chat-url", endpoint.url, "--chat-model", "stub")
        with serving(*chat, "--realtime-factor", "0") as server:
            async with client(server, instructions="You are brief.") as socket:
                for turn in range(turns + 2):
                    first = FIRST[turn % len(FIRST)]
                    endpoint.then(says(first + rest, rate))
                    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Well?"}]}
                    await send(socket, {"type": "conversation.item.create", "item": item})
                    await send(socket, {"type": "response.create"})
                    _, came = await until(socket, "response.output_audio.delta")
                    await until(socket, "response.done")
                    _, sent = endpoint.last.sent[len(tokens_of(first)) - 1]
                    if turn > 1:
                        found.append(came - sent)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--tokens-a-second", type=float, default=30.0)
    options = parser.parse_args()
    rate = options.tokens_a_second
    for name, rest in (("first of several sentences", REST), ("the only sentence", "")):
        times = asyncio.run(sentences(options.turns, rate, rest))
        row(f"end of {name} at {rate:g} tokens/s → first audio", spread(times), f"< {GOAL_MS} ms")


if __name__ == "__main__":
    main()
