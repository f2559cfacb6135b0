from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
from mcp.server import MCPServer
from support.desk import Desk, Mind
from support.mcp_server import PATIENT, WEATHER, RealMcp, ask, calling, declared, mcp_server
from support.wire import types

from rtnb.server.brains.base import BrainRequest, Call, Piece, Say


@pytest.fixture(scope="module")
def real() -> Iterator[RealMcp]:
    with mcp_server() as found:
        yield found


def test_a_server_is_listed_and_its_tool_called_and_the_next_response_tells_of_it(real: RealMcp) -> None:
    async def use() -> None:
        mind = calling(WEATHER)
        async with Desk(mind, mcp=PATIENT) as desk:
            mark = len(desk.events)
            await desk.update(tools=[declared(real.url)])
            await desk.until("conversation.item.done")
            assert types(desk.events[mark:]) == [
                "session.updated",
                "conversation.item.added",
                "mcp_list_tools.in_progress",
                "mcp_list_tools.completed",
                "conversation.item.done",
            ]
            listed = desk.events[-1]["item"]
            weather = next(tool for tool in listed["tools"] if tool["name"] == "get_weather")
            assert weather["description"] == "The weather in a city."
            assert weather["input_schema"]["required"] == ["city"]
            assert weather["annotations"]["readOnlyHint"] is True
            mark = len(desk.events)
            response = await ask(desk)
            assert types(desk.events[mark:]) == [
                "response.created",
                "response.output_item.added",
                "conversation.item.added",
                "response.mcp_call_arguments.delta",
                "response.mcp_call_arguments.done",
                "response.mcp_call.in_progress",
                "response.mcp_call.completed",
                "conversation.item.done",
                "response.output_item.done",
                "response.done",
            ]
            (item,) = response["output"]
            assert item["output"] == "18 degrees and sunny in Paris." and item["arguments"] == '{"city": "Paris"}'
            told = await ask(desk)
            assert told["output"][0]["content"][0]["text"] == "18 degrees and sunny in Paris."
            assert [tool["name"] for tool in mind.asked[0].tools][:2] == ["get_weather", "add"]

    asyncio.run(use())


def test_calls_that_fail_are_told_and_the_session_goes_on(real: RealMcp) -> None:
    failing = {
        "fail": (
            "{}",
            {"type": "tool_execution_error"},
        ),
        "add": ('{"a": "x", "b": 2}', {"type": "protocol_error", "code": -32602}),
        "get_weather": (
            "{",
            {"type": "protocol_error", "code": -32602, "message": "Invalid arguments: they are no JSON"},
        ),
    }

    async def use() -> None:
        mind = calling(*(Call(name, arguments) for name, (arguments, _) in failing.items()))
        async with Desk(mind, mcp=PATIENT) as desk:
            await desk.update(tools=[declared(real.url)])
            called = len(real.calls)
            response = await ask(desk)
            assert response["status"] == "completed"
            for item in response["output"]:
                wanted = failing[item["name"]][1]
                assert {**item["error"], **wanted} == item["error"] and item.get("output") is None, item
            assert len(desk.of("response.mcp_call.failed")) == 3 and len(real.calls) == called
            told = (await ask(desk))["output"][0]["content"][0]["text"]
            assert "There is no such city." in told and "is not of type 'integer'" in told

    asyncio.run(use())


def test_results_of_every_kind_become_text_and_long_ones_are_cut(real: RealMcp) -> None:
    async def use() -> None:
        mind = calling(Call("picture", "{}"), Call("long", "{}"))
        async with Desk(mind, mcp=replace(PATIENT, most_output_chars=20)) as desk:
            await desk.update(tools=[declared(real.url)])
            found = {item["name"]: item["output"] for item in (await ask(desk))["output"]}
            assert found["picture"].startswith("A dot.\n[image/png, ")
            assert found["long"] == "na" * 10 + "… [399980 characters more, cut off]"

    asyncio.run(use())


def test_what_is_said_before_and_functions_beside_it(real: RealMcp) -> None:
    async def think(request: BrainRequest) -> AsyncIterator[Piece]:
        yield Say("Let me look.")
        yield WEATHER
        yield Call("look_up", "{}")
        yield Call("get_weather", '{"city": "Rome"}')

    async def use() -> None:
        async with Desk(Mind(think), mcp=PATIENT) as desk:
            await desk.update(tools=[declared(real.url), {"type": "function", "name": "look_up"}])
            response = await ask(desk)
            assert [item["type"] for item in response["output"]] == [
                "message",
                "mcp_call",
                "function_call",
                "mcp_call",
            ]
            assert [item.get("output") for item in response["output"]][3] == "18 degrees and sunny in Rome."

    asyncio.run(use())


def test_names_that_are_taken_get_the_label_before_them(real: RealMcp) -> None:
    async def use() -> None:
        mind = calling(Call("two__add", '{"a": 1, "b": 2}'))
        async with Desk(mind, mcp=PATIENT) as desk:
            some = {"allowed_tools": ["add", "get_weather"]}
            tools = [declared(real.url, "one", **some), declared(real.url, "two", **some)]
            await desk.update(tools=[*tools, {"type": "function", "name": "get_weather"}])
            (item,) = (await ask(desk))["output"]
            assert (item["server_label"], item["name"], item["output"]) == ("two", "add", "3")
            assert [tool["name"] for tool in mind.asked[0].tools] == [
                "get_weather",
                "one__get_weather",
                "one__add",
                "two__get_weather",
                "two__add",
            ]

    asyncio.run(use())


@pytest.mark.parametrize(
    ("allowed", "names"),
    [
        (["add"], {"add"}),
        ({"read_only": True}, {"get_weather"}),
        ({"tool_names": ["add", "fail"]}, {"add", "fail"}),
        ({"read_only": True, "tool_names": ["add"]}, set()),
    ],
)
def test_only_allowed_tools_are_offered(real: RealMcp, allowed: Any, names: set[str]) -> None:
    async def use() -> None:
        mind = calling()
        async with Desk(mind, mcp=PATIENT) as desk:
            await desk.update(tools=[declared(real.url, allowed_tools=allowed)])
            await ask(desk)
            assert {tool["name"] for tool in mind.asked[0].tools} == names

    asyncio.run(use())


def test_tool_choice(real: RealMcp) -> None:
    async def use() -> None:
        mind = calling(WEATHER)
        async with Desk(mind, mcp=PATIENT) as desk:
            await desk.update(tools=[declared(real.url), {"type": "function", "name": "look_up"}])
            choice = {"type": "mcp", "server_label": "tools", "name": "get_weather"}
            await ask(desk, tool_choice=choice)
            assert mind.asked[-1].tool_choice == {"type": "function", "name": "get_weather"}
            await ask(desk, tool_choice={"type": "mcp", "server_label": "tools"})
            assert mind.asked[-1].tool_choice == "required"
            assert "look_up" not in {tool["name"] for tool in mind.asked[-1].tools}
            assert (await ask(desk, tool_choice="none"))["output"][0]["type"] == "message"
            await desk.respond(tools=[{"type": "mcp", "server_label": "nobody"}])
            assert desk.error()["param"] == "response.tools[0]"
            await desk.respond(tool_choice={"type": "mcp", "server_label": "nobody"})
            assert desk.error()["param"] == "response.tool_choice"
            await desk.respond(tool_choice={**choice, "name": "nothing"})
            assert "'nothing'" in desk.error()["message"]

    asyncio.run(use())


def test_a_response_brings_a_server_of_its_own_which_its_label_then_stands_for(real: RealMcp) -> None:
    async def use() -> None:
        mind = calling(WEATHER)
        async with Desk(mind, mcp=PATIENT) as desk:
            (item,) = (await ask(desk, tools=[declared(real.url)]))["output"]
            assert item["output"].startswith("18 degrees")
            await ask(desk, tools=[{"type": "mcp", "server_label": "tools"}], input=[])
            assert len(desk.of("mcp_list_tools.completed")) == 1
            assert "get_weather" in {tool["name"] for tool in mind.asked[-1].tools}
            await ask(desk, input=[])
            assert mind.asked[-1].tools == ()

    asyncio.run(use())


def test_a_list_is_made_again_only_for_another_address_or_another_key(real: RealMcp) -> None:
    async def use() -> None:
        async with Desk(calling(), mcp=PATIENT) as desk:
            for tool in (
                declared(real.url),
                declared(real.url, allowed_tools=["add"]),
            ):
                await desk.update(tools=[tool])
            await ask(desk)
            assert len(desk.of("mcp_list_tools.in_progress")) == 1
            await desk.update(tools=[declared(real.url, authorization="another")])
            await ask(desk)
            assert len(desk.of("mcp_list_tools.completed")) == 2

    asyncio.run(use())


@pytest.mark.parametrize(
    ("tools", "path"),
    [
        ([declared("http://a.example"), declared("http://b.example")], "session.tools[1].server_label"),
        ([{"type": "mcp", "server_label": "a"}], "session.tools[0].server_url"),
        ([declared("http://a.example", connector_id="connector_gmail")], "session.tools[0]"),
        ([declared("http://a.example", authorization="x", headers={"authorization": "y"})], "session.tools[0].headers"),
    ],
)
def test_declarations_that_say_too_much_or_too_little_are_refused(tools: Any, path: str) -> None:
    async def use() -> None:
        async with Desk(calling(), mcp=PATIENT) as desk:
            await desk.update(tools=tools)
            assert desk.error()["param"] == path
            assert desk.of("session.updated") == []

    asyncio.run(use())


def test_a_cancelled_response_cancels_its_call_there(real: RealMcp) -> None:
    async def use() -> None:
        async with Desk(calling(Call("slow", "{}")), mcp=PATIENT) as desk:
            await desk.update(tools=[declared(real.url)])
            await desk.send("response.create")
            await desk.until("response.mcp_call.in_progress")
            await asyncio.to_thread(real.slow.wait, 10)
            await desk.send("response.cancel")
            done = desk.of("response.done")[-1]["response"]
            assert done["status"] == "cancelled"
            assert done["output"][0]["error"]["type"] == "tool_execution_error"
            assert await asyncio.to_thread(real.cancelled.wait, 10)

    asyncio.run(use())


def test_a_session_that_ends_lets_go_of_its_calls_and_connections(real: RealMcp) -> None:
    async def use() -> None:
        before = set(asyncio.all_tasks())
        real.slow.clear()
        async with Desk(calling(Call("slow", "{}")), mcp=PATIENT) as desk:
            await desk.update(tools=[declared(real.url)])
            await desk.send("response.create")
            await desk.until("response.mcp_call.in_progress")
        assert set(asyncio.all_tasks()) <= before

    asyncio.run(use())


def test_a_list_in_the_context_counts_once_and_one_that_is_not_counts_with_the_settings(real: RealMcp) -> None:
    async def use() -> None:
        async with Desk(calling(), mcp=PATIENT) as desk:

            async def tokens(**response: Any) -> int:
                return int((await ask(desk, **response))["usage"]["input_tokens"])

            without = await tokens()
            await desk.update(tools=[declared(real.url)])
            among, beside = await tokens(), await tokens(input=[])
            assert among - without > 100 and abs((among - without) - beside) < among / 2

    asyncio.run(use())


def test_a_session_may_name_as_many_servers_as_it_likes_one_after_another(real: RealMcp) -> None:
    async def use() -> None:
        async with Desk(calling(WEATHER), mcp=replace(PATIENT, most_servers=2)) as desk:
            for label in ("one", "two", "three"):
                await desk.update(tools=[declared(real.url, label)])
                await ask(desk)
            for label in ("four", "five", "six"):
                await ask(desk, tools=[declared(real.url, label)], input=[])
            assert len(desk.of("mcp_list_tools.completed")) == 6

    asyncio.run(use())


def test_too_many_at_once_are_refused_and_those_before_still_work(real: RealMcp) -> None:
    async def use() -> None:
        mind = calling()
        async with Desk(mind, mcp=replace(PATIENT, most_servers=2)) as desk:
            some = {"allowed_tools": ["add"]}
            await desk.update(tools=[declared(real.url, label, **some) for label in ("one", "two", "three")])
            await ask(desk)
            assert len(desk.of("mcp_list_tools.completed")) == 2 and len(desk.of("mcp_list_tools.failed")) == 1
            assert {tool["name"] for tool in mind.asked[-1].tools} == {"one__add", "two__add"}

    asyncio.run(use())


def waiting_server(server: MCPServer) -> None:
    @server.tool()
    async def wait() -> str:
        """Waits until it is let go."""
        BEGUN.set()
        await asyncio.to_thread(LET_GO.wait, 30)
        return "at last"


BEGUN, LET_GO = threading.Event(), threading.Event()


@pytest.mark.parametrize("changed", ["headers", "removed"])
def test_a_call_that_runs_ends_by_itself_when_its_server_is_declared_otherwise(changed: str) -> None:
    async def use() -> None:
        BEGUN.clear()
        LET_GO.clear()
        async with Desk(calling(Call("wait", "{}")), mcp=PATIENT) as desk:
            await desk.update(tools=[declared(real.url)])
            await desk.send("response.create", response={"output_modalities": ["text"]})
            assert await asyncio.to_thread(BEGUN.wait, 10)
            mark = len(desk.events)
            await desk.update(tools=[declared(real.url, headers={"X-Key": "other"})] if changed == "headers" else [])
            if changed == "headers":
                await desk.until("mcp_list_tools.completed", after=mark)
            LET_GO.set()
            done = await desk.until("response.done", after=mark)
            assert done["response"]["output"][0]["output"] == "at last"

    with mcp_server(tools=waiting_server) as real:
        asyncio.run(use())


def test_what_session_updated_told_can_be_sent_back() -> None:
    async def use() -> None:
        async with Desk(calling(WEATHER), mcp=PATIENT) as desk:
            await desk.update(tools=[declared(real.url, authorization="tok-SENTINEL")])
            await desk.until("mcp_list_tools.completed")
            (told,) = desk.of("session.updated")[-1]["session"]["tools"]
            assert "authorization" not in told
            await desk.update(tools=[{**told, "allowed_tools": ["get_weather"]}])
            (item,) = (await ask(desk))["output"]
            assert item["output"].startswith("18 degrees") and len(desk.of("mcp_list_tools.in_progress")) == 1
            await desk.update(tools=[{**told, "headers": None}])
            await desk.until("mcp_list_tools.failed")

    with mcp_server(token="tok-SENTINEL") as real:
        asyncio.run(use())
