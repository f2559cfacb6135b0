"""Buttons that decide, without a browser; tests/browser presses them in one."""

from __future__ import annotations

import html
from typing import Any

import pytest

from rtnb._display import untypeset
from rtnb.errors import SessionClosedError
from rtnb.session.tools.approvals import Approval
from rtnb.widgets.approval import WIDGET_VIEW, ApprovalCard


class Handle:
    """A notebook's output."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []

    def update(self, bundle: dict[str, Any], *, raw: bool) -> None:
        assert raw
        self.shown.append(bundle)


class Decided(list[tuple[bool, str, str]]):
    def __call__(self, approval: Approval, approve: bool, reason: str, by: str) -> None:
        self.append((approve, reason, by))


def made(decide: Any, arguments: str = '{"order": "A-1"}') -> tuple[ApprovalCard, Handle]:
    card = ApprovalCard(Approval("mcpr_1", "shop", "refund", arguments, decide))
    handle = Handle()
    card._handle = handle
    return card, handle


def test_a_click_approves_and_leaves_a_sentence() -> None:
    decided = Decided()
    card, handle = made(decided)
    assert set(card._repr_mimebundle_()) == {"text/plain", "text/html", WIDGET_VIEW}
    assert "wants to run refund({'order': 'A-1'})" in html.unescape(card._question.value)
    card._approve.click()
    assert decided == [(True, "", "button")]
    left = "Approved: shop.refund(order='A-1')."
    words = left.replace("'", "&#x27;").join(("<div>", "</div>"))
    assert handle.shown == [untypeset({"text/plain": left, "text/html": words})]
    assert repr(card) == left
    card._deny.click()
    assert len(decided) == 1 and len(handle.shown) == 1


def test_a_no_takes_the_reason_with_it() -> None:
    decided = Decided()
    card, _ = made(decided)
    card._reason.value = "  not without a receipt "
    card._deny.click()
    assert decided == [(False, "not without a receipt", "button")]
    assert repr(card) == "Denied: shop.refund(order='A-1'): not without a receipt"


def test_what_was_decided_elsewhere_is_shown_and_not_decided_again() -> None:
    decided = Decided()
    card, handle = made(decided)
    card.approval.deny("no", by="function")
    card.settle(False, "no", by="function")
    assert repr(card) == "Denied by a function: shop.refund(order='A-1'): no"
    card._approve.click()
    assert decided == [(False, "no", "function")] and len(handle.shown) == 1


def test_a_press_that_comes_second_shows_the_first() -> None:
    decided = Decided()
    card, _ = made(decided)
    card.approval.approve(by="function")
    card._deny.click()
    assert decided == [(True, "", "function")] and repr(card) == "Approved: shop.refund(order='A-1')."


def test_a_session_that_is_over_is_told() -> None:
    def over(*verdict: object) -> None:
        raise SessionClosedError("The session is over.")

    card, _ = made(over)
    card._approve.click()
    assert repr(card) == "Not decided: shop.refund(order='A-1'). The session is over."
    card, _ = made(over)
    card.expire()
    assert repr(card) == "Not decided: shop.refund(order='A-1'). The session ended first."
    card, _ = made(Decided())
    card.approval.approve()
    card.expire()
    assert repr(card).startswith("Approved")


@pytest.mark.parametrize("arguments", ['{"x": "<script>alert(1)</script>"}', "<img src=x onerror=alert(1)>"])
def test_arguments_are_text(arguments: str) -> None:
    card, handle = made(Decided(), arguments)
    assert "<script" not in card._question.value and "<img" not in card._question.value
    card.press(approve=False, reason="<b>")
    assert "<script" not in handle.shown[0]["text/html"] and "<b>" not in handle.shown[0]["text/html"]
