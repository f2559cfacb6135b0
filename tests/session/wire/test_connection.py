"""One open socket: frames in, events out, and how it ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rtnb.errors import SessionClosedError
from rtnb.session.wire.connection import Connection
from rtnb.session.wire.endpoint import Endpoint
from rtnb.testing import Close, ScriptedServer, greeting


def opened(server: ScriptedServer, work: Any) -> tuple[list[Any], list[int | None]]:
    """Frames that arrived while `work` ran, and the codes of the ends that were told."""

    async def main() -> tuple[list[Any], list[int | None]]:
        frames: list[Any] = []
        ends: list[int | None] = []
        connection = await Connection.open(
            Endpoint(url=server.url, label="t"),
            "m",
            lambda connection, frame, now_s: frames.append(frame),
            lambda connection: ends.append(connection.code),
        )
        assert not frames
        connection.start()
        await work(connection)
        await connection.close()
        return frames, ends

    return asyncio.run(main())


def test_an_end_from_this_side_is_not_told() -> None:
    async def work(c: Connection) -> None:
        await c.send({"type": "x"})
        await asyncio.sleep(0.1)

    with ScriptedServer(lambda event: [event], first=[greeting()]) as server:
        frames, ends = opened(server, work)
    assert len(frames) == 2 and ends == []


def test_an_end_from_the_other_side_is_told_once_with_its_code() -> None:
    async def work(c: Connection) -> None:
        await c.ended.wait()
        assert (c.code, c.reason) == (1013, "later")
        assert c.greeting.done() and c.greeting.result() is None
        with pytest.raises(SessionClosedError):
            await c.send({"type": "x"})

    with ScriptedServer(first=[Close(1013, "later")]) as server:
        frames, ends = opened(server, work)
    assert frames == [] and ends == [1013]
