"""Running functions: what is not seen over a socket in tests/session/test_tools_live.py."""

from __future__ import annotations

import threading

from support.puppet import Puppet, function_call, message

import rtnb
from rtnb.session.tools.context import ToolContext


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
        {"type": "function_call", "call_id": "call_x", "arguments": None},
        {"type": "mcp_approval_request", "id": ""},
        {"type": ["list"]},
    ]
    with (
        Puppet(odd).server() as server,
        rtnb.connect(server.url, modalities=["text"], journal=False) as s,
    ):
        assert s.ask("Go.", show=False).status == "completed"
        assert [(call.call_id, call.name) for call in s.open_calls] == [("call_x", "")]
