"""Responses in a session: overrides, in and out of the conversation, cancelled at any moment."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from support.desk import Desk, Mind
from support.wire import types

from rtnb.audio.formats import PCMA, PCMU
from rtnb.server.answer.delivery import Delivery
from rtnb.server.brains.base import BrainError, BrainRequest, Call, Piece, Say, Stop
from rtnb.server.options import Limits
from rtnb.server.responses import MAX_RESPONSES

Json = dict[str, Any]
TOOLS = [{"type": "function", "name": name, "parameters": {}} for name in ("look_up", "book")]


def run(use: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(use(), 30))  # type: ignore[arg-type]


async def echo(request: BrainRequest) -> AsyncIterator[Piece]:
    yield Say(" ".join(message.text for message in request.messages if message.text) or "nothing")


async def long(request: BrainRequest) -> AsyncIterator[Piece]:
    for number in range(40):
        yield Say(f"This is sentence number {number}. ")


async def stuck(request: BrainRequest) -> AsyncIterator[Piece]:
    await asyncio.sleep(3600)
    yield Say("never")


async def calls(request: BrainRequest) -> AsyncIterator[Piece]:
    yield Call("look_up", '{"city": "Paris", "country": "France"}')
    yield Call("book", '{"seats": 2}')


def test_overrides_hold_for_one_response_and_are_shown() -> None:
    async def use() -> None:
        mind = Mind(echo)
        async with Desk(mind) as desk:
            await desk.update(instructions="Session.", tools=TOOLS)
            await desk.say("hello")
            override = {
                "instructions": "",
                "tools": [],
                "output_modalities": ["text"],
                "max_output_tokens": 50,
                "metadata": {"client_event_id": "x"},
            }
            done = await desk.respond(**override)
            created = desk.of("response.created")[0]["response"]
            assert created["metadata"] == done["metadata"] == {"client_event_id": "x"}
            assert (created["status"], created["output"], created["usage"]) == ("in_progress", [], None)
            assert done["output_modalities"] == ["text"] and done["max_output_tokens"] == 50
            assert (mind.asked[0].instructions, mind.asked[0].tools) == ("", ())
            assert mind.asked[0].metadata == {"client_event_id": "x"}
            await desk.respond(output_modalities=["text"])
            assert mind.asked[1].instructions == "Session." and len(mind.asked[1].tools) == 2

    run(use)


def test_one_response_in_the_conversation_and_others_beside_it() -> None:
    async def use() -> None:
        async with Desk(Mind(stuck), delivery=Delivery()) as desk:
            await desk.say("hello")
            await desk.send("response.create")
            assert desk.session.busy
            await desk.send("response.create", event_id="second")
            assert desk.error()["code"] == "conversation_already_has_active_response"
            assert desk.error()["event_id"] == "second"
            for _ in range(3):
                await desk.send("response.create", response={"conversation": "none"})
            ids = [event["response"]["id"] for event in desk.of("response.created")]
            assert len(ids) == 4
            assert [e["response"]["conversation_id"] is None for e in desk.of("response.created")] == [False] + [
                True
            ] * 3
            await desk.send("response.cancel", response_id=ids[2])
            await desk.send("response.cancel")
            done = [event["response"] for event in desk.of("response.done")]
            assert [response["id"] for response in done] == [ids[2], ids[0]]
            await desk.send("response.cancel")
            assert desk.error()["code"] == "response_cancel_not_active"
            await desk.send("response.cancel", response_id="resp_none")
            assert desk.error()["code"] == "response_cancel_not_active"
            assert len(desk.of("response.done")) == 2 and desk.session.busy
            for wanted in (ids[1], ids[3]):
                await desk.send("response.cancel", response_id=wanted)
            assert not desk.session.busy

    run(use)


def test_what_is_out_of_band_stays_out_of_the_conversation() -> None:
    async def use() -> None:
        mind = Mind(echo)
        async with Desk(mind) as desk:
            added = (await desk.say("in the conversation"))[0]["item"]["id"]
            item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "aside"}]}
            mark = len(desk.events)
            done = await desk.respond(
                conversation="none",
                output_modalities=["text"],
                input=[item, {"type": "item_reference", "id": added}],
            )
            assert done["output"][0]["content"][0]["text"] == "aside in the conversation"
            assert not [kind for kind in types(desk.events[mark:]) if kind.startswith("conversation.")]
            await desk.send("conversation.item.retrieve", item_id=done["output"][0]["id"])
            assert desk.error()["code"] == "item_retrieve_invalid_item_id"
            assert (await desk.respond(input=[], output_modalities=["text"]))["output"][0]["content"][0][
                "text"
            ] == "nothing"
            await desk.send("response.create", response={"input": [{"type": "item_reference", "id": "nowhere"}]})
            assert desk.error()["param"] == "response.input[0].id"
            await desk.send("response.create", response={"conversation": "conv_other"})
            assert desk.error()["param"] == "response.conversation"

    run(use)


def test_responses_beside_the_conversation_are_not_without_number() -> None:
    async def use() -> None:
        async with Desk(Mind(stuck)) as desk:
            for _ in range(MAX_RESPONSES + 1):
                await desk.send("response.create", response={"conversation": "none"})
            assert len(desk.of("response.created")) == MAX_RESPONSES
            assert desk.error()["code"] == "rate_limit_exceeded"

    run(use)


def test_a_message_that_joins_meanwhile_changes_nothing_in_a_response() -> None:
    async def use() -> None:
        go = asyncio.Event()

        async def think(request: BrainRequest) -> AsyncIterator[Piece]:
            await go.wait()
            async for piece in echo(request):
                yield piece

        async with Desk(Mind(think)) as desk:
            await desk.say("first")
            await desk.send("response.create", response={"output_modalities": ["text"]})
            await desk.say("second")
            go.set()
            done = (await desk.until("response.done"))["response"]
            assert done["output"][0]["content"][0]["text"] == "first"

    run(use)


@pytest.mark.parametrize("modality", ["text", "audio"])
@pytest.mark.parametrize("events", range(0, 24, 3))
def test_cancelled_after_any_event_it_closes_in_order_with_exactly_what_was_streamed(
    modality: str, events: int
) -> None:
    async def use() -> None:
        async with Desk(Mind(long)) as desk:
            await desk.say("go")
            mark = len(desk.events)
            await desk.send("response.create", response={"output_modalities": [modality]})
            while len(desk.events) - mark <= events:
                await asyncio.sleep(0)
            before = len(desk.events)
            closing = await desk.send("response.cancel")
            after = types(closing)
            streamed = desk.events[mark:before]
            done = closing[-1]["response"]
            assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
            if len(streamed) == 1:
                assert after == ["response.done"] and done["output"] == []
                return
            kind = "output_text" if modality == "text" else "output_audio_transcript"
            said = "".join(e["delta"] for e in streamed if e["type"] == f"response.{kind}.delta")
            tail = [
                "response.content_part.done",
                "conversation.item.done",
                "response.output_item.done",
                "response.done",
            ]
            spoken = ["response.output_audio.done", "response.output_audio_transcript.done"]
            assert after == (["response.output_text.done"] if modality == "text" else spoken) + tail
            (item,) = done["output"]
            assert item["status"] == "incomplete"
            assert item["content"][0].get("text", item["content"][0].get("transcript")) == said
            audio = b"".join(
                base64.b64decode(e["delta"]) for e in streamed if e["type"] == "response.output_audio.delta"
            )
            details = done["usage"]["output_token_details"]
            assert details["audio_tokens"] == -(-len(audio) // 2400)
            assert bool(details["text_tokens"]) == bool(said)
            kept = (await desk.send("conversation.item.retrieve", item_id=item["id"]))[0]["item"]
            assert base64.b64decode(kept["content"][0].get("audio", "")) == audio
            for _ in range(50):
                await asyncio.sleep(0)
            left = types(desk.events[desk.events.index(closing[-1]) + 1 :], without=("rate_limits.updated",))
            assert left == ["conversation.item.retrieved"], "nothing follows a cancel"

    run(use)


def test_cancelled_within_the_arguments_of_a_call() -> None:
    async def use() -> None:
        async with Desk(Mind(calls)) as desk:
            await desk.update(tools=TOOLS)
            await desk.send("response.create")
            await desk.until("response.function_call_arguments.delta")
            closing = await desk.send("response.cancel")
            assert types(closing) == [
                "response.function_call_arguments.done",
                "conversation.item.done",
                "response.output_item.done",
                "response.done",
            ]
            assert closing[0]["arguments"] == closing[-1]["response"]["output"][0]["arguments"] == '{"city": "Pa'
            assert closing[-1]["response"]["output"][0]["status"] == "incomplete"

    run(use)


def test_a_brain_that_will_not_let_go_delays_nobody() -> None:
    async def use() -> None:
        async def think(request: BrainRequest) -> AsyncIterator[Piece]:
            for _ in range(3):
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    yield Say("I go on.")

        async with Desk(Mind(think)) as desk:
            await desk.send("response.create", response={"output_modalities": ["text"]})
            await asyncio.sleep(0.01)
            assert types(await desk.send("response.cancel")) == ["response.done"]
            await desk.send("response.create", response={"output_modalities": ["text"]})
            assert len(desk.of("response.created")) == 2
            await asyncio.sleep(0.01)
            assert not desk.of("response.output_text.delta")

    run(use)


def test_arguments_come_in_pieces_and_calls_one_after_another() -> None:
    async def use() -> None:
        async with Desk(Mind(calls)) as desk:
            await desk.update(tools=TOOLS)
            done = await desk.respond()
            first, second = done["output"]
            deltas = [e for e in desk.of("response.function_call_arguments.delta") if e["item_id"] == first["id"]]
            assert len(deltas) > 2
            assert "".join(e["delta"] for e in deltas) == first["arguments"] == '{"city": "Paris", "country": "France"}'
            finals = desk.of("response.function_call_arguments.done")
            assert [(e["name"], e["output_index"]) for e in finals] == [("look_up", 0), ("book", 1)]
            for call in (first, second):
                output = {"type": "function_call_output", "call_id": call["call_id"], "output": "ok"}
                assert types(await desk.send("conversation.item.create", item=output))[-1] == "conversation.item.done"

    run(use)


@pytest.mark.parametrize(
    ("settings", "made"),
    [
        ({"tool_choice": "none"}, []),
        ({"parallel_tool_calls": False}, ["look_up"]),
        ({"tool_choice": {"type": "function", "name": "book"}}, ["book"]),
        ({"tool_choice": "required"}, ["look_up", "book"]),
    ],
)
def test_tool_choice_is_enforced_whatever_the_brain_does(settings: Json, made: list[str]) -> None:
    async def use() -> None:
        mind = Mind(calls)
        async with Desk(mind) as desk:
            await desk.update(tools=TOOLS)
            assert [call["name"] for call in (await desk.respond(**settings))["output"]] == made
            assert mind.asked[0].tool_choice == settings.get("tool_choice", "auto")

    run(use)


def test_a_tool_that_is_not_there_cannot_be_required() -> None:
    async def use() -> None:
        async with Desk(Mind(calls)) as desk:
            choice = {"type": "function", "name": "look_up"}
            await desk.send("response.create", response={"tool_choice": choice})
            assert desk.error()["param"] == "response.tool_choice" and "'look_up'" in desk.error()["message"]
            assert not desk.of("response.created")

    run(use)


def test_ways_to_end() -> None:
    async def stop(request: BrainRequest) -> AsyncIterator[Piece]:
        yield Say("Half of ")
        yield Stop("content_filter")
        yield Say("never")

    async def fail(request: BrainRequest) -> AsyncIterator[Piece]:
        yield Say("Half of ")
        raise BrainError("Slow down.", code="rate_limit_exceeded", type="rate_limit_error")

    async def wrong(request: BrainRequest) -> AsyncIterator[Any]:
        yield "text"

    async def use() -> None:
        for modality in ("text", "audio"):
            for think, status in ((stop, "incomplete"), (fail, "failed"), (wrong, "failed")):
                async with Desk(Mind(think)) as desk:
                    done = await desk.respond(output_modalities=[modality])
                    assert done["status"] == status
                    if think is stop:
                        assert done["status_details"] == {"type": "incomplete", "reason": "content_filter"}
                    if think is fail:
                        assert done["status_details"]["error"] == {
                            "type": "rate_limit_error",
                            "code": "rate_limit_exceeded",
                            "message": "Slow down.",
                        }
                    if think is not wrong:
                        assert done["output"][0]["status"] == "incomplete"
                        part = done["output"][0]["content"][0]
                        assert part.get("text", part.get("transcript")) == "Half of "
                    assert len(desk.of("response.done")) == 1
                    await desk.say("still alive")

    run(use)


@pytest.mark.parametrize("modality", ["text", "audio"])
@pytest.mark.parametrize("limit", [1, 7, 30])
def test_max_output_tokens_counts_all_that_is_generated(modality: str, limit: int) -> None:
    async def use() -> None:
        async with Desk(Mind(long)) as desk:
            done = await desk.respond(output_modalities=[modality], max_output_tokens=limit)
            assert done["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
            assert done["usage"]["output_tokens"] <= limit

    run(use)


def test_arguments_count_too() -> None:
    async def use() -> None:
        async with Desk(Mind(calls)) as desk:
            done = await desk.respond(max_output_tokens=5, tools=TOOLS)
            assert done["status"] == "incomplete" and done["usage"]["output_tokens"] <= 5
            assert done["output"][0]["status"] == "incomplete"

    run(use)


@pytest.mark.parametrize("format", [PCMU, PCMA])
def test_audio_leaves_in_the_format_that_was_asked_for(format: Any) -> None:
    async def use() -> None:
        async with Desk(Mind(echo)) as desk:
            await desk.say("Twelve words would be enough to hear a difference between formats here.")
            plain = await desk.respond(conversation="none")
            pcm = [base64.b64decode(e["delta"]) for e in desk.of("response.output_audio.delta")]
            await desk.update(audio={"output": {"format": format.to_wire()}})
            mark = len(desk.events)
            done = await desk.respond()
            frames = [
                base64.b64decode(e["delta"]) for e in desk.events[mark:] if e["type"] == "response.output_audio.delta"
            ]
            assert all(len(frame) <= 800 for frame in frames) and len(frames) == len(pcm)
            assert sum(map(len, frames)) == pytest.approx(sum(map(len, pcm)) / 6, rel=0.01)
            assert done["audio"]["output"]["format"] == format.to_wire()
            assert done["usage"]["output_token_details"] == plain["usage"]["output_token_details"]
            item = (await desk.send("conversation.item.retrieve", item_id=done["output"][0]["id"]))[0]["item"]
            assert base64.b64decode(item["content"][0]["audio"]) == b"".join(frames)
            half = {"item_id": item["id"], "content_index": 0, "audio_end_ms": 500}
            assert types(await desk.send("conversation.item.truncate", **half)) == ["conversation.item.truncated"]
            item = (await desk.send("conversation.item.retrieve", item_id=item["id"]))[0]["item"]
            assert len(base64.b64decode(item["content"][0]["audio"])) == 4000

    run(use)


def test_rate_limits_follow_a_response_and_slide() -> None:
    async def use() -> None:
        async with Desk(Mind(echo), limits=Limits(tokens_a_minute=1000)) as desk:
            await desk.say("hello")
            left = 1000
            for _ in range(2):
                mark = len(desk.events)
                done = await desk.respond(output_modalities=["text"])
                (limit,) = (await desk.until("rate_limits.updated", after=mark))["rate_limits"]
                left -= done["usage"]["total_tokens"]
                assert (limit["name"], limit["limit"], limit["remaining"]) == ("tokens", 1000, left)
                assert 59 < limit["reset_seconds"] <= 60
            assert desk.events[-2]["type"] == "response.done"

    run(use)


def test_the_input_side_is_told_when_an_answer_begins_and_how_much_is_left_to_hear() -> None:
    async def use() -> None:
        told: list[object] = []
        async with Desk(Mind(echo)) as desk:
            responses = desk.session._responses
            responses._answering = lambda: told.append("answering")
            responses._answered = told.append
            await desk.say("A sentence that takes a while to say.")
            await desk.respond(conversation="none")
            assert told == []
            await desk.respond()
            await desk.respond(output_modalities=["text"])
            assert told[0] == told[2] == "answering" and told[3] == 0
            audio = sum(len(base64.b64decode(e["delta"])) for e in desk.of("response.output_audio.delta")) / 48 / 2
            assert 0.5 * audio < float(told[1]) <= audio  # type: ignore[arg-type]

    run(use)


def test_an_output_among_the_input_belongs_to_a_call() -> None:
    async def use() -> None:
        mind = Mind(quick)
        output = {"type": "function_call_output", "call_id": "call_1", "output": "{}"}
        call = {"type": "function_call", "call_id": "call_1", "name": "look_up", "arguments": "{}"}
        async with Desk(mind) as desk:
            given = {"conversation": "none", "output_modalities": ["text"]}
            for input in ([output], [output, call]):
                await desk.send("response.create", response={**given, "input": input})
                error = desk.error()
                assert (error["code"], error["param"]) == ("invalid_tool_call_id", "response.input[0].call_id")
            assert (await desk.respond(**given, input=[call, output]))["status"] == "completed"
            await desk.send("conversation.item.create", item=call)
            assert (await desk.respond(**given, input=[output]))["status"] == "completed"

    asyncio.run(use())


def test_a_reference_to_what_is_still_being_said_gives_what_was_said() -> None:
    going = asyncio.Event()

    async def think(request: BrainRequest) -> AsyncIterator[Piece]:
        yield Say("So far ")
        if not going.is_set():
            going.set()
            await asyncio.sleep(3600)

    async def use() -> None:
        mind = Mind(think)
        async with Desk(mind) as desk:
            mark = len(desk.events)
            await desk.send("response.create", response={"output_modalities": ["text"]})
            item_id = (await desk.until("response.output_item.added", after=mark))["item"]["id"]
            await going.wait()
            await desk.until("response.output_text.delta", after=mark)
            mark = len(desk.events)
            beside = {"conversation": "none", "output_modalities": ["text"]}
            reference = {"type": "item_reference", "id": item_id}
            await desk.send("response.create", response={**beside, "input": [reference]})
            await desk.until("response.done", after=mark)
            assert [message.text for message in mind.asked[1].messages] == ["So far "]

    asyncio.run(use())


async def quick(request: BrainRequest) -> AsyncIterator[Piece]:
    yield Say("Yes.")
