"""A server in place of the model, and a caller in place of a person. No wait is without an end."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from agent import Agent

from rtnb.audio.formats import PCM16
from rtnb.speech import Synthesizer, load_voice_stack

HERE = Path(__file__).parent
BYTES_PER_MS = 48
START_S, ANSWER_S, CALL_S = 60, 20, 40

Book = Callable[..., int]


@pytest.fixture(scope="session", autouse=True)
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """``rtnb serve``, which plays the model's part in these calls as the scenario says."""
    ready = tmp_path_factory.mktemp("rtnb") / "ready.json"
    scenario = f"script:{HERE / 'scenario.yaml'}"
    server = subprocess.Popen(["rtnb", "serve", "--port", "0", "--ready-file", str(ready), "--brain", scenario])
    try:
        deadline_s = time.monotonic() + START_S
        while not ready.exists():
            assert server.poll() is None, f"rtnb serve ended with status {server.returncode}"
            assert time.monotonic() < deadline_s, f"rtnb serve does not listen after {START_S} s"
            time.sleep(0.05)
        os.environ["REALTIME_URL"] = json.loads(ready.read_text())["url"].removesuffix("/realtime")
        os.environ["OPENAI_API_KEY"] = "none is needed"
        yield
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


class Caller:
    """A person on the telephone: what is said goes out at real pace, and what the agent says plays at real pace."""

    def __init__(self, voice: Synthesizer):
        self._voice = voice
        self._last_words = ""
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
        self._last_words = text
        self._to_say += PCM16.encode(self._voice.synthesize(text), self._voice.rate_hz)

    async def hears(self, ms: int) -> None:
        """Until so much of the agent's answer has been heard."""
        async with self._waiting(f"{ms} ms of an answer"):
            while self._heard_bytes < ms * BYTES_PER_MS:
                self._moved.clear()
                await self._moved.wait()

    async def listens(self) -> None:
        """Until the agent has answered."""
        async with self._waiting("the end of an answer"):
            await self._answered.wait()
        self._answered.clear()

    @asynccontextmanager
    async def _waiting(self, what: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(ANSWER_S):
                yield
        except TimeoutError:
            heard_ms = self._heard_bytes // BYTES_PER_MS
            raise TimeoutError(
                f"The caller said {self._last_words!r} and waited {ANSWER_S} s for {what}; {heard_ms} ms were heard."
            ) from None


@pytest.fixture(scope="session")
def voice() -> Synthesizer:
    stack = load_voice_stack(lambda done, total, label: None)
    assert stack.complete, stack.missing
    return stack.synthesizer


@pytest.fixture
def call(voice: Synthesizer) -> Callable[[Book, Callable[[Caller], Awaitable[None]]], Agent]:
    """``call(book, talk)`` lets a caller talk to an agent until the agent hangs up, and returns the agent."""

    async def ring(book: Book, talk: Callable[[Caller], Awaitable[None]]) -> Agent:
        person = Caller(voice)
        agent = Agent(person, book)
        try:
            async with asyncio.timeout(CALL_S):
                await asyncio.gather(agent.take_call(person.microphone()), talk(person))
                return agent
        except TimeoutError as error:
            why = str(error) or f"The agent has not hung up after {CALL_S} s."
        pytest.fail(f"{why}\nThe agent heard {agent.heard}\nand said {agent.said}.", pytrace=False)

    return lambda book, talk: asyncio.run(ring(book, talk))
