"""Who is asked with buttons, when, and where."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable
from typing import Any

import pytest
from support.puppet import Puppet, approval_request, mcp_call, message

import rtnb
from rtnb.session import Session, buttons, desk, facade
from rtnb.session.tools.approvals import Approval
from rtnb.testing import ScriptedServer

SHOP = {"type": "mcp", "server_label": "shop", "server_url": "https://shop.example", "require_approval": "always"}

WHERE: contextvars.ContextVar[str] = contextvars.ContextVar("where", default="nowhere")


class FakeCard:
    def __init__(self, approval: Approval) -> None:
        self.approval = approval
        self.where = WHERE.get()
        self.verdicts: list[tuple[bool, str, str]] = []
        self.expired = 0

    def settle(self, approve: bool, reason: str = "", *, by: str = "") -> None:
        self.verdicts.append((approve, reason, by))

    def expire(self) -> None:
        self.expired += 1


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> list[FakeCard]:
    """A notebook whose kernel takes presses at any time."""
    shown: list[FakeCard] = []

    def show(approval: Any) -> FakeCard:
        if not hasattr(approval, "_card"):
            approval._card = FakeCard(approval)
            shown.append(approval._card)
        return approval._card  # type: ignore[no-any-return]

    def how(*, blocked: bool) -> str:
        return "buttons"

    for module in (buttons, desk):
        monkeypatch.setattr(module, "show_buttons", show)
    for module in (buttons, desk, facade):
        monkeypatch.setattr(module, "deciding", how)
    return shown


def connect(server: ScriptedServer, **settings: Any) -> Session:
    return rtnb.connect(server.url, modalities=["text"], journal=False, tools=[SHOP], **settings)


def wait_for(condition: Callable[[], object], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def refund() -> ScriptedServer:
    return Puppet([approval_request("mcpr_1")], [mcp_call("mcpr_1", "ok"), message("Refunded.")]).server()


def test_what_is_to_be_decided_is_shown_once_in_the_cell_that_asked(cards: list[FakeCard]) -> None:
    with refund() as server, connect(server) as s:
        token = WHERE.set("the cell that asked")
        turn = s.send("Refund A-1.", show=False)
        WHERE.reset(token)
        wait_for(lambda: cards)
        (card,) = cards
        assert card.where == "the cell that asked"
        card.approval.approve(by="button")
        assert turn.wait(5).text == "Refunded."
        wait_for(lambda: card.verdicts == [(True, "", "button")])
    assert len(cards) == 1 and card.expired <= 1


def test_it_is_told_that_something_else_decided(cards: list[FakeCard]) -> None:
    with refund() as server, connect(server) as s:
        s.send("Refund A-1.", show=False)
        wait_for(lambda: cards)
        s.approvals[0].deny("no")
        wait_for(lambda: cards[0].verdicts == [(False, "no", "user")])


def test_it_is_told_that_the_session_is_over(cards: list[FakeCard]) -> None:
    with refund() as server:
        with connect(server) as s:
            s.send("Refund A-1.", show=False)
            wait_for(lambda: cards)
        assert cards[0].expired == 1


def test_where_a_function_decides_nobody_is_asked(cards: list[FakeCard]) -> None:
    with refund() as server, connect(server, on_approval=lambda request: True) as s:
        assert s.ask("Refund A-1.", show=False).text == "Refunded."
    assert cards == []
