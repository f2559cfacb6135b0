from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from typing import Any

import pytest
from mcp.server import MCPServer
from support.desk import Desk
from support.mcp_server import (
    INITIALIZED,
    PATIENT,
    ask,
    calling,
    declared,
    hang,
    listing,
    mcp_server,
    misbehaving,
    serving,
)

from rtnb.server.brains.base import Call
from rtnb.server.mcp import McpPolicy

ADD = {"name": "add"}
QUICK = McpPolicy(list_timeout_s=0.5, call_timeout_s=0.5)


async def list_of(desk: Desk, tool: dict[str, Any]) -> dict[str, Any]:
    """The item of a list, once it has ended; the session must still answer then."""
    await desk.update(tools=[tool])
    ended = await desk.until("mcp_list_tools.completed", "mcp_list_tools.failed")
    done = await desk.until("conversation.item.done")
    assert (await ask(desk))["status"] == "completed"
    return {"ended": ended["type"].rpartition(".")[2], **done["item"]}


async def invalid_page(asked: dict[str, Any]) -> Any:
    return listing(ADD) | {"nextCursor": "again"}


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"initialize": 401}, "HTTP status 401"),
        ({"initialize": 403}, "HTTP status 403"),
        ({"initialize": 404}, "HTTP status 404"),
        ({"initialize": 500}, "HTTP status 500"),
        ({"initialize": b"<html>hello</html>"}, "JSON"),
        ({"initialize": b'{"jsonrpc": "2.0", "id": '}, "JSON"),
        ({"initialize": {**INITIALIZED, "protocolVersion": "1999-01-01"}}, "cannot be used"),
        ({"initialize": {}}, "cannot be used"),
        ({"initialize": hang}, "no list within 0.5 s"),
        ({"initialize": "drop"}, "broke off"),
        ({"tools_list": hang}, "no list within 0.5 s"),
        ({"tools_list": "drop"}, "broke off"),
        ({"tools_list": 500}, "HTTP status 500"),
        ({"tools_list": {"tools": [{"name": "a", "inputSchema": "none"}]}}, "cannot be used"),
        ({"tools_list": invalid_page}, "more than 16 pages"),
        ({}, "Method not found"),
    ],
)
def test_a_list_that_fails_is_told_and_the_session_goes_on(
    answers: Any, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def use() -> None:
        policy = QUICK if hang in answers.values() else PATIENT
        async with Desk(calling(), mcp=policy) as desk:
            assert (await list_of(desk, declared(liar.url)))["ended"] == "failed"

    with misbehaving(**answers) as liar:
        asyncio.run(use())
    assert told in caplog.text and "'tools'" in caplog.text


@pytest.mark.parametrize(
    ("tool", "told"),
    [
        (declared("http://127.0.0.1:1/mcp"), "cannot be reached"),
        (declared("ftp://127.0.0.1/mcp"), "no http:// or https:// URL"),
        ({"type": "mcp", "server_label": "tools", "connector_id": "connector_gmail"}, "connector_gmail is the live"),
        ({"type": "mcp", "server_label": "tools", "tunnel_id": "tunnel_1"}, "tunnel_1 is the live"),
    ],
)
def test_addresses_that_lead_nowhere(tool: Any, told: str, caplog: pytest.LogCaptureFixture) -> None:
    async def use() -> None:
        async with Desk(calling(), mcp=QUICK) as desk:
            assert (await list_of(desk, tool))["ended"] == "failed"

    asyncio.run(use())
    assert told in caplog.text


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (McpPolicy(enabled=False), "connects to no MCP servers"),
        (McpPolicy(allow=("https://tools.example.com",)), "not among those"),
        (McpPolicy(private=False), "a private one"),
    ],
)
def test_what_the_policy_forbids_is_not_called(policy: McpPolicy, told: str, caplog: pytest.LogCaptureFixture) -> None:
    async def use() -> None:
        async with Desk(calling(), mcp=policy) as desk:
            assert (await list_of(desk, declared(liar.url)))["ended"] == "failed"

    with misbehaving(tools_list=listing(ADD)) as liar:
        asyncio.run(use())
        assert liar.asked == []
    assert told in caplog.text


def test_without_the_package_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "mcp.client.client", None)

    async def use() -> None:
        async with Desk(calling()) as desk:
            assert (await list_of(desk, declared("http://127.0.0.1:1/mcp")))["ended"] == "failed"

    asyncio.run(use())
    assert "pip install 'rtnb[mcp]'" in caplog.text


def test_tools_that_are_no_tools_are_left_out_and_the_rest_is_there(caplog: pytest.LogCaptureFixture) -> None:
    lies = listing(
        {"name": "look up", "description": "x" * 10_000},
        ADD,
        ADD,
        {"name": "odd", "inputSchema": {"type": "object", "properties": {"a": {"type": 3}}}},
        {"name": "huge", "inputSchema": {"type": "object", "description": "x" * 100_000}},
        {"name": "n" * 200},
        *({"name": f"t{number}"} for number in range(10_000)),
    )

    async def use() -> None:
        mind = calling()
        async with Desk(mind, mcp=replace(PATIENT, most_tools=6)) as desk:
            item = await list_of(desk, declared(liar.url))
            assert item["ended"] == "completed"
            assert [tool["name"] for tool in item["tools"]] == ["look up", "add", "n" * 200, "t0", "t1", "t2"]
            assert len(item["tools"][0]["description"]) == 4096
            assert [tool["name"] for tool in mind.asked[0].tools][:3] == ["look_up", "add", "n" * 64]

    with misbehaving(tools_list=lies) as liar:
        asyncio.run(use())
    assert "listed twice" in caplog.text and "9997 more than the 6" in caplog.text


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (hang, {"type": "protocol_error", "code": -32001}),
        (500, {"type": "http_error", "code": 500}),
        (403, {"type": "http_error", "code": 403}),
        (404, {"type": "http_error", "code": 404}),
        ("drop", {"type": "protocol_error", "code": -32000}),
        (b"{", {"type": "protocol_error"}),
        ({"content": "text"}, {"type": "protocol_error"}),
        ({"content": [], "isError": True}, {"type": "tool_execution_error"}),
    ],
)
def test_a_call_that_goes_wrong_there_fails_and_the_next_one_works(answer: Any, error: Any) -> None:
    good = {"content": [{"type": "text", "text": "3"}]}

    async def use() -> None:
        policy = replace(PATIENT, call_timeout_s=2) if answer is hang else PATIENT
        async with Desk(calling(Call("add", "{}")), mcp=policy) as desk:
            await desk.update(tools=[declared(liar.url)])
            (item,) = (await ask(desk))["output"]
            assert {**item["error"], **error} == item["error"], item
            liar.answers["tools_call"] = good
            (item,) = (await ask(desk, input=[]))["output"]
            assert item["output"] == "3"

    with misbehaving(tools_list=listing(ADD), tools_call=answer) as liar:
        asyncio.run(use())


def test_a_server_that_has_gone_is_told() -> None:
    async def use() -> None:
        async with Desk(calling(Call("add", "{}")), mcp=PATIENT) as desk:
            with misbehaving(tools_list=listing(ADD)) as liar:
                await desk.update(tools=[declared(liar.url)])
                await desk.until("mcp_list_tools.completed")
            (item,) = (await ask(desk))["output"]
            assert item["error"]["message"] == "The MCP server cannot be reached."

    asyncio.run(use())


def test_a_session_that_has_expired_there_is_begun_anew() -> None:
    answers = [404, {"content": [{"type": "text", "text": "3"}]}]

    async def expired(asked: dict[str, Any]) -> Any:
        return answers.pop(0)

    async def use() -> None:
        async with Desk(calling(Call("add", "{}")), mcp=PATIENT) as desk:
            await desk.update(tools=[declared(liar.url)])
            (item,) = (await ask(desk))["output"]
            assert item["output"] == "3"
            assert liar.asked.count("initialize") == 2

    with misbehaving(tools_list=listing(ADD), tools_call=expired) as liar:
        asyncio.run(use())


def test_a_response_does_not_wait_for_ever_for_a_list(caplog: pytest.LogCaptureFixture) -> None:
    async def use() -> None:
        mind = calling()
        async with Desk(mind, mcp=McpPolicy(wait_s=0.1)) as desk:
            await desk.update(tools=[declared(liar.url)])
            assert (await ask(desk))["status"] == "completed"
            assert mind.asked[0].tools == ()
            failed = await ask(desk, tool_choice="required")
            assert (
                failed["status"] == "failed" and "'tools' listed none" in failed["status_details"]["error"]["message"]
            )

    with misbehaving(initialize=hang) as liar:
        asyncio.run(use())
    assert "goes without the tools" in caplog.text


SENTINEL, HEADER = "tok-SENTINEL-1", "hdr-SENTINEL-2"


def test_what_opens_a_server_is_sent_there_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    async def repeats(asked: dict[str, Any]) -> Any:
        return {"content": [{"type": "text", "text": f"You said {SENTINEL} and {HEADER}."}]}

    async def use() -> None:
        secret = {"authorization": SENTINEL, "headers": {"X-Key": HEADER}}
        async with Desk(calling(Call("add", "{}")), mcp=PATIENT) as desk:
            await desk.update(tools=[declared(liar.url, **secret), declared(real.url, "real", authorization=SENTINEL)])
            await ask(desk)
            await desk.update(tools=[declared(liar.url, "three", server_description="x", **secret)])
            await ask(desk, tools=[declared(liar.url, "four", **secret)], input=[])
            await desk.send("session.update", session={"type": "realtime", "tools": [declared("x", authorization=3)]})
            text = repr(desk.events)
            assert "You said [redacted] and [redacted]." in text
            assert SENTINEL not in text and HEADER not in text and "authorization" not in desk.of("session.updated")[0]

    caplog.set_level(0)
    with misbehaving(tools_list=listing(ADD), tools_call=repeats) as liar, mcp_server(token=SENTINEL) as real:
        asyncio.run(use())
        assert real.headers[-1]["authorization"] == f"Bearer {SENTINEL}"
    ours = [record for record in caplog.records if not record.name.startswith(("uvicorn", "mcp.server"))]
    assert not any(SENTINEL in record.getMessage() + repr(record.args) + str(record.exc_text) for record in ours)


def test_what_a_list_repeats_is_seen_by_nobody(caplog: pytest.LogCaptureFixture) -> None:
    lies = listing(
        {
            "name": "add",
            # Cut in the middle of it if it were cut first.
            "description": "x" * 4090 + SENTINEL,
            "annotations": {"title": SENTINEL},
            "inputSchema": {"type": "object", "properties": {HEADER: {"description": f"Not {SENTINEL}"}}},
        },
        {"name": SENTINEL},
    )

    async def use() -> None:
        mind = calling()
        async with Desk(mind, mcp=PATIENT) as desk:
            tool = declared(liar.url, authorization=SENTINEL, headers={"X-Key": HEADER})
            item = await list_of(desk, tool)
            assert [tool["name"] for tool in item["tools"]] == ["add"]
            for seen in (repr(desk.events), repr(mind.asked)):
                assert "SENTINEL" not in seen and "x" * 4090 in seen and "tok-S" not in seen

    caplog.set_level(0)
    with misbehaving(tools_list=lies) as liar:
        asyncio.run(use())
    ours = [record for record in caplog.records if not record.name.startswith(("uvicorn", "mcp.server"))]
    assert not any("SENTINEL" in record.getMessage() + repr(record.args) for record in ours)
    assert "repeats what opens its server" in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        {"content": [{"type": "text", "text": "x" * 15 + SENTINEL}]},
        {"content": [{"type": "text", "text": "x" * 15 + SENTINEL}], "isError": True},
        {"error": {"code": -32603, "message": "y" * 495 + SENTINEL}},
        b"tok-SENTINEL-1 is not JSON",
    ],
)
def test_no_part_of_a_secret_is_left_where_a_text_is_cut(answer: Any) -> None:
    async def answered(asked: dict[str, Any]) -> Any:
        if "error" in answer:
            return json.dumps({"jsonrpc": "2.0", "id": asked["id"], **answer}).encode()
        return answer

    async def use() -> None:
        async with Desk(calling(Call("add", "{}")), mcp=replace(PATIENT, most_output_chars=20)) as desk:
            await desk.update(tools=[declared(liar.url, authorization=SENTINEL)])
            await ask(desk)
            assert "tok-" not in repr(desk.events)

    with misbehaving(tools_list=listing(ADD), tools_call=answer if isinstance(answer, bytes) else answered) as liar:
        asyncio.run(use())


@pytest.mark.parametrize("code", [-32000, -32001, -32603])
def test_what_a_tool_says_of_its_failure_is_told(code: int) -> None:
    async def fails(asked: dict[str, Any]) -> Any:
        error = {"code": code, "message": "The quota of this tool is used up."}
        return json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error}).encode()

    async def use() -> None:
        async with Desk(calling(Call("add", "{}")), mcp=PATIENT) as desk:
            await desk.update(tools=[declared(liar.url)])
            (item,) = (await ask(desk))["output"]
            told = {"type": "protocol_error", "code": code, "message": "The quota of this tool is used up."}
            assert item["error"] == told

    with misbehaving(tools_list=listing(ADD), tools_call=fails) as liar:
        asyncio.run(use())


@pytest.mark.parametrize("structured", [{"q": "a" * 60 + "!"}, {"q": 3}, None])
def test_results_are_not_measured_against_what_a_tool_promises(structured: Any) -> None:
    promised = {"type": "object", "required": ["q"], "properties": {"q": {"type": "string", "pattern": "^(a+)+$"}}}

    async def use() -> None:
        async with Desk(calling(Call("add", "{}")), mcp=PATIENT) as desk:
            await desk.update(tools=[declared(liar.url)])
            (item,) = (await ask(desk))["output"]
            assert item["output"] == "3", item

    answer = {"content": [{"type": "text", "text": "3"}]} | ({"structuredContent": structured} if structured else {})
    with misbehaving(tools_list=listing({**ADD, "outputSchema": promised}), tools_call=answer) as liar:
        asyncio.run(use())


def test_a_server_that_knows_only_the_old_transport_is_reached_by_that() -> None:
    server = MCPServer("old")

    @server.tool()
    def add(a: int, b: int) -> int:
        return a + b

    async def use() -> None:
        async with Desk(calling(Call("add", '{"a": 1, "b": 2}')), mcp=PATIENT) as desk:
            await desk.update(tools=[declared(f"{address}/sse")])
            (item,) = (await ask(desk))["output"]
            assert item["output"] == "3"

    with serving(server.sse_app()) as address:
        asyncio.run(use())
