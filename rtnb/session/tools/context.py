"""What a tool may know about the call it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from rtnb.errors import SessionError

if TYPE_CHECKING:
    from rtnb.session.views.shapes import SessionView

__all__ = ["ToolCancelledError", "ToolContext"]


class ToolCancelledError(SessionError):
    """Nobody waits for the result of this call any more."""


class ToolContext:
    """A parameter annotated with this class is passed in and left out of the schema.

    Parameters
    ----------
    call_id : str
        Which call is answered.
    name : str
        Of which tool.
    look : callable, optional
        Gives a snapshot of the session.

    Examples
    --------
    >>> from rtnb.session.tools.context import ToolContext
    >>> def count(to: int, context: ToolContext) -> int:
    ...     done = 0
    ...     for _ in range(to):
    ...         context.check()     # ends the function when the user has interrupted
    ...         done += 1
    ...     return done
    >>> count(3, ToolContext("call_1", "count"))
    3
    """

    def __init__(self, call_id: str, name: str, look: Callable[[], SessionView] | None = None) -> None:
        self.call_id = call_id
        self.name = name
        self._look = look
        self._cancelled = threading.Event()
        self._why = ""

    @property
    def session(self) -> SessionView | None:
        """A snapshot of the session as it is now; None outside of one."""
        return None if self._look is None else self._look()

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the result any more: interrupted, timed out, or the session was closed."""
        return self._cancelled.is_set()

    def check(self) -> None:
        """Go on, or end the function here.

        Raises
        ------
        ToolCancelledError
            Nobody waits for the result any more.
        """
        if self.cancelled:
            raise ToolCancelledError(f"The call of {self.name} was given up: {self._why}.")

    def wait(self, seconds: float) -> bool:
        """Sleep, in a plain function; returns at once, with True, when the call is given up."""
        return self._cancelled.wait(seconds)

    def cancel(self, why: str = "nobody waits for it any more") -> None:
        """Say that the result is not wanted any more; safe from any thread."""
        if not self.cancelled:
            self._why = why
            self._cancelled.set()

    def __repr__(self) -> str:
        return f"ToolContext({self.name}, {self.call_id}{', cancelled' if self.cancelled else ''})"
