from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from support.desk import Desk
from support.mcp_server import PATIENT, WEATHER, RealMcp, ask, calling, declared, mcp_server
from support.wire import types

from rtnb.server.brains.base import Call


@pytest.fixture(scope="module")
def real() -> Iterator[RealMcp]:
    with mcp_server() as found:
        yield found


async def asked(desk: Desk, url: str, **members: Any) -> dict[str, Any]:
    """The request for approval of the first response."""
    await desk.update(tools=[declared(url, require_approval=members.pop("require_approval", "always"))])
    response = await ask(desk, **members)
    assert response["status"] == "completed"
    (item,) = response["output"]
    assert item["type"] == "mcp_approval_request" and item["id"].startswith("mcpr_")
    found: dict[str, Any] = item
    return found


async def answer(desk: Desk, request_id: str, approve: bool, **members: Any) -> list[dict[str, Any]]:
    item = {"type": "mcp_approval_response", "approval_request_id": request_id, "approve": approve, **members}
    item["id"] = f"answer_{len(desk.events)}"
    return await desk.send("conversation.item.create", item=item)


def test_a_yes_makes_the_call_at_once_and_the_next_response_tells_of_it(real: RealMcp) -> None:
    async def use() -> None:
        async with Desk(calling(WEATHER), mcp=PATIENT) as desk:
            request = await asked(desk, real.url)
            assert (request["name"], request["arguments"]) == ("get_weather", WEATHER.arguments)
            mark = len(desk.events)
            await answer(desk, request["id"], True)
            await desk.until("response.mcp_call.completed", after=mark)
            assert [kind for kind in types(desk.events[mark:]) if kind != "rate_limits.updated"] == [
                "conversation.item.added",
                "conversation.item.done",
                "conversation.item.added",
                "response.mcp_call.in_progress",
                "response.mcp_call.completed",
                "conversation.item.done",
            ]
            item = desk.events[-1]["item"]
            assert item["approval_request_id"] == request["id"] and item["output"].startswith("18 degrees")
            # The id that the arguments had is that of the call.
            assert desk.of("response.mcp_call_arguments.done")[-1]["item_id"] == item["id"]
            assert "18 degrees" in (await ask(desk))["output"][0]["content"][0]["text"]

    asyncio.run(use())


def test_a_response_that_is_asked_for_at_once_waits_for_the_call(real: RealMcp) -> None:
    async def use() -> None:
        async with Desk(calling(WEATHER), mcp=PATIENT) as desk:
            request = await asked(desk, real.url)
            await answer(desk, request["id"], True)
            assert "18 degrees" in (await ask(desk))["output"][0]["content"][0]["text"]

    asyncio.run(use())


def test_a_no_is_told_to_the_model_with_its_reason(real: RealMcp) -> None:
    async def use() -> None:
        mind = calling(WEATHER)
        async with Desk(mind, mcp=PATIENT) as desk:
            request = await asked(desk, real.url)
            called = len(real.calls)
            await answer(desk, request["id"], False, reason="Not today.")
            assert "Not today." in (await ask(desk))["output"][0]["content"][0]["text"]
            assert len(real.calls) == called
            call, output = mind.asked[-1].messages
            assert call.call_id == output.call_id and call.name == "get_weather"

    asyncio.run(use())


def test_answers_to_nothing_and_second_answers_are_refused(real: RealMcp) -> None:
    async def use() -> None:
        async with Desk(calling(WEATHER), mcp=PATIENT) as desk:
            request = await asked(desk, real.url)
            await answer(desk, "mcpr_unknown", True)
            assert "no approval request 'mcpr_unknown'" in desk.error()["message"]
            await answer(desk, request["id"], False)
            await answer(desk, request["id"], True)
            assert "answered already" in desk.error()["message"]
            assert desk.error()["param"] == "item.approval_request_id"

    asyncio.run(use())


@pytest.mark.parametrize(
    ("approval", "asks"),
    [
        (None, {"get_weather", "add"}),
        ({"never": {"read_only": True}}, {"add"}),
        ({"always": {"tool_names": ["add"]}}, {"add"}),
        ({"always": {"read_only": True}, "never": {"tool_names": ["add"]}}, {"get_weather"}),
    ],
)
def test_which_calls_wait(real: RealMcp, approval: Any, asks: set[str]) -> None:
    async def use() -> None:
        mind = calling(WEATHER, Call("add", '{"a": 1, "b": 2}'))
        async with Desk(mind, mcp=PATIENT) as desk:
            await desk.update(tools=[declared(real.url, require_approval=approval)])
            output = (await ask(desk))["output"]
            assert {item["name"] for item in output if item["type"] == "mcp_approval_request"} == asks

    asyncio.run(use())


def test_an_approved_call_that_fails_is_told_as_failed(real: RealMcp) -> None:
    async def use() -> None:
        async with Desk(calling(Call("fail", "{}")), mcp=PATIENT) as desk:
            request = await asked(desk, real.url)
            await answer(desk, request["id"], True)
            assert "There is no such city." in (await ask(desk))["output"][0]["content"][0]["text"]
            assert len(desk.of("response.mcp_call.failed")) == 1

    asyncio.run(use())


async def approved(desk: Desk, real: RealMcp) -> str:
    """A yes to a call that never ends; the id of its item."""
    real.slow.clear()
    real.cancelled.clear()
    request = await asked(desk, real.url)
    await answer(desk, request["id"], True)
    assert await asyncio.to_thread(real.slow.wait, 10)
    return str(desk.of("response.mcp_call.in_progress")[-1]["item_id"])


@pytest.mark.parametrize("waited_for", [False, True])
def test_a_cancel_ends_an_approved_call_there_as_well(real: RealMcp, waited_for: bool) -> None:
    async def use() -> None:
        async with Desk(calling(Call("slow", "{}")), mcp=PATIENT) as desk:
            call_id = await approved(desk, real)
            if waited_for:
                await desk.send("response.create", response={"output_modalities": ["text"]})
            told = await desk.send("response.cancel")
            wanted = ["response.mcp_call.failed", "conversation.item.done"]
            assert types(told) == [*wanted, "response.done"] if waited_for else wanted
            assert told[1]["item"]["id"] == call_id and "stopped" in told[1]["item"]["error"]["message"]
            assert await asyncio.to_thread(real.cancelled.wait, 10)
            assert "stopped" in (await ask(desk))["output"][0]["content"][0]["text"]
            await desk.send("response.cancel")
            assert desk.error()["code"] == "response_cancel_not_active"

    asyncio.run(use())


def test_a_response_waits_for_an_approved_call_no_longer_than_for_a_list(
    real: RealMcp, caplog: pytest.LogCaptureFixture
) -> None:
    async def use() -> None:
        async with Desk(calling(Call("slow", "{}")), mcp=replace(PATIENT, wait_s=0.1)) as desk:
            # Its list is waited for, whatever the time that takes.
            await desk.update(tools=[declared(real.url, require_approval="always")])
            await desk.until("mcp_list_tools.completed")
            await approved(desk, real)
            assert (await ask(desk, tool_choice="none"))["status"] == "completed"
            assert desk.of("response.mcp_call.failed") == [] and not real.cancelled.is_set()

    asyncio.run(use())
    assert "still being made" in caplog.text


@pytest.mark.parametrize(
    ("tools", "told"),
    [
        ([], "no longer among the tools"),
        ([declared("http://127.0.0.1:1/other")], "at another address"),
        (None, "no longer among the allowed_tools"),
    ],
)
def test_a_yes_to_what_is_no_longer_there_is_refused(real: RealMcp, tools: Any, told: str) -> None:
    async def use() -> None:
        async with Desk(calling(WEATHER), mcp=PATIENT) as desk:
            request = await asked(desk, real.url)
            called = len(real.calls)
            await desk.update(tools=[declared(real.url, allowed_tools=["add"])] if tools is None else tools)
            await answer(desk, request["id"], True)
            assert told in desk.error()["message"] and desk.error()["param"] == "item.approval_request_id"
            assert len(real.calls) == called and desk.of("response.mcp_call.in_progress") == []
            # It can be declared again, and then be approved.
            await desk.update(tools=[declared(real.url)])
            await answer(desk, request["id"], True)
            await desk.until("response.mcp_call.completed")

    asyncio.run(use())


def test_a_request_that_was_deleted_cannot_be_answered(real: RealMcp) -> None:
    async def use() -> None:
        async with Desk(calling(WEATHER), mcp=PATIENT) as desk:
            request = await asked(desk, real.url)
            await desk.send("conversation.item.delete", item_id=request["id"])
            await answer(desk, request["id"], True)
            assert "was deleted" in desk.error()["message"] and desk.of("response.mcp_call.in_progress") == []
            # One that was never in the conversation can.
            request = await asked(desk, real.url, conversation="none", input=[])
            await answer(desk, request["id"], True)
            await desk.until("response.mcp_call.completed")

    asyncio.run(use())
