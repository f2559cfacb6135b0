from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from support.desk import Desk, Mind
from support.wire import types

from rtnb.server.brains.base import BrainRequest, Piece, Say

DOCS = {"type": "mcp", "server_label": "docs", "server_url": "https://example.com/mcp"}
FUNCTION = {"type": "function", "name": "look_up"}


async def yes(request: BrainRequest) -> AsyncIterator[Piece]:
    yield Say("Yes.")


def test_a_server_that_cannot_be_reached_is_told_of_once_and_the_rest_holds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def use() -> None:
        mind = Mind(yes)
        async with Desk(mind) as desk:
            mark = len(desk.events)
            await desk.update(instructions="Be brief.", tools=[DOCS, FUNCTION])
            assert types(desk.events[mark:]) == [
                "session.updated",
                "conversation.item.added",
                "mcp_list_tools.in_progress",
                "mcp_list_tools.failed",
                "conversation.item.done",
            ]
            assert "'docs'" in caplog.text
            assert desk.events[mark]["session"]["tools"] == [DOCS, FUNCTION]
            assert len(await desk.send("session.update", session={"type": "realtime", "tools": [DOCS]})) == 1
            await desk.respond(tools=[FUNCTION, DOCS], output_modalities=["text"])
            assert mind.asked[0].tools == (FUNCTION,) and mind.asked[0].messages == ()

    asyncio.run(use())
