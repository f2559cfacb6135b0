"""Waiting for what the server sees, on a thread and on an event loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import websockets
from support.wire import Wire

from rtnb.errors import ConfigError, LoopThreadError
from rtnb.testing import RtnbServer


@pytest.fixture
def server() -> Iterator[RtnbServer]:
    with RtnbServer({"rules": [{"on": {"any": True}, "say": "Good evening."}]}, voice="tone") as running:
        yield running


@asynccontextmanager
async def agent(server: RtnbServer) -> AsyncIterator[None]:
    """An agent that is a task of the test's own loop."""

    async def run() -> None:
        headers = {"Authorization": f"Bearer {server.key}"}
        async with websockets.connect(f"{server.url}?model=gpt-realtime", additional_headers=headers) as socket:
            await socket.send(json.dumps({"type": "response.create", "response": {"output_modalities": ["text"]}}))
            async for _ in socket:
                pass

    task = asyncio.create_task(run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_an_agent_on_the_same_loop_is_waited_for(server: RtnbServer) -> None:
    async def test() -> None:
        async def is_over(server: RtnbServer) -> bool:
            await asyncio.sleep(0)
            return bool(server.sent("response.done"))

        async with agent(server):
            done = await server.aio.wait_for("response.done")
            assert done["response"]["status"] == "completed"
            await server.aio.wait_until(lambda server: server.said == ["Good evening."])
            await server.aio.wait_until(is_over)
        await server.aio.wait_closed()
        assert server.session.closed_with is not None
        with pytest.raises(AssertionError, match=r"(?s)no 2 x response\.done.*← response\.done"):
            await server.aio.wait_for("response.done", count=2, timeout_s=0.05)
        with pytest.raises(AssertionError, match="there was no rain"):
            await server.aio.wait_until(lambda _: False, timeout_s=0.01, what="rain")

    asyncio.run(test())


def test_a_wait_that_would_block_the_loop_says_what_to_write(server: RtnbServer) -> None:
    async def test() -> None:
        for name, wait in (
            ("wait_for", lambda: server.wait_for("session.created")),
            ("wait_until", lambda: server.wait_until(lambda _: True)),
            ("wait_closed", server.wait_closed),
        ):
            with pytest.raises(LoopThreadError, match=rf"await rtnb_server\.aio\.{name}\("):
                wait()
        # On another thread nobody is in its way.
        async with agent(server):
            await asyncio.to_thread(server.wait_for, "response.done")

    asyncio.run(test())


def test_what_cannot_come_is_not_waited_for(server: RtnbServer) -> None:
    with pytest.raises(ConfigError, match="takes the types of events"):
        server.wait_for()
    seconds: Any = 2
    with pytest.raises(ConfigError, match="how long to wait is timeout_s"):
        server.wait_for("response.done", seconds)
    with pytest.raises(ConfigError, match="a count from 1 up"):
        asyncio.run(server.aio.wait_for("response.done", count=0))


def test_a_condition_is_tried_again_where_no_event_passes(server: RtnbServer) -> None:
    tried: list[int] = []

    def third(_: RtnbServer) -> bool:
        tried.append(1)
        return len(tried) >= 3

    server.wait_until(third)
    tried.clear()
    asyncio.run(server.aio.wait_until(third))
    assert len(tried) == 3


def test_an_event_from_another_thread_ends_it(server: RtnbServer) -> None:
    with Wire(server.url, key=server.key) as wire:
        wire.update(output_modalities=["text"])
        wire.send({"type": "response.create"})
        assert asyncio.run(server.aio.wait_for("response.done"))["type"] == "response.done"
