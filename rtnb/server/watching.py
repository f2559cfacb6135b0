"""The seam for whatever looks at a server's connections from outside of the protocol: metrics, logs, recorders.

A :class:`Watcher` belongs to the server and gives each connection a :class:`Watch`, which is told what comes and
goes. Both are called on the event loop and must return at once; an event that is handed over is not to be changed.
"""

from __future__ import annotations

import contextvars
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rtnb.protocol import Problem
from rtnb.server.opening import Opening

__all__ = ["SESSION_ID", "Facts", "Watch", "Watcher"]

SESSION_ID: contextvars.ContextVar[str] = contextvars.ContextVar("rtnb-session", default="")
"""Whose work the code that runs is: the id of the session, empty outside of one. Log records may carry it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a connection as its session begins.

    Parameters
    ----------
    session_id : str
        As ``session.created`` tells it.
    opening : Opening
        What it is for.
    peer : str
        Address of the client.

    Examples
    --------
    >>> Facts(session_id="sess_1", opening=Opening(model="gpt-realtime-2.1"), peer="127.0.0.1").opening.kind
    'realtime'
    """

    session_id: str
    opening: Opening
    peer: str = ""


class Watch:
    """Looks at one connection; this one does nothing. Events are in the GA shape, whatever the client speaks."""

    def received(self, event: object, size_bytes: int) -> None:
        """A client event has come, before it is carried out: any JSON value, or None for what was none."""

    def sent(self, event: Mapping[str, Any]) -> None:
        """A server event is on its way."""

    def closed(self, code: int | None, reason: str) -> None:
        """The session is over; `code` is None when the client is gone without a close of ours.

        `reason` then says what was lost with it; it is empty where the client said goodbye.
        """


class Watcher:
    """Looks at the connections of a server; this one does nothing."""

    def opened(self, facts: Facts) -> Watch | None:
        """A session begins: what looks at it, or None."""
        return None

    def refused(self, problem: Problem, *, status: int | None = None) -> None:
        """A connection or request was turned away, with an HTTP status, or a close where it is None."""
