"""Approvals of calls that an MCP server's settings want confirmed, as section "MCP" of the protocol plays them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from support.puppet import Puppet, approval_request, function_call, mcp_call, message

import rtnb
from rtnb.errors import SessionClosedError, SessionError
from rtnb.session import Session
from rtnb.session.tools import approvals
from rtnb.session.tools.approvals import Approval, ask_in_terminal, question
from rtnb.testing import Close, ScriptedServer

SHOP = {"type": "mcp", "server_label": "shop", "server_url": "https://shop.example", "require_approval": "always"}


def connect(server: ScriptedServer, **settings: Any) -> Session:
    return rtnb.connect(server.url, modalities=["text"], journal=False, tools=[SHOP], **settings)


def wait_for(condition: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def verdicts(server: ScriptedServer) -> dict[str, tuple[bool, str | None]]:
    items = [event["item"] for event in server.received if event["type"] == "conversation.item.create"]
    found = [item for item in items if item["type"] == "mcp_approval_response"]
    assert all(item["id"] for item in found)
    return {item["approval_request_id"]: (item["approve"], item.get("reason")) for item in found}


def requests(server: ScriptedServer) -> int:
    return sum(event["type"] == "response.create" for event in server.received)


def notices(s: Session) -> str:
    return "\n".join(event.body["text"] for event in s.events if event.type == "rtnb.notice")


def refund(request_id: str = "mcpr_1") -> Puppet:
    return Puppet([approval_request(request_id)], [mcp_call(request_id, "ok"), message("Refunded.")])


def test_a_function_decides_in_the_middle_of_the_turn() -> None:
    seen: list[Approval] = []

    def decide(request: Approval) -> bool:
        seen.append(request)
        assert threading.current_thread().name == "rtnb-tool"
        return request.arguments["order"] == "A-1"

    with refund().server() as server:
        with connect(server, on_approval=decide) as s:
            turn = s.ask("Refund A-1.", show=False)
            assert turn.text == "Refunded." and len(s.turns) == 1 and len(s.approvals) == 0
            (noted,) = [event.body for event in s.events if event.type == "rtnb.approval"]
            assert (noted["request_id"], noted["approve"], noted["by"]) == ("mcpr_1", True, "function")
        assert verdicts(server) == {"mcpr_1": (True, None)} and requests(server) == 2
    assert (seen[0].server, seen[0].tool, seen[0].decided) == ("shop", "refund", True)


async def decide_slowly(request: Approval) -> tuple[bool, str]:
    return False, "not today"


def raises(request: Approval) -> bool:
    raise LookupError("no such order")


@pytest.mark.parametrize(
    ("decide", "reason", "told"),
    [
        (lambda request: False, None, ""),
        (lambda request: (False, "too much"), "too much", ""),
        (lambda request: (False, None), None, ""),
        (decide_slowly, "not today", ""),
        # What goes wrong is told to the user; the API learns no more than that.
        (raises, "not approved", "denied: the function that decides raised LookupError: no such order"),
        (lambda request: None, "not approved", "denied: the function that decides returned None instead"),
        (lambda request: "yes", "not approved", "denied: the function that decides returned 'yes' instead"),
    ],
)
def test_what_denies(decide: Callable[..., Any], reason: str | None, told: str) -> None:
    with Puppet([approval_request("mcpr_1")], [message("All right.")]).server() as server:
        with connect(server, on_approval=decide) as s:
            assert s.ask("Refund A-1.", show=False).text == "All right."
            assert bool(told) == (told in notices(s) and bool(notices(s)))
        approve, said = verdicts(server)["mcpr_1"]
        assert (approve, said) == (False, reason)


def test_a_function_that_does_not_decide_in_time_denies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approvals, "DECISION_S", 0.1)
    go = threading.Event()
    with Puppet([approval_request("mcpr_1")], [message("All right.")]).server() as server:
        with connect(server, on_approval=lambda request: go.wait(10)) as s:
            assert s.ask("Refund A-1.", show=False).text == "All right."
            assert "nobody decided within 0.1 s" in notices(s)
        go.set()
        assert verdicts(server) == {"mcpr_1": (False, "not approved")}


def test_all_requests_and_calls_of_a_response_share_one_that_follows() -> None:
    def lookup() -> str:
        return "found"

    first = [approval_request("mcpr_1"), function_call("lookup", "{}", "call_a"), approval_request("mcpr_2", "ship")]
    with Puppet(first, [message("Done.")]).server() as server:
        with connect(server, on_approval=lambda request: request.tool == "ship") as s:
            s.tool(lookup)
            assert s.ask("Go.", show=False).text == "Done."
        assert verdicts(server) == {"mcpr_1": (False, None), "mcpr_2": (True, None)} and requests(server) == 2


def test_without_a_function_each_stays_pending_and_is_told() -> None:
    two = [approval_request("mcpr_1"), approval_request("mcpr_2", arguments='{"order":"A-2"}')]
    with Puppet(two, [message("Both.")]).server() as server, connect(server) as s:
        turn = s.ask("Refund both.", show=False)
        assert turn.status == "completed" and [approval.id for approval in s.approvals] == ["mcpr_1", "mcpr_2"]
        for index, order in enumerate(("A-1", "A-2")):
            told = f"wants to run refund({{'order': '{order}'}}). session.approvals[{index}].approve() lets it"
            assert notices(s).count(told) == 1
        assert "pending" in repr(s.approvals)
        first, second = s.approvals
        first.approve()
        wait_for(lambda: len(verdicts(server)) == 1)
        assert requests(server) == 1 and list(s.approvals) == [second]
        with pytest.raises(SessionError, match="has been approved already"):
            first.deny()
        second.deny("not that one")
        wait_for(lambda: len(s.turns) == 2 and s.turns[1].status == "completed")
        assert s.turns[1].text == "Both." and requests(server) == 2 and len(s.approvals) == 0
        assert verdicts(server) == {"mcpr_1": (True, None), "mcpr_2": (False, "not that one")}


def test_approvals_can_be_decided_from_any_thread() -> None:
    with refund().server() as server, connect(server) as s:
        s.ask("Refund A-1.", show=False)
        thread = threading.Thread(target=s.approvals[0].approve)
        thread.start()
        thread.join(10)
        wait_for(lambda: len(s.turns) == 2 and s.turns[1].status == "completed")
        assert s.turns[1].text == "Refunded."


def test_after_the_end_nothing_is_decided() -> None:
    with refund().server() as server:
        with connect(server) as s:
            s.ask("Refund A-1.", show=False)
            (approval,) = s.approvals
        with pytest.raises(SessionClosedError, match="cannot be decided any more"):
            approval.approve()
        assert approval.decided is None and verdicts(server) == {}


def test_a_new_connection_knows_nothing_of_a_request() -> None:
    with refund().server() as server, connect(server) as s:
        s.ask("Refund A-1.", show=False)
        (approval,) = s.approvals
        s.handover()
        assert len(s.approvals) == 0 and approval.void and approval.decided is None
        assert "shop.refund. Ask the model again" in notices(s) and "void" in repr(approval)
        for decide in (approval.approve, approval.deny):
            with pytest.raises(SessionError, match=r"shop\.refund cannot be decided any more: the connection"):
                decide()
        assert ask_in_terminal(approval, input=lambda prompt: "y") is None
        assert s.ask("And?", show=False).text == "Refunded."
    assert verdicts(server) == {}


def test_a_decision_that_comes_after_the_connection_is_dropped() -> None:
    asked, go = threading.Event(), threading.Event()

    def decide(request: Approval) -> bool:
        asked.set()
        return go.wait(10)

    plan = {"items": [approval_request("mcpr_1")], "endless": True, "after": [Close(1011, "oops")]}
    with Puppet(plan, [message("Hello.")]).server() as server, connect(server, on_approval=decide) as s:
        turn = s.send("Refund A-1.", show=False)
        with pytest.raises(SessionError):
            turn.wait(10)
        assert asked.wait(10)
        wait_for(lambda: s.status == "open" and len(server.handshakes) == 2)
        go.set()
        assert s.ask("Hello?", show=False).text == "Hello."
    assert verdicts(server) == {}


def test_functions_that_hang_keep_nobody_from_deciding() -> None:
    go = threading.Event()

    @rtnb.tool(timeout_s=20)
    def stuck(n: int) -> None:
        go.wait(20)

    calls = [function_call("stuck", f'{{"n": {n}}}', f"call_{n}") for n in range(8)]
    decided = threading.Event()

    def decide(request: Approval) -> bool:
        decided.set()
        go.set()
        return True

    with Puppet([*calls, approval_request("mcpr_1")], [message("Done.")]).server() as server:
        with connect(server, on_approval=decide) as s:
            s.tool(stuck)
            assert s.ask("Go.", show=False, timeout=15).text == "Done." and decided.is_set()
        assert verdicts(server) == {"mcpr_1": (True, None)}


def test_the_waiting_cell_may_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn that is held goes on when somebody has answered."""
    with refund().server() as server, connect(server) as s:
        s.approvals.hold = True
        turn = s.send("Refund A-1.", show=False)
        wait_for(lambda: len(s.approvals))
        assert not turn.done
        asked: list[str] = []
        assert ask_in_terminal(s.approvals[0], input=lambda prompt: asked.append(prompt) or "y") is True
        assert turn.wait(10).text == "Refunded." and len(s.turns) == 1
        assert asked == ["The MCP server 'shop' wants to run refund({'order': 'A-1'}). Allow it? [y/N, or why not] "]


def test_an_interrupted_turn_leaves_its_requests_pending() -> None:
    with refund().server() as server, connect(server) as s:
        s.approvals.hold = True
        turn = s.send("Refund A-1.", show=False)
        wait_for(lambda: len(s.approvals))
        s.interrupt()
        turn.wait(10)
        s.approvals[0].approve()
        wait_for(lambda: len(s.turns) == 2 and s.turns[1].status == "completed")
        assert s.turns[1].text == "Refunded." and verdicts(server) == {"mcpr_1": (True, None)}


def made(arguments: str = '{"order": "A-1"}', tool: str = "refund") -> Approval:
    return Approval("mcpr_1", "shop", tool, arguments, lambda *verdict: None)


@pytest.mark.parametrize(
    ("answer", "decided", "reason"),
    [
        ("y", True, ""),
        (" YES ", True, ""),
        ("", False, ""),
        ("no", False, ""),
        ("n", False, ""),
        ("nope", False, "nope"),
    ],
)
def test_answers_in_a_terminal(answer: str, decided: bool, reason: str) -> None:
    approval = made()
    assert ask_in_terminal(approval, input=lambda prompt: answer) is decided
    assert (approval.decided, approval.reason) == (decided, reason)


@pytest.mark.parametrize("error", [EOFError, OSError, RuntimeError, NotImplementedError])
def test_where_nobody_can_be_asked_it_stays_pending(error: type[Exception]) -> None:
    def nobody(prompt: str) -> str:
        raise error

    approval = made()
    assert ask_in_terminal(approval, input=nobody) is None and approval.decided is None


def test_an_interrupt_at_the_question_is_an_interrupt() -> None:
    def stop(prompt: str) -> str:
        raise KeyboardInterrupt

    approval = made()
    with pytest.raises(KeyboardInterrupt):
        ask_in_terminal(approval, input=stop)
    assert approval.decided is None


def test_a_button_may_be_quicker() -> None:
    approval = made()

    def meanwhile(prompt: str) -> str:
        approval.approve()
        return "n"

    assert ask_in_terminal(approval, input=meanwhile) is True


def test_questions_are_short_and_move_no_cursor() -> None:
    assert question(made("{}")) == question(made("")) == "The MCP server 'shop' wants to run refund()."
    assert len(question(made('{"a": "' + "x" * 5000 + '"}'))) < 400
    evil = question(made('{"a": "\\u001b[2K\\rharmless"}', "re\x1bfund"))
    assert "\x1b" not in evil and "\r" not in evil
    assert question(made("not json")) == "The MCP server 'shop' wants to run refund('not json')."
