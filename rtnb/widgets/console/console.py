"""The whole conversation in a cell: see :class:`Console`."""

from __future__ import annotations

import asyncio
import concurrent.futures
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar

from rtnb._display import Bundle
from rtnb.errors import ConfigError, SessionClosedError
from rtnb.session.aio import AsyncSession
from rtnb.session.core import Core
from rtnb.session.facade import Session
from rtnb.widgets.assets import CONSOLE
from rtnb.widgets.console.board import Board
from rtnb.widgets.console.stills import still_of
from rtnb.widgets.frame.live import LiveView
from rtnb.widgets.frame.loops import begun_here, ended, is_current
from rtnb.widgets.frame.options import checked_flags, checked_options

__all__ = ["Console"]

T = TypeVar("T")

OPTIONS: Final[Mapping[str, Any]] = {
    "play": True,
    "microphone": True,
    "echo_cancellation": True,
    "noise_suppression": True,
    "auto_gain": True,
    "height": None,
}

HEIGHTS: Final = (160, 4000)
"""Of the conversation's box, in pixels."""

_NEWEST: Final[weakref.WeakKeyDictionary[Core, weakref.ref[Console]]] = weakref.WeakKeyDictionary()
"""The last console that was made of a session."""

LOOK_S: Final = 5.0
"""How long a picture waits for the session's loop."""


class Console(LiveView):
    """A conversation in a cell: what both sides say as it streams, and everything that can be asked of the session.

    Type, drop audio files and images, hold a button to talk or leave the microphone open, interrupt, change settings,
    delete and replay what was said. Any number of consoles may show one session. When the session is closed a picture
    of the conversation stays in the cell. ``s`` at the end of a cell is a console.

    Parameters
    ----------
    session : Session or AsyncSession
        An open session; an AsyncSession must be given on its own event loop.
    play : bool
        Whether the page plays the answers. Then samples that were really played are the session's playback clock.
    microphone : bool
        Whether it has a microphone.
    echo_cancellation, noise_suppression, auto_gain : bool
        What the browser is asked for; it may not have it.
    height : int, optional
        Of the conversation, in pixels from 160 to 4000; it scrolls.

    Raises
    ------
    TypeError
        There is no such option; the message lists those that there are.
    ConfigError
        It is no session, or an option cannot be what it is.
    SessionClosedError
        The session is over.
    MissingExtraError
        ipywidgets or anywidget is not installed.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     console = rtnb.Console(s, height=320)    # at the end of a cell: the whole conversation
    ...     _ = s.ask("Spell cat.", show=False)
    ...     print(console)
    Console(embedded server · gpt-realtime-2.1, open, 1 turn)
    """

    def __init__(self, session: Session | AsyncSession, **options: Any) -> None:
        checked_options("Console", options, OPTIONS)
        chosen = {**OPTIONS, **options}
        _check(chosen)
        inner = session._async if isinstance(session, Session) else session
        if not isinstance(inner, AsyncSession):
            raise ConfigError(
                f"A console needs a session, as rtnb.connect() gives one, not {session!r:.60}.{_other(session)}"
            )
        if inner.status in ("closed", "lost"):
            raise SessionClosedError(
                "The session is over; s.view() shows what was said, and rtnb.connect() opens a new one for a console."
            )
        self._session = inner
        self._board: Board | None = None
        self._behind = False
        settings = {**chosen, "half_duplex": inner.core.behaviour.half_duplex}
        super().__init__(CONSOLE, settings)

        def begin() -> tuple[asyncio.AbstractEventLoop, Board]:
            board = Board(inner, self._send, play=chosen["play"], changed=self._said_something)
            _NEWEST[inner.core] = weakref.ref(self)
            inner.core.on_close(self._session_over)
            return asyncio.get_running_loop(), board

        if isinstance(session, Session):
            # What is asked while somebody speaks appears below the console.
            session._buttons.here()
        try:
            self._loop, self._board = (
                session._call(begin) if isinstance(session, Session) else begun_here(inner, begin, what="A console")
            )
        except BaseException:
            self._page.close()
            raise

    @property
    def listening(self) -> bool:
        """Whether a page of it has the microphone on."""
        board = self._board
        return board is not None and bool(board.line.page) and board.line.capturing

    # For the base

    def _hear(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        board = self._board
        if board is None:
            return
        # The loop may be gone.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(board.hear, content, buffers)
        if self._behind and content.get("type") == "hello":
            self._behind = False
            self._changed()

    def _draw(self) -> Bundle:
        board, session = self._board, self._session
        return still_of(session, lambda: {} if board is None else board.context, self._look)

    def _gone(self) -> None:
        board = self._board
        if board is None:
            return
        ended(self._loop, board.close, board.close_now, wait_s=LOOK_S)

    # Inside

    def _said_something(self) -> None:
        # Of consoles that no page shows, as their outputs were cleared or nothing here shows widgets, the picture of
        # the last one follows; those of the others are drawn at the end, or when a page comes.
        newest = _NEWEST.get(self._session.core)
        if (self._board is not None and self._board.pages) or (newest is not None and newest() is self):
            self._changed()
        else:
            self._behind = True

    async def _session_over(self) -> None:
        assert self._board is not None
        await self._board.close()
        await asyncio.to_thread(self.freeze, why=OVER)

    def _look(self, look: Callable[[], T]) -> T:
        """Where the session's state lives; after the end nothing changes it any more."""
        loop = getattr(self, "_loop", None)
        if loop is None or not loop.is_running() or is_current(loop):
            return look()
        found: concurrent.futures.Future[T] = concurrent.futures.Future()

        def now() -> None:
            try:
                found.set_result(look())
            except BaseException as error:
                found.set_exception(error)

        loop.call_soon_threadsafe(now)
        return found.result(LOOK_S)

    def __repr__(self) -> str:
        core = self._session.core
        if not core.opened:
            return "Console(not open)"
        model = str(core.talk.config.get("model") or core.model)
        turns = len(core.talk.turns)
        who = " · ".join(part for part in (core.endpoint.label, model) if part)
        return f"Console({who}, {self._session.status}, {turns:,} turn{'' if turns == 1 else 's'})"


OVER: Final = (
    "The session is closed: the picture in the cell is what stays. rtnb.connect() opens a new session, and a console "
    "of that one goes on."
)


def _other(given: object) -> str:
    """What to do with something else that was said."""
    if hasattr(given, "transcripts") and hasattr(given, "transcribe"):
        return " A transcription session has no conversation: its transcript is what was said."
    if hasattr(given, "timeline"):
        return " rtnb.TimelineView() shows what was recorded."
    return ""


def _check(options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if name == "height":
            whole = isinstance(value, int) and not isinstance(value, bool)
            if value is not None and not (whole and HEIGHTS[0] <= value <= HEIGHTS[1]):
                raise ConfigError(
                    f"height is a whole number of pixels from {HEIGHTS[0]} to {HEIGHTS[1]}, not {value!r:.60}."
                )
        else:
            checked_flags("Console", **{name: value})
