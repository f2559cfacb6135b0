"""What the user is told of functions that do not end, and of calls that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rtnb.session.tools.placing import BLOCKED_S
from rtnb.session.tools.threads import AT_ONCE, Threads

if TYPE_CHECKING:
    from rtnb.session.core import Core

__all__ = ["GRACE_S", "QUEUED_S", "SEVERAL", "ToolNotices"]

QUEUED_S: Final = 10.0
"""After how long the user is told that a call waits for others to end (own choice)."""

SEVERAL: Final = 4
"""How many functions that were given up and run on are worth a notice (own choice); then twice as many, and so on."""

GRACE_S: Final = 1.0
"""How long a function that was given up may take to end before it counts."""


class ToolNotices:
    """Tells each thing once, and nothing when the session is over; lives on the session's loop.

    Parameters
    ----------
    core : Core
        The session's inside.
    threads : Threads
        Where functions run.
    """

    def __init__(self, core: Core, threads: Threads) -> None:
        self._core = core
        self._threads = threads
        self._told: set[str] = set()
        self._worth_telling = SEVERAL

    def once(self, what: str, text: str) -> None:
        """Tell `text` unless something was told of `what` already."""
        if what not in self._told and not self._core.over:
            self._told.add(what)
            self._core.tell(text)

    def unlisted(self, server: str) -> None:
        """The tools of an MCP server could not be listed."""
        if not self._core.over:
            self._core.tell(
                f"The tools of the MCP server {server!r} could not be listed, so the model goes without them. "
                "Is it running, and can the server of this session reach its address? Then connect anew."
            )

    def queued(self, name: str) -> None:
        """A call has waited for a while."""
        self.once(
            "the queue of functions",
            f"{name} waits: {AT_ONCE} functions run already, as many as may at once. "
            "session.interrupt() gives them up; timeout_s= bounds how long each may take.",
        )

    def hung(self) -> None:
        """A function was given up a while ago."""
        hung = self._threads.hung
        if hung >= self._worth_telling and not self._core.over:
            self._worth_telling = 2 * hung
            self._core.tell(
                f"{hung} functions run on though they were given up; nothing can end them from outside. "
                "Give what they wait for a limit of its own (timeout=), or have them look at their ToolContext."
            )

    def blocked(self) -> None:
        """A coroutine blocks the loop of the tools."""
        if not self._core.over:
            self._core.tell(
                f"A coroutine of a tool has blocked its loop for {BLOCKED_S:g} s; later ones run on a new loop. "
                "Make it a plain def, which has a thread of its own, or await asyncio.to_thread(...) in it."
            )
