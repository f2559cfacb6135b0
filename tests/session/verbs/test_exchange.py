"""One exchange as the server sees it."""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import Any

import pytest

import rtnb
from rtnb.errors import SessionClosedError
from rtnb.session.verbs.exchange import settle
from rtnb.testing import ScriptedServer, greeting

VAD = {"type": "server_vad", "threshold": 0.4}


def script(event: dict[str, Any]) -> list[Any]:
    if event["type"] == "session.update":
        return [{"type": "session.updated", "session": {"audio": {"input": {"turn_detection": VAD}}}}]
    if event["type"] == "response.create":
        response = {"id": "resp_1", "conversation_id": "c", "metadata": event["response"]["metadata"]}
        return [
            {"type": "response.created", "response": {**response, "status": "in_progress"}},
            {"type": "response.done", "response": {**response, "status": "completed", "output": []}},
        ]
    return []


def said(content: Any) -> list[dict[str, Any]]:
    async def main(url: str) -> None:
        async with rtnb.AsyncSession(url) as session:
            assert (await session.ask(content)).status == "completed"

    with ScriptedServer(script, first=[greeting(model="m")]) as server:
        asyncio.run(main(server.url))
    return server.received[1:]


def test_text_is_an_item_and_a_request() -> None:
    item, request = said("hello")
    assert item["item"]["content"] == [{"type": "input_text", "text": "hello"}]
    assert request["type"] == "response.create" and item["item"]["id"].startswith("item_")


def test_a_clip_is_one_turn_between_turn_detection_off_and_on_again() -> None:
    sent = said(rtnb.Clip.silence(1.2))
    kinds = [event["type"].rpartition(".")[2] for event in sent]
    assert kinds[:6] == ["update", "clear", "append", "append", "append", "commit"]
    assert sorted(kinds[6:]) == ["create", "update"]
    updates = [event["session"]["audio"]["input"] for event in sent if event["type"] == "session.update"]
    assert updates == [{"turn_detection": None}, {"turn_detection": VAD}]


@pytest.mark.parametrize("early", [True, False])
def test_a_cancelled_task_means_that_the_session_was_closed(early: bool) -> None:
    async def main() -> concurrent.futures.Future[None]:
        over: concurrent.futures.Future[None] = concurrent.futures.Future()
        task = asyncio.create_task(asyncio.sleep(60))
        settle(over, task)
        if not early:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return over

    with pytest.raises(SessionClosedError):
        asyncio.run(main()).result(1)
