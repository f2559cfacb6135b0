"""The user's silence after an answer: ``idle_timeout_ms`` of ``server_vad``.

The API counts it from ``response.done`` plus the time that the answer takes to play. Only the client knows
what was really played; the server reckons with playback at the speed of speech, from the first audio on, of one
answer after the other, less what the client says it has thrown away.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Protocol

__all__ = ["Clock", "IdleTimer", "Later"]


class Later(Protocol):
    """What a clock gives for a call it has taken on."""

    def cancel(self) -> None:
        """Never call."""
        ...


class Clock(Protocol):
    """What tells the time; an asyncio event loop is one."""

    def time(self) -> float:
        """Seconds, from any origin."""
        ...

    def call_later(self, delay: float, callback: Callable[[], None]) -> Later:
        """Have something called in `delay` seconds."""
        ...


class IdleTimer:
    """Counts the silence after one answer at a time.

    Parameters
    ----------
    timeout_ms : callable
        Gives the session's idle timeout in milliseconds, or None for none.
    position_ms : callable
        Gives the end of the session's audio so far, in milliseconds.
    fire : callable
        Called once as ``fire(start_ms)`` when the timeout has passed, with the position of the audio when
        playback ended.
    clock : Clock, optional
        The running event loop by default.

    Examples
    --------
    >>> class Hand(list):
    ...     def time(self):
    ...         return 0.0
    ...     def call_later(self, delay_s, callback):
    ...         self.append((delay_s, callback))
    ...         return self
    ...     def cancel(self):
    ...         self.clear()
    >>> clock = Hand()
    >>> timer = IdleTimer(lambda: 5000, lambda: 1200.0, print, clock=clock)
    >>> timer.begin(800)
    >>> clock.pop()[1](), clock[0][0]
    (None, 5.0)
    >>> clock.pop()[1]()
    1200.0
    """

    def __init__(
        self,
        timeout_ms: Callable[[], int | None],
        position_ms: Callable[[], float],
        fire: Callable[[float], None],
        *,
        clock: Clock | None = None,
    ) -> None:
        self._timeout_ms = timeout_ms
        self._position_ms = position_ms
        self._fire = fire
        self._given_clock = clock
        self._waiting: Later | None = None
        self._playing = False
        self._played_s = -math.inf
        """When all answers so far will have been heard, by the clock."""

    @property
    def _clock(self) -> Clock:
        return asyncio.get_running_loop() if self._given_clock is None else self._given_clock

    def begin(self, playback_left_ms: float) -> None:
        """An answer is done; `playback_left_ms` of it are still to be heard, once those before it are through."""
        self.plays(playback_left_ms)
        self._play_out()

    def plays(self, playback_left_ms: float) -> None:
        """So much more is to be heard, but nothing is counted."""
        self._played_s = max(self._played_s, self._clock.time()) + max(0.0, playback_left_ms) / 1000

    def unplayed(self, thrown_ms: float) -> None:
        """The client has thrown `thrown_ms` of what it was to play away; infinitely much is all of it."""
        self._played_s = max(self._clock.time(), self._played_s - max(0.0, thrown_ms) / 1000)
        if self._playing:
            self._play_out()

    def _play_out(self) -> None:
        self.stop()
        if self._timeout_ms() is not None:
            self._playing = True
            self._wait(1000 * (self._played_s - self._clock.time()), self._played)

    def stop(self) -> None:
        """Something happened; until the next answer nothing is counted."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        self._playing = False

    def _played(self) -> None:
        self._waiting, self._playing = None, False
        start_ms, timeout_ms = self._position_ms(), self._timeout_ms()
        if timeout_ms is not None:
            self._wait(timeout_ms, lambda: self._passed(start_ms))

    def _passed(self, start_ms: float) -> None:
        self._waiting = None
        self._fire(start_ms)

    def _wait(self, delay_ms: float, then: Callable[[], None]) -> None:
        self._waiting = self._clock.call_later(max(0.0, delay_ms) / 1000, then)
