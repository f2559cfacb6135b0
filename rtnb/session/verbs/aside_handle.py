"""An aside under way: what is known of it, and what its caller holds."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rtnb.errors import LoopThreadError, TurnTimeoutError
from rtnb.session.verbs.aside_result import AsideResult

__all__ = ["AsideHandle", "Running"]


@dataclass(slots=True, eq=False)
class Running:
    """One aside from its request to its end."""

    key: str
    event_id: str
    asked_s: float
    over: concurrent.futures.Future[AsideResult] = field(default_factory=concurrent.futures.Future)
    response_id: str = ""
    done: Mapping[str, Any] | None = None
    """The response as ``response.done`` had it."""
    done_s: float = 0.0
    error: Mapping[str, Any] | None = None
    """The ``error`` event that refused it."""
    hint: str = ""
    """What an ``error`` event said that may have been about it."""

    @property
    def ended(self) -> bool:
        return self.done is not None or self.error is not None


class AsideHandle:
    """An aside under way: wait for it, await it on any loop, or cancel it.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     asides = [s.aside(f"Classify as {pair}.", "Is my invoice wrong?", wait=False)
    ...               for pair in ("billing or support", "sales or billing")]
    ...     print([aside.result().text for aside in asides])
    ['billing', 'billing']
    """

    def __init__(self, running: Running, loop: asyncio.AbstractEventLoop, cancel: Callable[[], None]) -> None:
        self._running, self._loop = running, loop
        self._cancel = cancel

    @property
    def response_id(self) -> str:
        """Of the response; empty until the server has created it."""
        return self._running.response_id

    @property
    def done(self) -> bool:
        """Whether it is over."""
        return self._running.over.done()

    def cancel(self) -> None:
        """Have the server stop it; its result then says ``cancelled``. Nothing happens when it is over."""
        if not self.done:
            self._cancel()

    def result(self, timeout: float | None = None) -> AsideResult:
        """Block until it is over, at most `timeout` seconds.

        Raises
        ------
        TurnTimeoutError
            It took longer, and goes on; or its own limit was over, and it was cancelled.
        ApiError
            The server refused the request.
        SessionClosedError
            The session ended first.
        LoopThreadError
            It is called on the session's own loop, which would wait for itself for ever: await the handle there.
        """
        if not self.done and _running_loop() is self._loop:
            raise LoopThreadError("result() would block the loop that the answer comes on: await the handle instead.")
        try:
            return self._running.over.result(timeout)
        except concurrent.futures.TimeoutError:
            if self.done:
                raise
            raise TurnTimeoutError(
                f"The aside is not over after {timeout:g} s. It goes on: call result() again, or cancel()."
            ) from None

    def __await__(self) -> Generator[Any, None, AsideResult]:
        return asyncio.wrap_future(self._running.over).__await__()

    def __repr__(self) -> str:
        over = self._running.over
        if not over.done():
            return f"AsideHandle({self.response_id or 'asked'}, running)"
        return f"AsideHandle({over.exception() or over.result()!r})"


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
