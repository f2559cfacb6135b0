"""How late the event loop is: what blocks it delays every session."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

__all__ = ["LoopLag"]

PERIOD_S: Final = 0.5
"""How often it is looked at. Own choice: two wake-ups a second cost nothing, and a stall of some length is not missed,
since it delays the next look."""

WINDOW_S: Final = 15.0
"""The worst of so long is told: the usual interval between two scrapes (Prometheus' own default is a minute, most
installations have 15 s)."""


class LoopLag:
    """Wakes up on an event loop now and then, and keeps by how much it was late.

    Parameters
    ----------
    tick : callable, optional
        Called at each look, on the loop.
    """

    def __init__(self, tick: Callable[[], None] = lambda: None) -> None:
        self._tick = tick
        self._late_s: deque[float] = deque(maxlen=int(WINDOW_S / PERIOD_S))
        self._due_s = 0.0
        self._handle: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; ends with the loop, or at :meth:`stop`."""
        self._due_s = loop.time() + PERIOD_S
        self._handle = loop.call_at(self._due_s, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._late_s.append(max(0.0, loop.time() - self._due_s))
        self._tick()
        self.start(loop)

    @property
    def worst_s(self) -> float:
        """The greatest delay of the last quarter of a minute, in seconds."""
        return max(tuple(self._late_s), default=0.0)

    def stop(self) -> None:
        """Look no more; on the loop's thread, or when it is over."""
        if self._handle is not None:
            self._handle.cancel()
