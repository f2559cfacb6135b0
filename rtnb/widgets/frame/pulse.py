"""At most so many times a second, and always once more after the last change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

__all__ = ["PER_S", "Pulse"]

PER_S: Final = 20.0
"""How often a page is told at most: faster than eyes follow text, slower than a flood of deltas."""


class Pulse:
    """Gathers changes; lives on one event loop.

    Parameters
    ----------
    publish : callable
        Called on the loop, at most `per_s` times a second, at once where nothing was published lately.
    per_s : float

    Examples
    --------
    >>> import asyncio
    >>> async def main():
    ...     told = []
    ...     pulse = Pulse(lambda: told.append("told"), per_s=1000)
    ...     for _ in range(100):
    ...         pulse.touch()
    ...     await asyncio.sleep(0.05)
    ...     return len(told)
    >>> asyncio.run(main())
    2
    """

    def __init__(self, publish: Callable[[], None], *, per_s: float = PER_S) -> None:
        self._publish = publish
        self._rest_s = 1 / per_s
        self._timer: asyncio.TimerHandle | None = None
        self._touched = self._ended = False

    def touch(self) -> None:
        """Something changed."""
        if self._ended:
            return
        if self._timer is None:
            self._beat()
        else:
            self._touched = True

    def end(self) -> None:
        """What was touched and not told yet is told now; nothing after that."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._ended and self._touched:
            self._publish()
        self._ended = True

    def _beat(self) -> None:
        self._touched = False
        # First, so that what fails does not fail twenty times a second more.
        self._timer = asyncio.get_running_loop().call_later(self._rest_s, self._again)
        self._publish()

    def _again(self) -> None:
        self._timer = None
        if self._touched:
            self._beat()
