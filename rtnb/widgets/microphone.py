"""The browser's microphone and loudspeaker for a session, in a cell."""

from __future__ import annotations

import asyncio
import concurrent.futures
import html
import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from rtnb._display import Bundle, untypeset
from rtnb.audio.formats import PCM16
from rtnb.errors import ConfigError, SessionClosedError
from rtnb.session.aio import AsyncSession
from rtnb.session.facade import Session
from rtnb.widgets.assets import MICROPHONE
from rtnb.widgets.frame.page import Page
from rtnb.widgets.line import Line

__all__ = ["Microphone", "MicrophoneStats"]

T = TypeVar("T")

CLOSE_S: Final = 3.0

_LOGGER = logging.getLogger("rtnb.widgets")


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneStats:
    """What a microphone did so far.

    Parameters
    ----------
    heard_s : float
        Seconds of sound that reached the session.
    played_ms : dict of str to float
        Milliseconds of each answer that were really played, by its item.
    lost, late : int
        Frames of 60 ms that never came from the page, and that came too late.
    dropped : int
        Frames that the page gave up because the kernel was busy for too long.
    waiting_ms : float
        What waited in the page when it last said so.
    underruns : int
        How often the page had nothing to play in the middle of an answer.
    """

    heard_s: float
    played_ms: Mapping[str, float]
    lost: int
    late: int
    dropped: int
    waiting_ms: float
    underruns: int


class Microphone:
    """Speak to a session through the browser, and hear its answers there.

    Shown at the end of a cell it is a button, a level meter and a line of text. Turn detection of the session decides
    when an answer is due. The sound comes from the machine of the browser, wherever the kernel runs.

    Parameters
    ----------
    session : Session or AsyncSession
        An open session; an AsyncSession must be given on its own event loop.
    play : bool
        Whether the page plays the answers. Then samples that were really played are the session's playback clock.
    echo_cancellation, noise_suppression, auto_gain : bool
        What the browser is asked for; it may not have it.

    Raises
    ------
    MissingExtraError
        ipywidgets or anywidget is not installed.
    SessionClosedError
        The session is over.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.widgets import Microphone
    >>> with rtnb.connect() as s:
    ...     mic = Microphone(s)      # at the end of a cell: a button
    ...     print(mic)
    ...     mic.close()
    Microphone: off.
    """

    def __init__(
        self,
        session: Session | AsyncSession,
        *,
        play: bool = True,
        echo_cancellation: bool = True,
        noise_suppression: bool = True,
        auto_gain: bool = True,
    ) -> None:
        inner = session._async if isinstance(session, Session) else session
        if not isinstance(inner, AsyncSession):
            raise ConfigError(f"A microphone needs a session, as rtnb.connect() gives one, not {session!r:.60}.")
        if inner.status in ("closed", "lost"):
            raise SessionClosedError("The session is over; rtnb.connect() opens a new one for a microphone.")
        self._session = inner
        self._lock = threading.Lock()
        self._handles: list[Any] = []
        self._left = ""
        self._page = Page(
            MICROPHONE,
            {
                "play": play,
                "echo_cancellation": echo_cancellation,
                "noise_suppression": noise_suppression,
                "auto_gain": auto_gain,
                "half_duplex": inner.core.behaviour.half_duplex,
                "closed": "",
                "id": secrets.token_hex(6),
            },
            self._said,
        )

        def begin() -> tuple[asyncio.AbstractEventLoop, Line]:
            line = Line(inner, self._send, play=play)
            inner.core.on_close(self._session_over)
            return asyncio.get_running_loop(), line

        if isinstance(session, Session):
            # What is asked while somebody speaks appears below the microphone.
            session._buttons.here()
        try:
            self._loop, self._line = session._call(begin) if isinstance(session, Session) else _here(inner, begin)
        except BaseException:
            self._page.close()
            raise

    # What it is doing

    @property
    def on(self) -> bool:
        """Whether a page listens."""
        return bool(self._line.page) and not self._line.gone

    @property
    def device(self) -> str:
        """The microphone's name, as the browser says it."""
        return self._line.device

    @property
    def problem(self) -> str:
        """Why there is no sound, in words; empty when all is well."""
        if self._line.gone:
            return "The page with the microphone has not been heard of for some seconds."
        return self._line.problem

    @property
    def stats(self) -> MicrophoneStats:
        """Counts of what was heard, played and lost."""
        line = self._line
        return MicrophoneStats(
            heard_s=line.ear.bytes / PCM16.bytes_per_ms / 1000,
            played_ms=dict(line.speaker.played_ms) if line.speaker is not None else {},
            lost=line.ear.lost,
            late=line.ear.late,
            dropped=line.dropped,
            waiting_ms=line.waiting_ms,
            underruns=line.speaker.underruns if line.speaker is not None else 0,
        )

    def stop(self) -> None:
        """Switch it off, as the button does. Only the button switches it on: browsers ask for a click."""
        self._send({"type": "stop", "page": self._line.page}, [])

    def close(self) -> None:
        """Switch it off for good; a line of text stays in the notebook. Closing twice is fine."""
        if self._left:
            return
        if self._loop.is_running() and not _is_current(self._loop):
            with suppress(RuntimeError, TimeoutError, concurrent.futures.CancelledError):
                asyncio.run_coroutine_threadsafe(self._line.close(), self._loop).result(CLOSE_S)
        elif _is_current(self._loop):
            self._line.close_now()
        self._freeze()

    # How it shows itself

    def _summary(self) -> str:
        stats = self.stats
        if stats.heard_s == 0:
            return f"Microphone: {self.problem or 'off.'}"
        parts = [f"{stats.heard_s:.1f} s heard"]
        if stats.played_ms:
            parts.append(f"{sum(stats.played_ms.values()) / 1000:.1f} s of answers played")
        if (gone := stats.lost + stats.late + stats.dropped) > 0:
            parts.append(f"{gone} frames of 60 ms lost")
        return f"Microphone{'' if self._left else ' (on)' if self.on else ' (off)'}: {', '.join(parts)}."

    def __repr__(self) -> str:
        return self._left or self._summary()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        text = repr(self)
        still = untypeset({"text/plain": text, "text/html": f"<div>{html.escape(text)}</div>"})
        return still if self._left else {**still, **self._page.bundle()}

    def _ipython_display_(self) -> None:
        from IPython.display import display

        handle = display(self._repr_mimebundle_(), raw=True, display_id=True)
        if handle is not None and not self._left:
            self._handles.append(handle)

    # Inside

    def _said(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        # On any thread. The loop may be gone.
        if isinstance(content, Mapping):
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._line.hear, content, buffers)

    def _send(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        try:
            self._page.send(content, buffers)
        except Exception:
            # A page that cannot be told must not end the session's reading.
            _LOGGER.debug("the page was not told", exc_info=True)

    async def _session_over(self) -> None:
        await self._line.close()
        await asyncio.to_thread(self._freeze)

    def _freeze(self) -> None:
        """Leave a line of text where the button was: a closed view is nothing that a saved notebook could show."""
        with self._lock:
            if self._left:
                return
            self._left = self._summary().replace(" (on)", "").replace(" (off)", "")
            # Not closed: a page that was loaded anew knows nothing of this output, and goes on showing the view.
            with suppress(Exception):
                self._page.tell(closed=self._left)
            for handle in self._handles:
                with suppress(Exception):
                    handle.update(self._repr_mimebundle_(), raw=True)
            self._handles.clear()


def _is_current(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def _here(session: AsyncSession, begin: Callable[[], T]) -> T:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigError("A microphone for an AsyncSession is made on the event loop of that session.") from None
    session.core.check_loop()
    return begin()
