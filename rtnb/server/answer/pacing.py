"""When the audio of one response leaves, and how much of it is still to be heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from rtnb.server.answer.delivery import Delivery

__all__ = ["Pacing"]


class Pacing:
    """The clock of one response's audio; it starts with the first of it.

    Parameters
    ----------
    delivery : Delivery
        How fast it may leave.
    drained : callable
        Waits while the client reads too slowly.

    Examples
    --------
    >>> async def at_once() -> None: ...
    >>> async def stream() -> float:
    ...     pacing = Pacing(Delivery(factor=0), at_once)
    ...     await pacing.wait()
    ...     pacing.sent(100.0)
    ...     return pacing.audio_ms
    >>> asyncio.run(stream())
    100.0
    """

    def __init__(self, delivery: Delivery, drained: Callable[[], Awaitable[None]]) -> None:
        self._delivery = delivery
        self._drained = drained
        self._from_s: float | None = None
        self.audio_ms = 0.0
        """Milliseconds of audio that have left."""

    async def wait(self) -> None:
        """Wait until what comes next may leave."""
        now_s = asyncio.get_running_loop().time()
        if self._from_s is None:
            self._from_s = now_s
        due_s = self._from_s + self._delivery.due_s(self.audio_ms / 1000)
        # Even an undelayed answer lets other sessions and a cancel in between two frames.
        await asyncio.sleep(max(0.0, due_s - now_s))
        await self._drained()

    def sent(self, audio_ms: float) -> None:
        """So much more has left."""
        self.audio_ms += audio_ms

    def left_ms(self, now_s: float) -> float:
        """How much of it a client that plays at 1x from the first of it on has still to hear."""
        if self._from_s is None:
            return 0.0
        return max(0.0, self.audio_ms - 1000 * (now_s - self._from_s))
