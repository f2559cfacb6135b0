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
    ahead : callable, optional
        Called on the session's loop before `take`, again and again while it returns True, with the loop free in
        between: what a session has many of is looked at in slices.
    failed : callable, optional
        Called with what `take` or `tell` raised, once for failures in a row, and with None when it goes on after them;
        on any thread. It is logged in any case, once.

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
        ahead: Callable[[], bool] | None = None,
        failed: Callable[[BaseException | None], None] | None = None,
    ) -> None:
        self._take, self._tell, self._per_s, self._ahead, self._failed = take, tell, per_s, ahead, failed
        self._failing = self._paused = self._busy = False
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

    @property
    def paused(self) -> bool:
        """Whether nothing is told until it is resumed, or the session ends."""
        return self._paused

    def pause(self) -> None:
        """Tell nothing for now, but the end of the session; on any thread."""
        self._on_loop(self._pause)

    def resume(self) -> None:
        """Tell how it stands, and go on; on any thread."""
        self._on_loop(self._resume)

    def end(self) -> None:
        """Follow no more; on any thread."""
        self._on_loop(self._end)

    def _on_loop(self, work: Callable[[], None]) -> None:
        if self._loop is not None and self._loop.is_running():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(work)

    def _pause(self) -> None:
        self._paused = self._stop is not None

    def _resume(self) -> None:
        if self._paused and self._pulse is not None:
            self._paused = False
            self._pulse.touch()

    def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._pulse = Pulse(self._publish, per_s=self._per_s)
        self._stop = self._core.subscribe(lambda event: self._touch(), audio=True)
        self._core.on_close(self._over)

    def _end(self) -> None:
        self._paused = False
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
            for _ in iter(self._ahead or bool, False):
                await asyncio.sleep(0)
            await asyncio.to_thread(self._tell, self._take())
        except Exception as error:
            # A view that fails must not keep a session from its end.
            self._went(error)

    def _touch(self) -> None:
        if self._pulse is not None and not self._paused:
            self._pulse.touch()

    def _publish(self) -> None:
        if self._pulse is None or self._paused:
            return
        if self._busy:
            self._again = True
            return
        self._busy, self._began_s = True, time.monotonic()
        self._look()

    def _look(self) -> None:
        """A slice of what is to be looked at, and then the next one, or all of it is told."""
        loop = asyncio.get_running_loop()
        if self._pulse is None:
            self._busy = False
            return
        try:
            if self._ahead is not None and self._ahead():
                loop.call_soon(self._look)
                return
            taken = self._take()
        except Exception as error:
            self._went(error)
            self._rest(goes_on=False)
            return
        self._work = loop.run_in_executor(None, self._tell, taken)
        self._work.add_done_callback(self._told)

    def _told(self, work: asyncio.Future[object]) -> None:
        error = None if work.cancelled() else work.exception()
        self._went(error)
        self._rest(goes_on=not work.cancelled() and error is None and work.result() is True)

    def _went(self, error: BaseException | None) -> None:
        """It was told, or it was not: the first failure and the end of failures are said."""
        if self._failing == (error is not None):
            return
        self._failing = error is not None
        if error is not None:
            _LOGGER.error("a live view cannot follow its session; it tries again", exc_info=error)
        if self._failed is not None:
            with suppress(Exception):
                self._failed(error)

    def _rest(self, *, goes_on: bool) -> None:
        rest_s = max(REST * (time.monotonic() - self._began_s), SOON_S if goes_on else 0.0)
        asyncio.get_running_loop().call_later(rest_s, self._rested, goes_on)

    def _rested(self, goes_on: bool) -> None:
        self._work, self._busy = None, False
        if (self._again or goes_on) and self._pulse is not None:
            self._again = False
            self._pulse.touch()
