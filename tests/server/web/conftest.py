"""Real servers on real sockets, with voices that load at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from rtnb.server import EmbeddedServer, Options
from rtnb.speech import SilentEar, ToneVoice, VoiceLoader, VoiceStack
from rtnb.vad import load_engine

Start = Callable[..., "Served"]


class Served:
    """A running server, and HTTP to it."""

    def __init__(self, server: EmbeddedServer) -> None:
        self.server = server
        self.url = server.url
        self.root = server.url.replace("ws://", "http://").removesuffix("/v1/realtime")
        self.port = int(self.root.rpartition(":")[2])

    def http(self, method: str, path: str, *, key: str | None = None, **options: Any) -> httpx.Response:
        headers = ({"Authorization": f"Bearer {key}"} if key else {}) | options.pop("headers", {})
        return httpx.request(method, self.root + path, headers=headers, timeout=20, trust_env=False, **options)


@pytest.fixture
def serve() -> Iterator[Start]:
    """Starts servers that end with the test; without `api_key` they let in any key."""
    with ExitStack() as stack:

        def start(**options: Any) -> Served:
            server = EmbeddedServer()
            server._options = Options(**options)
            server.voices = VoiceLoader(lambda progress: VoiceStack(SilentEar(), ToneVoice(), load_engine("energy")))
            return Served(stack.enter_context(server))

        yield start
