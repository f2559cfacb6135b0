"""Who looks at a view: pages that were heard of not long ago. A view that nobody looks at does no work."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

__all__ = ["SILENT_S", "Listeners"]

SILENT_S: Final = 150.0
"""A page says each 20 s that it is there; browsers let timers of hidden tabs run once a minute.
Source: https://developer.chrome.com/blog/timer-throttling-in-chrome-88."""


class Listeners:
    """Pages by their ids, and when each was heard last.

    Parameters
    ----------
    clock : callable
        Seconds that go on.

    Examples
    --------
    >>> now = [0.0]
    >>> pages = Listeners(clock=lambda: now[0])
    >>> pages.heard("a"), pages.any
    (True, True)
    >>> now[0] = 1000.0
    >>> pages.any, pages.heard("a"), pages.heard("a")
    (False, True, False)
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last_s: dict[str, float] = {}
        self._met = False

    @property
    def deserted(self) -> bool:
        """Whether somebody looked, and nobody does any more."""
        return self._met and not self.any

    @property
    def any(self) -> bool:
        """Whether anybody looks."""
        return any(self._clock() - last_s < SILENT_S for last_s in tuple(self._last_s.values()))

    def heard(self, page: object) -> bool:
        """A page said something; whether it is new, or had been taken for gone."""
        if not isinstance(page, str):
            return False
        last_s, now_s = self._last_s.get(page), self._clock()
        self._last_s[page], self._met = now_s, True
        return last_s is None or now_s - last_s >= SILENT_S

    def left(self, page: object) -> None:
        """A page goes."""
        self._last_s.pop(str(page), None)
