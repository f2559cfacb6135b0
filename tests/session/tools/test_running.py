"""Running functions: what is not seen over a socket in tests/session/test_tools_live.py."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from support.puppet import Puppet, function_call, message

import rtnb
from rtnb.session.tools import running
from rtnb.session.tools.context import ToolContext

BY_HAND = {"type": "function", "name": "by_hand", "parameters": {"type": "object", "properties": {}}}


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def test_a_function_may_look_at_its_session_and_give_up() -> None:
    seen: list[object] = []

    def look(context: ToolContext) -> str:
        view = context.session
        assert view is not None
        seen.append((context.call_id, context.name, view.turns[0].user_text, view.status))
        context.cancel("it was enough")
        context.check()
        return "never"

    with (
        Puppet([function_call("look", "{}", "call_a")], [message("Done.")]).server() as server,
        rtnb.connect(server.url, modalities=["text"], journal=False, tools=[look]) as s,
    ):
        turn = s.ask("Go.", show=False)
        assert seen == [("call_a", "look", "Go.", "open")] and turn.text == "Done."
        assert [(call.status, call.error) for call in turn.tool_calls] == [
            ("cancelled", "The call of look was given up: it was enough.")
        ]


def test_more_calls_than_threads_are_all_answered() -> None:
    lock, now, most = threading.Lock(), 0, 0

    def work(n: int) -> int:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.02)
        with lock:
            now -= 1
        return n

    calls = [function_call("work", f'{{"n": {n}}}', f"call_{n}") for n in range(20)]
    with (
        Puppet(calls, [message("Done.")]).server() as server,
        rtnb.connect(server.url, modalities=["text"], journal=False, tools=[work]) as s,
    ):
        turn = s.ask("Go.", show=False)
        assert turn.text == "Done." and [call.output for call in turn.tool_calls] == [str(n) for n in range(20)]
        assert most <= 8


def test_calls_that_are_no_calls_are_passed_over() -> None:
    odd = [
        {"type": "function_call", "name": "work", "arguments": "{}"},
        {"type": "function_call", "call_id": "", "name": "work", "arguments": "{}"},
        {"type": "function_call", "call_id": 5, "name": "work", "arguments": "{}"},
        {"type": "function_call", "call_id": "call_x", "name": "by_hand", "arguments": None},
        {"type": "mcp_approval_request", "id": ""},
        {"type": ["list"]},
    ]
    with (
        Puppet(odd).server() as server,
        rtnb.connect(server.url, modalities=["text"], journal=False, tools=[BY_HAND]) as s,
    ):
        assert s.ask("Go.", show=False).status == "completed"
        assert [(call.call_id, call.name) for call in s.open_calls] == [("call_x", "by_hand")]
        # They come twice, item by item and at the end.
        assert sum("without a call_id" in text for text in s.notices) == 3


@pytest.mark.parametrize("name", ["made_up", "", "shop"])
def test_a_tool_that_nobody_declared_is_answered_with_those_there_are(name: str) -> None:
    def lookup() -> str:
        return "found"

    shop = {"type": "mcp", "server_label": "shop", "server_url": "https://shop.example"}
    with (
        Puppet([function_call(name, "{}", "call_a")], [message("Let me see.")]).server() as server,
        rtnb.connect(server.url, modalities=["text"], journal=False, tools=[lookup, BY_HAND, shop]) as s,
    ):
        turn = s.ask("Go.", show=False)
        assert turn.text == "Let me see." and s.open_calls == []
        (call,) = turn.tool_calls
        assert call.status == "refused" and "there are: lookup, by_hand" in str(call.output)
        assert len(s.notices) == 1 and "is not there" in s.notices[0]


def test_tools_that_were_declared_by_hand_are_answered_by_hand() -> None:
    puppet = Puppet([function_call("by_hand", "{}", "call_a")])
    with puppet.server() as server, rtnb.connect(server.url, modalities=["text"], journal=False) as s:
        s.send_event({"type": "response.create", "response": {"tools": [BY_HAND]}})
        wait_for(lambda: s.open_calls)
    puppet = Puppet([function_call("by_hand", "{}", "call_a")])
    with puppet.server() as server, rtnb.connect(server.url, modalities=["text"], journal=False) as s:
        s.send_event({"type": "session.update", "session": {"type": "realtime", "tools": [BY_HAND]}})
        assert s.ask("Go.", show=False).status == "completed" and len(s.open_calls) == 1


def test_functions_get_what_the_log_leaves_out() -> None:
    got: list[str] = []

    def lookup(key: str) -> str:
        got.append(key)
        return "found"

    secret = "sk-" + "0123456789abcdef" * 2
    calls = [function_call("lookup", f'{{"key": "{secret}"}}', "call_a")]
    with (
        Puppet(calls, [message("Found.")]).server() as server,
        rtnb.connect(server.url, modalities=["text"], journal=False, tools=[lookup]) as s,
    ):
        assert s.ask("Go.", show=False).text == "Found." and got == [secret]
        assert secret not in "".join(str(event.body) for event in s.events)


def test_functions_that_hang_make_room_and_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "GRACE_S", 0.0)
    go = threading.Event()

    @rtnb.tool(timeout_s=0.1)
    def stuck(n: int) -> None:
        go.wait(20)

    def quick() -> str:
        return "quick"

    calls = [function_call("stuck", f'{{"n": {n}}}', f"call_{n}") for n in range(10)]
    plans = calls, [message("Sorry.")], [function_call("quick", "{}", "call_q")], [message("Quick.")]
    try:
        with (
            Puppet(*plans).server() as server,
            rtnb.connect(server.url, modalities=["text"], journal=False, tools=[stuck, quick]) as s,
        ):
            turn = s.ask("Go.", show=False, timeout=15)
            assert [call.status for call in turn.tool_calls] == ["timed out"] * 10
            assert s.ask("Again.", show=False, timeout=15).tool_calls[0].output == "quick"
            wait_for(lambda: any("functions run on though they were given up" in text for text in s.notices))
    finally:
        go.set()


def test_time_in_the_queue_does_not_count() -> None:
    go, lock = threading.Event(), threading.Lock()
    begun = 0

    @rtnb.tool(timeout_s=None)
    def first(n: int) -> None:
        nonlocal begun
        with lock:
            begun += 1
        assert go.wait(20)

    @rtnb.tool(timeout_s=0.5)
    def second() -> str:
        return "in time"

    calls = [function_call("first", f'{{"n": {n}}}', f"call_{n}") for n in range(8)]
    with (
        Puppet([*calls, function_call("second", "{}", "call_s")], [message("Done.")]).server() as server,
        rtnb.connect(server.url, modalities=["text"], journal=False, tools=[first, second]) as s,
    ):
        turn = s.send("Go.", show=False)
        wait_for(lambda: begun == 8)
        # More than it may take.
        time.sleep(0.7)
        go.set()
        assert turn.wait(10).tool_calls[8].output == "in time"


def test_an_interrupt_makes_room_and_what_had_not_begun_does_not_begin() -> None:
    go = threading.Event()

    @rtnb.tool(timeout_s=None)
    def stuck(n: int) -> str:
        go.wait(20)
        return "stuck"

    calls = [function_call("stuck", f'{{"n": {n}}}', f"call_{n}") for n in range(9)]
    try:
        with (
            Puppet(calls).server() as server,
            rtnb.connect(server.url, modalities=["text"], journal=False, tools=[stuck]) as s,
        ):
            turn = s.send("Go.", show=False)
            wait_for(lambda: len([e for e in s.events if e.type == "rtnb.tool.started"]) == 9)
            s.interrupt()
            wait_for(lambda: turn.wait(10).tool_calls[8].status == "cancelled")
            assert [call.status for call in turn.tool_calls[:8]] == ["running"] * 8
    finally:
        go.set()


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_a_coroutine_that_wants_out_takes_no_loop_with_it(error: type[BaseException]) -> None:
    async def leave() -> None:
        raise error

    async def fine() -> str:
        return "fine"

    def plans() -> Puppet:
        return Puppet(
            [function_call("leave", "{}", "call_a")], [function_call("fine", "{}", "call_b")], [message("Oh.")]
        )

    with (
        plans().server() as server,
        rtnb.connect(server.url, modalities=["text"], journal=False, tools=[leave, fine]) as s,
    ):
        first, second = s.ask("Go.", show=False, timeout=15).tool_calls
        assert error.__name__ in first.error and second.output == "fine"

    async def main(url: str) -> list[str]:
        settings: Any = {"modalities": ["text"], "journal": False, "tools": [leave, fine]}
        async with rtnb.AsyncSession(url, **settings) as s:
            return [call.status for call in (await s.ask("Go.")).tool_calls]

    with plans().server() as server:
        assert asyncio.run(main(server.url)) == ["failed", "completed"]


def test_a_result_that_is_cut_is_told() -> None:
    def long() -> str:
        return "x" * 30_000

    async def longer() -> str:
        return "x" * 40_000

    calls = [function_call("long", "{}", "call_a"), function_call("longer", "{}", "call_b")]
    calls.append(function_call("by_hand", "{}", "call_c"))
    with (
        Puppet(calls, [message("Long.")]).server() as server,
        rtnb.connect(server.url, modalities=["text"], journal=False, tools=[long, longer, BY_HAND]) as s,
    ):
        turn = s.ask("Go.", show=False)
        assert all(len(str(call.output)) < 20_100 for call in turn.tool_calls)
        s.answer("call_c", "y" * 25_000)
        told = "\n".join(s.notices)
        assert "The tool long returned 30,000 characters" in told and "The tool longer returned 40,000" in told
        assert "The answer to by_hand by hand returned 25,000" in told


def test_the_model_is_told_no_paths_of_this_package() -> None:
    def opaque() -> object:
        return object()

    with (
        Puppet([function_call("opaque", "{}", "call_a")], [message("Oh.")]).server() as server,
        rtnb.connect(server.url, modalities=["text"], journal=False, tools=[opaque]) as s,
    ):
        (call,) = s.ask("Go.", show=False).tool_calls
        assert "cannot be turned into JSON" in str(call.output) and "rtnb" not in str(call.output)
