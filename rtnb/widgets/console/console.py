"""The whole conversation in a cell: see :class:`Console`."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar

from rtnb._display import Bundle
from rtnb.errors import ConfigError, SessionClosedError
from rtnb.session.aio import AsyncSession
from rtnb.session.facade import Session
from rtnb.widgets.assets import CONSOLE
from rtnb.widgets.console.board import Board
from rtnb.widgets.frame.live import LiveView
from rtnb.widgets.frame.options import checked_options

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
            raise ConfigError(f"A console needs a session, as rtnb.connect() gives one, not {session!r:.60}.")
        if inner.status in ("closed", "lost"):
            raise SessionClosedError(
                "The session is over; s.view() shows what was said, and rtnb.connect() opens a new one for a console."
            )
        self._session = inner
        self._board: Board | None = None
        settings = {**chosen, "half_duplex": inner.core.behaviour.half_duplex}
        super().__init__(CONSOLE, settings)

        def begin() -> tuple[asyncio.AbstractEventLoop, Board]:
            board = Board(inner, self._send, play=chosen["play"], changed=self._changed)
            inner.core.on_close(self._session_over)
            return asyncio.get_running_loop(), board

        if isinstance(session, Session):
            # What is asked while somebody speaks appears below the console.
            session._buttons.here()
        try:
            self._loop, self._board = session._call(begin) if isinstance(session, Session) else _here(inner, begin)
        except BaseException:
            self._page.close()
            raise

    @property
    def listening(self) -> bool:
        """Whether a page of it has the microphone on."""
        board = self._board
        return board is not None and bool(board.line.page) and bool(getattr(board.line, "capturing", True))

    # For the base

    def _hear(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        board = self._board
        if board is not None:
            # The loop may be gone.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(board.hear, content, buffers)

    def _draw(self) -> Bundle:
        from rtnb.plots.stills.console import console_bundle
        from rtnb.plots.stills.context import Context

        session = self._session
        context: list[Context] = []

        def look() -> tuple[Any, ...]:
            board = self._board
            used = board.context if board is not None else {}
            if used.get("used"):
                context.append(Context(used["used"], used["window"]))
            left_s = None if session.core.over else session.expires_in_s
            return session.view(), session.budget, left_s

        view, budget, left_s = self._look(look)
        return console_bundle(view, budget=budget, context=context[0] if context else None, left_s=left_s)

    def _gone(self) -> None:
        board = self._board
        if board is None:
            return
        if _is_current(self._loop):
            board.close_now()
        elif self._loop.is_running():
            with suppress(RuntimeError, TimeoutError, concurrent.futures.CancelledError):
                asyncio.run_coroutine_threadsafe(board.close(), self._loop).result(LOOK_S)

    # Inside

    async def _session_over(self) -> None:
        assert self._board is not None
        await self._board.close()
        await asyncio.to_thread(self.freeze, why=OVER)

    def _look(self, look: Callable[[], T]) -> T:
        """Where the session's state lives; after the end nothing changes it any more."""
        loop = getattr(self, "_loop", None)
        if loop is None or not loop.is_running() or _is_current(loop):
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


def _check(options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if name == "height":
            whole = isinstance(value, int) and not isinstance(value, bool)
            if value is not None and not (whole and HEIGHTS[0] <= value <= HEIGHTS[1]):
                raise ConfigError(
                    f"height is a whole number of pixels from {HEIGHTS[0]} to {HEIGHTS[1]}, not {value!r:.60}."
                )
        elif not isinstance(value, bool):
            raise ConfigError(f"{name} is True or False, not {value!r:.60}.")


def _is_current(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def _here(session: AsyncSession, begin: Callable[[], T]) -> T:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigError("A console for an AsyncSession is made on the event loop of that session.") from None
    session.core.check_loop()
    return begin()
