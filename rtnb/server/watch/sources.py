"""What is known of a server apart from its events: asked when it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from rtnb.server.workers import Workers

__all__ = ["Sources", "Unsent"]


class Unsent(Protocol):
    """The events that one client has not taken yet."""

    @property
    def waiting_bytes(self) -> int:
        """Their size."""

    @property
    def waiting_events(self) -> int:
        """Their number."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sources:
    """Where the state of one server is found.

    Parameters
    ----------
    workers : Workers
        Its threads.
    outboxes : callable
        Gives the outboxes of its connections.
    voices_ready, draining : callable
        Whether the voices are loaded; whether it is about to end.
    """

    workers: Workers
    outboxes: Callable[[], Iterable[Unsent]]
    voices_ready: Callable[[], bool]
    draining: Callable[[], bool]

    def unsent(self) -> tuple[int, int]:
        """Bytes and events that clients have not taken yet, of all connections."""
        found = list(self.outboxes())
        return sum(each.waiting_bytes for each in found), sum(each.waiting_events for each in found)
