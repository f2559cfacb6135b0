"""A view that looks now and then at what grows without telling: a turn, or a run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

__all__ = ["EVERY_S", "Looking"]

_LOGGER = logging.getLogger("rtnb.widgets")

EVERY_S: Final = 0.5


class Looking:
    """Looks until something grows no more, and once after that.

    Parameters
    ----------
    growing : callable
        Whether it does.
    look : callable
        Called each time.
    every_s : float
    failed : callable, optional
        Called with what was raised, once for failures in a row, and with None when it goes on after them.

    Examples
    --------
    >>> left = [2, 1, 0]
    >>> seen = []
    >>> looking = Looking(lambda: bool(left.pop(0)), lambda: seen.append("looked"), every_s=0.01)
    >>> looking.wait(10)
    True
    >>> seen
    ['looked', 'looked', 'looked']
    """

    def __init__(
        self,
        growing: Callable[[], bool],
        look: Callable[[], None],
        *,
        every_s: float = EVERY_S,
        failed: Callable[[Exception | None], None] = lambda error: None,
    ) -> None:
        self._growing, self._look, self._every_s = growing, look, every_s
        self._failed = failed
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rtnb-waveform", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Look no more."""
        self._ended.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for its end; False when it still looks then."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        going, failing = True, False
        while going and not self._ended.wait(self._every_s):
            error: Exception | None = None
            try:
                going = self._growing()
                self._look()
            except Exception as raised:
                error = raised
            if failing != (error is not None):
                failing = error is not None
                if failing:
                    _LOGGER.error("a live view cannot follow; it tries again", exc_info=error)
                self._failed(error)
