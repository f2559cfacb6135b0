"""A view that follows a session: its loop tells of changes, what takes time happens on a thread."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Generic, TypeVar

from rtnb.errors import ConfigError, SessionError
from rtnb.session.aio import AsyncSession
from rtnb.session.facade import Session
from rtnb.widgets.frame.pulse import Pulse

__all__ = ["LOOKS_PER_S", "Following"]

T = TypeVar("T")

_LOGGER = logging.getLogger("rtnb.widgets")

SOON_S: Final = 0.4
REST: Final = 9.0
"""Times as long as the last telling took, nothing is told: at most a tenth of a core goes into it."""

LOOKS_PER_S: Final = 5.0
"""How often a picture grows at most."""


class Following(Generic[T]):
    """Tells of each change of a session, at most some times a second, one call at a time.

    Parameters
    ----------
    session : Session or AsyncSession
        An AsyncSession must be given on its own loop while it is open.
    take : callable
        Gives what there is; called on the session's loop, so it must be quick.
    tell : callable
        Called with it, on a thread; may take its time: the next one waits for it. Where it returns True, something
        goes on that no event tells of, such as playback, and it is called again soon.
    per_s : float

    Raises
    ------
    ConfigError
        An open AsyncSession on another loop than its own.
    """

    def __init__(
        self,
        session: Session | AsyncSession,
        take: Callable[[], T],
        tell: Callable[[T], object],
        *,
        per_s: float = LOOKS_PER_S,
    ) -> None:
        self._take, self._tell, self._per_s = take, tell, per_s
        self._core = (session._async if isinstance(session, Session) else session).core
        self._again = False
        self._began_s = 0.0
        self._work: asyncio.Future[object] | None = None
        self._stop: Callable[[], None] | None = None
        self._pulse: Pulse | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        if self._core.status not in ("open", "reconnecting"):
            return
        if isinstance(session, Session):
            session._call(self._begin)
            return
        try:
            self._core.check_loop()
        except (RuntimeError, SessionError):
            raise ConfigError("A view of an open AsyncSession is made on the event loop of that session.") from None
        self._begin()

    @property
    def following(self) -> bool:
        """Whether anything will be told."""
        return self._stop is not None

    def end(self) -> None:
        """Follow no more; on any thread."""
        if self._loop is not None and self._loop.is_running():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._end)

    def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        pulse = self._pulse = Pulse(self._publish, per_s=self._per_s)
        self._stop = self._core.subscribe(lambda event: pulse.touch(), audio=True)
        self._core.on_close(self._over)

    def _end(self) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None
        if self._pulse is not None:
            # Not told once more: whoever ends it wants no more, and the end of a session is told by itself.
            pulse, self._pulse = self._pulse, None
            pulse.end()

    async def _over(self) -> None:
        if self._stop is None:
            return
        self._end()
        if self._work is not None:
            await asyncio.wait([self._work])
        try:
            await asyncio.to_thread(self._tell, self._take())
        except Exception:
            # A view that fails must not keep a session from its end.
            _LOGGER.debug("a view was not told of the end", exc_info=True)

    def _publish(self) -> None:
        if self._pulse is None:
            return
        if self._work is not None:
            self._again = True
            return
        self._began_s = time.monotonic()
        try:
            taken = self._take()
        except Exception:
            _LOGGER.debug("a view could not be told", exc_info=True)
            return
        self._work = asyncio.get_running_loop().run_in_executor(None, self._tell, taken)
        self._work.add_done_callback(self._told)

    def _told(self, work: asyncio.Future[object]) -> None:
        goes_on = not work.cancelled() and work.exception() is None and work.result() is True
        rest_s = max(REST * (time.monotonic() - self._began_s), SOON_S if goes_on else 0.0)
        asyncio.get_running_loop().call_later(rest_s, self._rested, goes_on)

    def _rested(self, goes_on: bool) -> None:
        self._work = None
        if (self._again or goes_on) and self._pulse is not None:
            self._again = False
            self._pulse.touch()
