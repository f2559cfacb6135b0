"""Items, against the embedded server and against servers that behave otherwise."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import rtnb
from rtnb.errors import AnswerTimeoutError, ApiError, ConfigError, SessionError
from rtnb.session.verbs import items as module
from rtnb.testing import ScriptedServer, greeting

TEXT: dict[str, Any] = {"modalities": ["text"], "transcription": None, "journal": False}


def test_items_are_added_read_and_deleted(server: Any) -> None:
    async def main() -> None:
        async with rtnb.AsyncSession(server.url, key=server.key, **TEXT) as session:
            items = session.items
            second = await items.add("Second.")
            first = await items.add("First.", role="system", previous_item_id="root")
            third = await items.add("Third.", role="assistant", id="third", previous_item_id=second.id)
            assert list(items) == [first, second, third] and third.id == "third" and len(items) == 3
            assert items["third"].text == "Third." and items[0] == first and third in items
            with pytest.raises(ApiError, match="already"):
                await items.add("Again.", id="third")
            with pytest.raises(ConfigError, match="no audio of the assistant"):
                await items.add(rtnb.Clip.silence(0.5), role="assistant")
            with pytest.raises(SessionError, match="a user message"):
                await items.truncate(second, 100)
            with pytest.raises(ApiError, match="does not exist"):
                await items.delete("nobody")
            await items.delete(second)
            await items.delete(second)
            assert [item.id for item in items] == [first.id, "third"]
            with pytest.raises(ApiError, match="does not exist"):
                await items.retrieve(second)

    asyncio.run(main())


def test_answers_are_truncated_at_most_at_their_end_and_not_below_nothing(server: Any) -> None:
    async def main() -> None:
        async with rtnb.AsyncSession(server.url, key=server.key, **{**TEXT, "modalities": ["audio"]}) as session:
            turn = await session.ask("What is seven plus five?")
            answer = session.items[1]
            assert answer.audio is not None
            whole_ms = int(answer.audio.duration_s * 1000)
            cut = await session.items.truncate(answer, whole_ms + 10_000)
            assert cut is not None and (await session.items.retrieve(answer)).audio is not None
            await session.items.truncate(answer, whole_ms // 2)
            kept = await session.items.retrieve(answer)
            assert kept.audio is not None and kept.audio.duration_s == pytest.approx(whole_ms / 2000, abs=0.002)
            assert not kept.wire["content"][0].get("transcript"), "the server forgets the words"
            assert session.items[1].text == turn.text, "and rtnb does not"
            assert "dropped the transcript" in session._core.notices[-1]
            assert await session.items.truncate(answer, 0) is None
            assert len(session.items) == 1

    asyncio.run(main())


# Servers that behave otherwise


def scripted(answers: Any, work: Any, **settings: Any) -> list[dict[str, Any]]:
    def script(event: dict[str, Any]) -> list[Any]:
        if event["type"] == "session.update":
            return [{"type": "session.updated", "session": {"type": "realtime", "model": "m"}}]
        return list(answers(event))

    async def main(url: str) -> None:
        async with rtnb.AsyncSession(url, **TEXT, **settings) as session:
            await work(session)

    with ScriptedServer(script, first=[greeting(model="m")]) as server:
        asyncio.run(main(server.url))
    return server.received[1:]


def test_the_order_is_that_of_the_conversation_not_of_arrival() -> None:
    def answers(event: dict[str, Any]) -> Any:
        one, two = ({"id": name, "type": "message", "role": "user", "content": []} for name in ("one", "two"))
        yield {"type": "conversation.item.added", "item": one, "previous_item_id": None}
        yield {"type": "conversation.item.added", "item": two, "previous_item_id": "one"}
        item = event["item"]
        yield {"type": "conversation.item.added", "item": item, "previous_item_id": "one"}

    async def work(session: rtnb.AsyncSession) -> None:
        await session.items.add("Hi.", id="mine")
        assert [item.id for item in session.items] == ["one", "mine", "two"]

    scripted(answers, work)


def test_an_answer_of_the_beta_shape_is_one_too() -> None:
    def answers(event: dict[str, Any]) -> Any:
        yield {"type": "conversation.item.created", "item": event["item"], "previous_item_id": None}

    async def work(session: rtnb.AsyncSession) -> None:
        assert (await session.items.add("Hi.")).text == "Hi."

    scripted(answers, work)


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_TIMEOUT_S", 0.05)

    async def work(session: rtnb.AsyncSession) -> None:
        with pytest.raises(AnswerTimeoutError, match=r"conversation\.item\.create"):
            await session.items.add("Hi.")
        with pytest.raises(AnswerTimeoutError, match=r"conversation\.item\.retrieve"):
            await session.items.retrieve("a")

    scripted(lambda event: (), work)


def test_what_is_gone_already_when_it_is_to_be_deleted_is_quiet() -> None:
    def answers(event: dict[str, Any]) -> Any:
        if event["type"] == "conversation.item.create":
            yield {"type": "conversation.item.added", "item": event["item"], "previous_item_id": None}
        else:
            message = f"Error deleting item: the item with id '{event['item_id']}' does not exist."
            wire = {"type": "invalid_request_error", "code": "item_delete_invalid_item_id", "message": message}
            yield {"type": "error", "error": {**wire, "event_id": event["event_id"]}}

    async def work(session: rtnb.AsyncSession) -> None:
        item = await session.items.add("Hi.")
        await session.items.delete(item)

    scripted(answers, work)


@pytest.mark.parametrize("what", [None, 5, "", b"x"])
def test_what_names_no_item_is_an_error(server: Any, what: Any) -> None:
    async def main() -> None:
        async with rtnb.AsyncSession(server.url, key=server.key, **TEXT) as session:
            with pytest.raises(ConfigError, match="named by its id"):
                await session.items.delete(what)
            with pytest.raises(ConfigError, match="role is"):
                await session.items.add("Hi.", role="narrator")  # type: ignore[arg-type]
            with pytest.raises(SessionError, match="There is no item"):
                await session.items.truncate("nobody", 100)
            with pytest.raises(KeyError):
                session.items["nobody"]

    asyncio.run(main())
