"""How a session finds its endpoint: an address, or something that must be started first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from rtnb.session.wire.endpoint import Endpoint

__all__ = ["FixedPlace", "Place", "Progress"]

Progress = Callable[[int, int, str], None]
"""``progress(done, total, label)``."""


class Place(Protocol):
    """Where a session connects to, for as long as it lasts.

    Methods may block for a moment; the session calls them off its loop.
    """

    def open(self) -> Endpoint:
        """Make sure that something listens there."""

    def warm(self, progress: Progress) -> None:
        """Wait until it can answer without delay, reporting on the way."""

    def notes(self) -> tuple[str, ...]:
        """What the user should know about it."""

    def close(self) -> None:
        """It is not needed by this session any more."""


class FixedPlace:
    """An address somebody else looks after."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def open(self) -> Endpoint:
        return self._endpoint

    def warm(self, progress: Progress) -> None:
        return

    def notes(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        return
