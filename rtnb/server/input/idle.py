"""The user's silence after an answer: ``idle_timeout_ms`` of ``server_vad``.

The API counts it from ``response.done`` plus the time that the answer takes to play. Only the client knows
what was really played; the server reckons with playback at the speed of speech, from the first audio on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

__all__ = ["CallLater", "IdleTimer", "Later"]


class Later(Protocol):
    """What a clock gives for a call it has taken on."""

    def cancel(self) -> None:
        """Never call."""
        ...


CallLater = Callable[[float, Callable[[], None]], Later]
"""A clock: ``call_later(delay_s, callback)``."""


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
    call_later : callable, optional
        The clock: ``call_later(delay_s, callback)``, as the running event loop's, which is the default.

    Examples
    --------
    >>> class Clock(list):
    ...     def later(self, delay_s, callback):
    ...         self.append((delay_s, callback))
    ...         return self
    ...     def cancel(self):
    ...         self.clear()
    >>> clock = Clock()
    >>> timer = IdleTimer(lambda: 5000, lambda: 1200.0, print, call_later=clock.later)
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
        call_later: CallLater | None = None,
    ) -> None:
        self._timeout_ms = timeout_ms
        self._position_ms = position_ms
        self._fire = fire
        self._call_later = call_later
        self._waiting: Later | None = None

    @property
    def running(self) -> bool:
        """Whether silence is counted, or is about to be once playback ends."""
        return self._waiting is not None

    def begin(self, playback_left_ms: float) -> None:
        """An answer is done; `playback_left_ms` of it are still to be heard."""
        self.stop()
        if self._timeout_ms() is not None:
            self._wait(playback_left_ms, self._played)

    def stop(self) -> None:
        """Something happened; until the next answer nothing is counted."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _played(self) -> None:
        self._waiting = None
        start_ms, timeout_ms = self._position_ms(), self._timeout_ms()
        if timeout_ms is not None:
            self._wait(timeout_ms, lambda: self._passed(start_ms))

    def _passed(self, start_ms: float) -> None:
        self._waiting = None
        self._fire(start_ms)

    def _wait(self, delay_ms: float, then: Callable[[], None]) -> None:
        later = self._call_later or asyncio.get_running_loop().call_later
        self._waiting = later(max(0.0, delay_ms) / 1000, then)
