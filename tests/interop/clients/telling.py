"""What the Python client programs share: how they are called, what they are given, and how they tell facts."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BYTES_PER_MS = 48
"""PCM16 at 24 kHz."""


@dataclass(frozen=True)
class Given:
    """The arguments of a client program."""

    url: str
    root: str
    audio: Path

    @property
    def base(self) -> str:
        """Without ``/realtime``, for clients that add it."""
        return self.url.removesuffix("/realtime")

    def pcm(self, name: str) -> bytes:
        return (self.audio / f"{name}.pcm").read_bytes()


def chunks(pcm: bytes, ms: int = 100) -> Iterator[bytes]:
    for start in range(0, len(pcm), ms * BYTES_PER_MS):
        yield pcm[start : start + ms * BYTES_PER_MS]


def tell(**facts: Any) -> None:
    print(json.dumps({"fact": True, "facts": facts}), flush=True)


def run(scenarios: dict[str, Callable[[Given], Awaitable[None] | None]]) -> None:
    """Run the scenario that the command line names."""
    name, url, root, audio = sys.argv[1:5]
    done = scenarios[name](Given(url, root, Path(audio)))
    if done is not None:
        asyncio.run(asyncio.wait_for(done, 30))  # type: ignore[arg-type]
