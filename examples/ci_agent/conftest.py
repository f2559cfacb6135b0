"""A server in place of the model, and a caller in place of a person."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from rtnb.audio.formats import PCM16
from rtnb.speech import Synthesizer, load_voice_stack

HERE = Path(__file__).parent
BYTES_PER_MS = 48


@pytest.fixture(scope="session", autouse=True)
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """``rtnb serve``, which plays the model's part in these calls as the scenario says."""
    ready = tmp_path_factory.mktemp("rtnb") / "ready.json"
    scenario = f"script:{HERE / 'scenario.yaml'}"
    server = subprocess.Popen(["rtnb", "serve", "--port", "0", "--ready-file", str(ready), "--brain", scenario])
    try:
        while not ready.exists():
            assert server.poll() is None, "rtnb serve ended"
            time.sleep(0.05)
        os.environ["REALTIME_URL"] = json.loads(ready.read_text())["url"].removesuffix("/realtime")
        os.environ["OPENAI_API_KEY"] = "none is needed"
        yield
    finally:
        server.terminate()
        server.wait(10)


class Caller:
    """A person on the telephone: what is said goes out at real pace, and what the agent says plays at real pace."""

    def __init__(self, voice: Synthesizer):
        self._voice = voice
        self._to_say = bytearray()
        self._to_hear = bytearray()
        self._heard_bytes = 0
        self._moved = asyncio.Event()
        self._answered = asyncio.Event()

    async def microphone(self) -> AsyncIterator[bytes]:
        """Every 20 ms what is said, or silence; what the agent says is heard meanwhile."""
        size = 20 * BYTES_PER_MS
        while True:
            chunk = bytes(self._to_say[:size])
            del self._to_say[:size]
            yield chunk.ljust(size, b"\0")
            if self._to_hear:
                self._heard_bytes += len(self._to_hear[:size])
                del self._to_hear[:size]
                self._moved.set()
                if not self._to_hear:
                    self._answered.set()
            await asyncio.sleep(0.02)

    def play(self, audio: bytes) -> None:
        if not self._to_hear:
            self._heard_bytes = 0
        self._to_hear += audio

    def stop(self) -> int | None:
        if not self._to_hear:
            return None
        self._to_hear.clear()
        return self._heard_bytes // BYTES_PER_MS

    async def says(self, text: str) -> None:
        """Say it, also while the agent speaks."""
        self._answered.clear()
        self._to_say += PCM16.encode(self._voice.synthesize(text), self._voice.rate_hz)

    async def hears(self, ms: int) -> None:
        """Until so much of the agent's answer has been heard."""
        while self._heard_bytes < ms * BYTES_PER_MS:
            self._moved.clear()
            await self._moved.wait()

    async def listens(self) -> None:
        """Until the agent has answered."""
        await self._answered.wait()
        self._answered.clear()


@pytest.fixture(scope="session")
def voice() -> Synthesizer:
    return load_voice_stack(lambda done, total, label: None).synthesizer


@pytest.fixture
def caller(voice: Synthesizer) -> Callable[[], Caller]:
    return lambda: Caller(voice)
