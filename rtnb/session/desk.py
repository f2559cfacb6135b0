"""Where a blocking verb waits, and is asked meanwhile what only the user can decide."""

from __future__ import annotations

import builtins
import concurrent.futures
import time
from collections.abc import Callable, Iterable

from rtnb.errors import TurnTimeoutError
from rtnb.session.live import deciding, show_buttons
from rtnb.session.tools.approvals import Approval, ask_in_terminal
from rtnb.session.verbs.turn import Turn

__all__ = ["Desk"]

POLL_S = 0.1
"""How often a waiting cell looks whether something is to be decided."""


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
            return turn.wait(timeout)
        end = None if timeout is None else time.monotonic() + timeout
        while not turn.done and (end is None or time.monotonic() < end):
            for approval in self._pending():
                if approval.id not in self._asked:
                    self._asked.add(approval.id)
                    begun = time.monotonic()
                    _ask(approval)
                    # The time that the user thinks is nobody's delay.
                    end = None if end is None else end + time.monotonic() - begun
            left = POLL_S if end is None else max(0.0, min(POLL_S, end - time.monotonic()))
            concurrent.futures.wait([turn.over], left)
        try:
            return turn.wait(0 if timeout is not None else None)
        except TurnTimeoutError as late:
            raise TurnTimeoutError(str(late).replace("after 0 s", f"after {timeout:g} s")) from None


def _ask(approval: Approval) -> None:
    # Looked at for each: a front end makes a subshell when it shows its first widget.
    if deciding(blocked=True) == "buttons":
        show_buttons(approval)
    else:
        # A kernel puts its own input() into builtins for as long as a cell runs.
        ask_in_terminal(approval, builtins.input)
