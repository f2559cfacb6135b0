"""Which items a response is given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from support.desk import Desk, Mind

from rtnb.server.brains.base import BrainRequest, Piece, Say
from rtnb.server.context import longest_conversation, window
from rtnb.server.opening import Opening

TEXT = {"output_modalities": ["text"]}


def run(use: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(use(), 30))  # type: ignore[arg-type]


async def yes(request: BrainRequest) -> AsyncIterator[Piece]:
    yield Say("Yes.")


def limited(tokens: int, ratio: float = 1.0) -> dict[str, Any]:
    return {
        "truncation": {
            "type": "retention_ratio",
            "retention_ratio": ratio,
            "token_limits": {"post_instructions": tokens},
        }
    }


@pytest.mark.parametrize(
    ("model", "tokens"), [("gpt-realtime", 28_224), ("gpt-realtime-2.1", 96_000), ("gpt-of-tomorrow", None)]
)
def test_windows_are_those_of_the_table(model: str, tokens: int | None) -> None:
    assert window(model) == tokens
    assert (longest_conversation(model) or 0) >= (tokens or 0)


def test_what_is_left_out_is_gone_for_good_but_can_be_retrieved() -> None:
    async def use() -> None:
        mind = Mind(yes)
        async with Desk(mind) as desk:
            await desk.update(instructions="", **limited(60))
            for number in range(4):
                await desk.say(f"number {number} " + "word " * 12, id=f"item_{number}")
            done = await desk.respond(**TEXT)
            seen = [message.text.split()[1] for message in mind.asked[0].messages]
            assert seen == ["1", "2", "3"] and done["usage"]["input_tokens"] <= 60
            await desk.update(truncation="auto")
            await desk.respond(**TEXT)
            assert [message.text.split()[0] for message in mind.asked[1].messages] == ["number"] * 3 + ["Yes."]
            (retrieved,) = await desk.send("conversation.item.retrieve", item_id="item_0")
            assert retrieved["type"] == "conversation.item.retrieved"

    run(use)


def test_a_retention_ratio_drops_more_and_the_cache_is_bust_once() -> None:
    async def use() -> None:
        async with Desk(Mind(yes)) as desk:
            await desk.update(instructions="", **limited(1000, 0.5))
            cached, inputs = [], []
            for number in range(16):
                await desk.say(f"number {number} " + "word " * 100)
                usage = (await desk.respond(**TEXT))["usage"]
                inputs.append(usage["input_tokens"])
                cached.append(usage["input_token_details"]["cached_tokens"])
            assert max(inputs) <= 1000
            drops = [turn for turn in range(1, 16) if inputs[turn] < inputs[turn - 1]]
            assert 1 <= len(drops) <= 3
            assert all(cached[turn] == 0 for turn in drops)
            assert all(cached[turn] > 0 for turn in range(1, 16) if turn not in drops)
            assert all(inputs[turn] <= 500 for turn in drops)

    run(use)


def test_disabled_means_an_error_and_no_response() -> None:
    async def use() -> None:
        async with Desk(Mind(yes), opening=Opening(model="gpt-realtime")) as desk:
            await desk.update(truncation="disabled")
            await desk.say("word " * 30_000)
            await desk.send("response.create", event_id="mine")
            error = desk.error()
            assert (error["code"], error["event_id"]) == ("context_length_exceeded", "mine")
            assert not desk.of("response.created") and not desk.session.busy
            await desk.update(truncation="auto")
            # Nothing can be left out of a conversation whose newest item alone is more than the model takes.
            await desk.send("response.create", event_id="again")
            error = desk.error()
            assert (error["code"], error["event_id"]) == ("context_length_exceeded", "again")
            assert "newest item alone" in error["message"]
            await desk.say("And now?")
            assert (await desk.respond(**TEXT))["status"] == "completed"

    run(use)


def test_a_response_beside_the_conversation_leaves_nothing_out_for_good() -> None:
    async def use() -> None:
        mind = Mind(yes)
        async with Desk(mind) as desk:
            await desk.update(instructions="", **limited(30))
            for number in range(3):
                await desk.say(f"number {number} " + "word " * 12)
            await desk.respond(conversation="none", **TEXT)
            assert len(mind.asked[0].messages) == 1
            await desk.update(truncation="auto")
            await desk.respond(conversation="none", **TEXT)
            assert len(mind.asked[1].messages) == 3

    run(use)


def test_an_item_that_is_still_streamed_is_given_to_nobody() -> None:
    async def use() -> None:
        begun = asyncio.Event()

        async def think(request: BrainRequest) -> AsyncIterator[Piece]:
            yield Say("Half")
            if not begun.is_set():
                begun.set()
                await asyncio.sleep(3600)

        mind = Mind(think)
        async with Desk(mind) as desk:
            await desk.say("hello")
            await desk.send("response.create", response=TEXT)
            await begun.wait()
            await desk.respond(conversation="none", **TEXT)
            assert [message.text for message in mind.asked[1].messages] == ["hello"]

    run(use)
