"""How a cell that waits asks what only its user can decide."""

from __future__ import annotations

import builtins
from concurrent.futures import Future
from typing import Any

import pytest

from rtnb.session import desk as module
from rtnb.session.desk import Desk
from rtnb.session.tools.approvals import Approval


class Notebook:
    """A front end, and a user who says yes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, makes_subshell: bool, widgets: bool = True) -> None:
        self.shown: list[Any] = []
        self.asked: list[str] = []
        self._makes_subshell = makes_subshell
        self._widgets = widgets
        self.over: Future[None] = Future()
        self.approval = Approval("mcpr_1", "shop", "refund", "{}", lambda *verdict: self.over.set_result(None))
        monkeypatch.setattr(module, "deciding", self.deciding)
        monkeypatch.setattr(module, "show_buttons", self.show)
        monkeypatch.setattr(module, "presses_may_arrive", lambda: widgets)
        monkeypatch.setattr(module, "SUBSHELL_S", 0.3)
        monkeypatch.setattr(builtins, "input", self.input)

    def deciding(self, *, blocked: bool) -> str:
        if self.shown and self._makes_subshell:
            # The front end has made a subshell for the widget, and its user presses.
            if self.approval.decided is None:
                self.approval.approve(by="button")
            return "buttons"
        return "input"

    def show(self, approval: Approval) -> Any:
        self.shown.append(approval)
        return object()

    def input(self, prompt: str) -> str:
        self.asked.append(prompt)
        return "y"


def wait(notebook: Notebook) -> None:
    Desk(lambda: [] if notebook.approval.decided is not None else [notebook.approval]).attend(notebook.over, 5)


def test_the_first_buttons_make_a_front_end_able_to_press_them(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = Notebook(monkeypatch, makes_subshell=True)
    wait(notebook)
    assert notebook.approval.decided is True and notebook.shown and not notebook.asked


def test_a_front_end_that_makes_no_subshell_is_asked_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = Notebook(monkeypatch, makes_subshell=False)
    wait(notebook)
    assert notebook.approval.decided is True and len(notebook.asked) == 1 and len(notebook.shown) == 1


def test_without_widgets_nothing_is_shown_first(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = Notebook(monkeypatch, makes_subshell=False, widgets=False)
    wait(notebook)
    assert notebook.approval.decided is True and len(notebook.asked) == 1 and not notebook.shown
