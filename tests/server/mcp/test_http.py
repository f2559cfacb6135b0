from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from support.desk import Desk
from support.mcp_server import PATIENT, ask, calling, declared, listing, mcp_server, misbehaving, serving

from rtnb.server.brains.base import Call
from rtnb.server.mcp import McpPolicy

ADD = {"name": "add"}


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ({"content": [{"type": "text", "text": "x" * 5_000_000}]}, "longer than 4 MiB"),
        ({"content": [{"type": "text", "text": ""}] * 40_000}, "more than 32768 objects"),
        ({"content": [], "structuredContent": {"all": [0] * 300_000}}, "262144 values"),
    ],
)
def test_a_result_that_is_too_much_is_not_read_and_the_next_call_works(result: Any, told: str) -> None:
    async def use() -> None:
        async with Desk(calling(Call("add", "{}")), mcp=PATIENT) as desk:
            await desk.update(tools=[declared(liar.url)])
            (item,) = (await ask(desk))["output"]
            assert item["error"]["type"] == "protocol_error" and told in item["error"]["message"], item["error"]
            liar.answers["tools_call"] = {"content": [{"type": "text", "text": "3"}]}
            (item,) = (await ask(desk, input=[]))["output"]
            assert item["output"] == "3" and liar.asked.count("initialize") == 1

    with misbehaving(tools_list=listing(ADD), tools_call=result) as liar:
        asyncio.run(use())


def test_a_list_that_is_too_long_fails(caplog: pytest.LogCaptureFixture) -> None:
    async def use() -> None:
        async with Desk(calling(), mcp=PATIENT) as desk:
            await desk.update(tools=[declared(liar.url)])
            await desk.until("mcp_list_tools.failed")

    with misbehaving(tools_list=listing(*({"name": f"t{number}"} for number in range(20_000)))) as liar:
        asyncio.run(use())
    assert "more than 32768 objects" in caplog.text


def test_no_more_pages_are_asked_for_than_tools_are_taken() -> None:
    async def page(asked: dict[str, Any]) -> Any:
        return listing(*({"name": f"{len(liar.asked)}_{number}"} for number in range(5))) | {"nextCursor": "more"}

    async def use() -> None:
        async with Desk(calling(), mcp=replace(PATIENT, most_tools=8)) as desk:
            await desk.update(tools=[declared(liar.url)])
            await desk.until("mcp_list_tools.completed")
            done = await desk.until("conversation.item.done")
            assert len(done["item"]["tools"]) == 8 and liar.asked.count("tools/list") == 2

    with misbehaving(tools_list=page) as liar:
        asyncio.run(use())


def test_a_compressed_answer_is_not_unfolded(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        asked = json.loads((await receive())["body"])
        packed = gzip.compress(json.dumps({"jsonrpc": "2.0", "id": asked.get("id"), "result": {}}).encode())
        headers = [(b"content-type", b"application/json"), (b"content-encoding", b"gzip")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": packed})

    async def use() -> None:
        async with Desk(calling(), mcp=PATIENT) as desk:
            await desk.update(tools=[declared(f"{address}/mcp")])
            await desk.until("mcp_list_tools.failed")

    with serving(app) as address:
        asyncio.run(use())
    assert "is compressed" in caplog.text


@contextmanager
def proxy() -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that refuses, and what it was sent."""
    seen: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                seen.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 502 no\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", seen
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def test_a_proxy_is_asked_for_others_and_never_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(url: str, ends: str) -> None:
        async with Desk(calling(), mcp=PATIENT) as desk:
            await desk.update(tools=[declared(url, authorization="tok-SENTINEL")])
            await desk.until(ends)

    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with proxy() as (address, seen), mcp_server(token="tok-SENTINEL") as real:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, address)
        asyncio.run(use(real.url, "mcp_list_tools.completed"))
        assert seen == []
        asyncio.run(use("http://tools.invalid/mcp", "mcp_list_tools.failed"))
        assert seen[0].startswith(b"POST http://tools.invalid/mcp")


def test_a_name_that_leads_elsewhere_the_second_time_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = []
    resolve = socket.getaddrinfo

    def rebinding(host: Any, *args: Any, **more: Any) -> Any:
        if host not in ("rebinding.test", b"rebinding.test"):
            return resolve(host, *args, **more)
        asked.append(host)
        return resolve("127.0.0.1" if len(asked) > 1 else "8.8.8.8", *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)

    async def use() -> None:
        async with Desk(calling(), mcp=replace(PATIENT, private=False)) as desk:
            await desk.update(tools=[declared(liar.url.replace("127.0.0.1", "rebinding.test"))])
            await desk.until("mcp_list_tools.failed")

    with misbehaving(tools_list=listing(ADD)) as liar:
        asyncio.run(use())
        assert liar.asked == []
    assert len(asked) > 1 and "a private one" in caplog.text


class Everywhere(McpPolicy):
    """To which one name is a public one."""

    async def public_address(self, url: str) -> str:
        assert "pinned.test" in url
        return "127.0.0.1"


def test_requests_go_to_the_address_that_was_looked_at_and_bear_its_name() -> None:
    hosts = []

    async def use() -> None:
        async with Desk(calling(Call("add", "{}")), mcp=Everywhere(private=False, list_timeout_s=60)) as desk:
            await desk.update(tools=[declared(f"{address.replace('127.0.0.1', 'pinned.test')}/mcp")])
            await desk.until("mcp_list_tools.failed")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        hosts.append(dict(scope["headers"])[b"host"])
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with serving(app) as address:
        asyncio.run(use())
    assert hosts and all(host.startswith(b"pinned.test:") for host in hosts)
