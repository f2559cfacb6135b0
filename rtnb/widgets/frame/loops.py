"""Views of a session and the event loop it lives on, from whatever thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from rtnb.errors import ConfigError
from rtnb.session.aio import AsyncSession

__all__ = ["begun_here", "ended", "is_current"]

T = TypeVar("T")


def is_current(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether this thread is running `loop` now."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def begun_here(session: AsyncSession, begin: Callable[[], T], *, what: str) -> T:
    """Call `begin` on the loop of an AsyncSession, which has to be the one that runs here.

    Raises
    ------
    ConfigError
        No loop runs here; the message begins with `what`, as in "A console".
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigError(f"{what} for an AsyncSession is made on the event loop of that session.") from None
    session.core.check_loop()
    return begin()


def ended(
    loop: asyncio.AbstractEventLoop,
    close: Callable[[], Coroutine[Any, Any, None]],
    close_now: Callable[[], None],
    *,
    wait_s: float,
) -> None:
    """End what lives on `loop`: at once where that runs here, else by `close` within `wait_s`; a loop that is over has
    ended it."""
    if is_current(loop):
        close_now()
    elif loop.is_running():
        with suppress(RuntimeError, TimeoutError, concurrent.futures.CancelledError):
            asyncio.run_coroutine_threadsafe(close(), loop).result(wait_s)
