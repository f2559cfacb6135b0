"""Two buttons for what an MCP server wants approved, and a sentence once it is decided, wherever that was."""

from __future__ import annotations

import html
import threading
from contextlib import suppress
from typing import Any

from rtnb._display import Bundle, untypeset
from rtnb.errors import SessionError
from rtnb.session.live import pressed_anywhere
from rtnb.session.tools.approvals import Approval, question
from rtnb.widgets.extras import needed

__all__ = ["ApprovalCard", "show"]

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class ApprovalCard:
    """An approval to be decided; every verb may be called from any thread.

    Parameters
    ----------
    approval : Approval

    Raises
    ------
    MissingExtraError
        ipywidgets is not installed.

    Examples
    --------
    >>> said = []
    >>> approval = Approval("mcpr_1", "shop", "refund", "{}", lambda *verdict: said.append(verdict[1:]))
    >>> card = ApprovalCard(approval)
    >>> card.press(approve=False, reason="not today")
    >>> card
    Denied: shop.refund(): not today
    >>> said
    [(False, 'not today', 'button')]
    """

    def __init__(self, approval: Approval) -> None:
        widgets: Any = needed("ipywidgets", "An approval with buttons")
        self.approval = approval
        self._lock = threading.Lock()
        self._handle: Any = None
        self._left = ""
        wide = widgets.Layout(width="auto")
        asked = f'<div style="font-size:15px;line-height:1.4">{html.escape(question(approval))}</div>'
        self._question = widgets.HTML(untypeset({"text/html": asked})["text/html"])
        self._approve = widgets.Button(description="Approve", button_style="primary", icon="check", layout=wide)
        self._deny = widgets.Button(description="Deny", icon="times", layout=wide)
        self._reason = widgets.Text(placeholder="Reason for a no (optional)", layout=widgets.Layout(width="22em"))
        self._problem = widgets.HTML()
        row = widgets.HBox(
            [self._approve, self._deny, self._reason], layout=widgets.Layout(flex_flow="row wrap", align_items="center")
        )
        self._box = widgets.VBox([self._question, row, self._problem])
        self._approve.on_click(lambda button: self.press(approve=True))
        self._deny.on_click(lambda button: self.press(approve=False, reason=self._reason.value))
        for each in (self._approve, self._deny, self._reason):
            pressed_anywhere(each.comm)
        # Enter in the reason is no press: who is not sure has not said no yet.

    def display(self) -> None:
        """Show it in the current cell."""
        from IPython.display import display

        with self._lock:
            self._handle = display(self._repr_mimebundle_(), raw=True, display_id=True)

    def press(self, *, approve: bool, reason: str = "") -> None:
        """As a button does."""
        for each in (self._approve, self._deny, self._reason):
            with suppress(Exception):
                each.disabled = True
        try:
            if approve:
                self.approval.approve(by="button")
            else:
                self.approval.deny(reason.strip(), by="button")
        except SessionError as error:
            if self.approval.decided is None:
                self._freeze(f"Not decided: {self._called()}. {error}")
                return
        self.settle(bool(self.approval.decided), self.approval.reason)

    def settle(self, approve: bool, reason: str = "", *, by: str = "") -> None:
        """It was decided, here or elsewhere: the sentence replaces the buttons."""
        whose = " by a function" if by == "function" else ""
        because = f": {reason}" if reason else "."
        self._freeze(f"{'Approved' if approve else 'Denied'}{whose}: {self._called()}{because}")

    def expire(self) -> None:
        """The session is over, and nothing can be decided any more."""
        if self.approval.decided is None:
            self._freeze(f"Not decided: {self._called()}. The session ended first.")
        else:
            self.settle(self.approval.decided, self.approval.reason)

    def _called(self) -> str:
        shown = repr(self.approval)
        return shown[len("Approval(") : shown.rindex(", ")]

    def _freeze(self, text: str) -> None:
        with self._lock:
            if self._left:
                return
            self._left = text
            if self._handle is not None:
                with suppress(Exception):
                    self._handle.update(self._repr_mimebundle_(), raw=True)
        # Not closed: a page that was loaded anew knows nothing of this output, and goes on showing the box.
        with suppress(Exception):
            self._question.value = self._words()["text/html"]
            self._box.children = (self._question,)

    def __repr__(self) -> str:
        return self._left or f"{question(self.approval)} (not decided yet)"

    def _words(self) -> Bundle:
        text = repr(self)
        return untypeset({"text/plain": text, "text/html": f"<div>{html.escape(text)}</div>"})

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        still = self._words()
        if self._left:
            return still
        return {**still, WIDGET_VIEW: {"version_major": 2, "version_minor": 0, "model_id": self._box.model_id}}


def show(approval: Approval) -> ApprovalCard:
    """Buttons for `approval` in the current cell; never blocks."""
    card = ApprovalCard(approval)
    card.display()
    if approval.decided is not None:
        card.settle(approval.decided, approval.reason)
    return card
