"""Where a blocking verb waits, and is asked meanwhile what only the user can decide."""

from __future__ import annotations

import builtins
import concurrent.futures
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

from rtnb.errors import TurnTimeoutError
from rtnb.session.live import deciding, presses_may_arrive, show_buttons
from rtnb.session.tools.approvals import Approval, ask_in_terminal
from rtnb.session.verbs.turn import Turn

__all__ = ["Desk"]

POLL_S = 0.1
"""How often a waiting cell looks whether something is to be decided."""

SUBSHELL_S = 2.0
"""How long a front end may take to show a widget and to make a subshell for it; then the cell asks with words."""


class Desk:
    """Waits for turns on the caller's thread.

    What is to be decided gets buttons where these can be pressed while a cell runs; elsewhere the waiting thread asks
    with ``input()``.

    Parameters
    ----------
    pending : callable
        What waits for a decision.
    """

    def __init__(self, pending: Callable[[], Iterable[Approval]]) -> None:
        self._pending = pending
        self._asked: set[str] = set()
        self.waiting = 0
        """How many verbs wait here."""

    def wait(self, turn: Turn, timeout: float | None) -> Turn:
        """As ``turn.wait(timeout)``."""
        self.waiting += 1
        try:
            return self._wait(turn, timeout)
        finally:
            self.waiting -= 1

    def _wait(self, turn: Turn, timeout: float | None) -> Turn:
        if deciding(blocked=True) == "none":
            return turn.wait_plainly(timeout)
        self.attend(turn.over, timeout)
        try:
            return turn.wait_plainly(0 if timeout is not None else None)
        except TurnTimeoutError as late:
            raise TurnTimeoutError(str(late).replace("after 0 s", f"after {timeout:g} s")) from None

    def attend(self, over: Future[Any], timeout: float | None) -> None:
        """Ask what is to be decided until something is over, or the time is; that the user takes does not count."""
        end = None if timeout is None else time.monotonic() + timeout
        while not over.done() and (end is None or time.monotonic() < end):
            begun = time.monotonic()
            for approval in self._pending():
                self._ask(approval)
            end = None if end is None else end + time.monotonic() - begun
            left = POLL_S if end is None else max(0.0, min(POLL_S, end - time.monotonic()))
            concurrent.futures.wait([over], left)

    def _ask(self, approval: Approval) -> None:
        # Looked at each time: a front end makes a subshell when it shows its first widget, and buttons that were shown
        # while no cell ran may be out of reach now.
        if approval.id in self._asked or approval.decided is not None:
            return
        if deciding(blocked=True) == "buttons" or self._shown(approval):
            show_buttons(approval)
            return
        self._asked.add(approval.id)
        # A kernel puts its own input() into builtins for as long as a cell runs.
        ask_in_terminal(approval, builtins.input)

    def _shown(self, approval: Approval) -> bool:
        """Show buttons to a front end that may have shown no widget yet; whether they can be pressed now."""
        if not presses_may_arrive() or show_buttons(approval) is None:
            return False
        end = time.monotonic() + SUBSHELL_S
        while time.monotonic() < end and approval.decided is None:
            time.sleep(POLL_S)
            if deciding(blocked=True) == "buttons":
                return True
        return approval.decided is not None
