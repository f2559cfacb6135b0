"""What a server is told when an answer is stopped."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import rtnb
from rtnb.testing import ScriptedServer, greeting

SECOND = base64.b64encode(bytes(48000)).decode()


DELTA = {"type": "response.output_audio.delta", "response_id": "resp_1", "item_id": "item_1", "delta": SECOND}


KINDS = ("response.cancel", "conversation.item.truncate", "conversation.item.delete")


def answering(audio_s: int, *, done: bool) -> Any:
    """A server whose answer has `audio_s` seconds of audio at once, and ends only if `done` or when cancelled."""

    def script(event: dict[str, Any]) -> list[Any]:
        base = {"id": "resp_1", "conversation_id": "c"}
        end = {"type": "response.done", "response": {**base, "status": "completed", "output": []}}
        if event["type"] == "session.update":
            return [{"type": "session.updated", "session": {"model": "m"}}]
        if event["type"] == "response.create":
            item = {"id": "item_1", "type": "message", "role": "assistant", "content": []}
            opening = [
                {"type": "response.created", "response": {**base, "metadata": event["response"]["metadata"]}},
                {"type": "response.output_item.added", "response_id": "resp_1", "output_index": 0, "item": item},
            ]
            return [*opening, *[DELTA] * audio_s, *([end] if done else [])]
        if event["type"] == "response.cancel":
            return [DELTA, {**end, "response": {**base, "status": "cancelled", "output": []}}]
        return []

    return script


def interrupted(script: Any, after_s: float) -> tuple[rtnb.Turn, list[dict[str, Any]]]:
    async def main(url: str) -> rtnb.Turn:
        async with rtnb.AsyncSession(url) as session:
            turn = await session.send("hello")
            await asyncio.sleep(after_s)
            await session.interrupt()
            await session.interrupt()
            await turn
            return session.turns[0]

    with ScriptedServer(script, first=[greeting(model="m")]) as server:
        turn = asyncio.run(main(server.url))
    return turn, [e for e in server.received if e["type"] in KINDS]


def test_what_sounds_is_cancelled_and_truncated_once_at_what_was_heard() -> None:
    turn, sent = interrupted(answering(3, done=False), 0.4)
    assert [e["type"] for e in sent] == ["response.cancel", "conversation.item.truncate"]
    assert sent[0]["response_id"] == "resp_1"
    assert turn.heard_s is not None and 0.1 < turn.heard_s < 2.9
    assert sent[1]["audio_end_ms"] == int(turn.heard_s * 1000)
    assert turn.status == "cancelled"


def test_a_complete_answer_that_still_sounds_is_only_truncated() -> None:
    turn, sent = interrupted(answering(3, done=True), 0.4)
    assert [e["type"] for e in sent] == ["conversation.item.truncate"]
    assert turn.status == "completed" and turn.heard_s is not None


def test_an_answer_of_which_nothing_was_heard_is_deleted() -> None:
    turn, sent = interrupted(answering(0, done=False), 0.2)
    assert [e["type"] for e in sent] == ["response.cancel", "conversation.item.delete"]
    assert sent[1]["item_id"] == "item_1" and turn.heard_s == 0


def test_a_real_player_decides_what_was_heard() -> None:
    async def main(url: str) -> rtnb.Turn:
        async with rtnb.AsyncSession(url) as session:
            session.player.attach()
            turn = await session.send("hello")
            items = session.core.talk.items
            while "item_1" not in items or items["item_1"].audio_ms < 3000:
                await asyncio.sleep(0.01)
            session.player.report("item_1", played_ms=1234.5)
            await session.interrupt()
            await turn
            return session.turns[0]

    with ScriptedServer(answering(3, done=False), first=[greeting(model="m")]) as server:
        turn = asyncio.run(main(server.url))
    (truncation,) = [e for e in server.received if e["type"] == "conversation.item.truncate"]
    assert truncation["audio_end_ms"] == 1234
    assert turn.heard_s == 1.2345


def test_g711_is_truncated_by_its_own_rate() -> None:
    formats = {"output": {"format": {"type": "audio/pcmu"}}}
    plain = answering(1, done=True)

    def script(event: dict[str, Any]) -> list[Any]:
        if event["type"] == "session.update":
            return [{"type": "session.updated", "session": {"model": "m", "audio": formats}}]
        return list(plain(event))

    async def main(url: str) -> None:
        async with rtnb.AsyncSession(url) as session:
            session.player.attach()
            await session.ask("hello")
            session.player.report("item_1", played_ms=5_500)
            await session.interrupt()

    with ScriptedServer(script, first=[greeting(model="m")]) as server:
        asyncio.run(main(server.url))
    (truncation,) = [e for e in server.received if e["type"] == "conversation.item.truncate"]
    assert truncation["audio_end_ms"] == 5_500  # 48,000 bytes are six seconds of G.711
