"""Views that are still live when the kernel goes leave their picture behind."""

from __future__ import annotations

import atexit
import time
import weakref
from contextlib import suppress
from typing import Final, Protocol

__all__ = ["leave", "remember"]

PATIENCE_S: Final = 3.0
"""For all pictures together: Jupyter kills a kernel after 5 s (``KernelManager.shutdown_wait_time``)."""


FLUSH_S: Final = 0.2
"""What a kernel sends leaves by a thread of its own, which ends with the process."""


class Freezing(Protocol):
    """Something that can leave a picture."""

    def freeze(self) -> None:
        """Do it."""


_LIVE: weakref.WeakSet[Freezing] = weakref.WeakSet()
_STATE = {"registered": False}


def remember(view: Freezing) -> None:
    """Freeze it at the end of the process, unless it is gone by then."""
    _LIVE.add(view)
    if not _STATE["registered"]:
        # Registered after the kernel's own farewell, it runs before it: messages still leave.
        _STATE["registered"] = True
        atexit.register(leave)


def leave(patience_s: float = PATIENCE_S) -> None:
    """Freeze every view that is left, as long as there is time."""
    until = time.monotonic() + patience_s
    left = list(_LIVE)
    for view in left:
        if time.monotonic() > until:
            return
        with suppress(Exception):
            view.freeze()
        _LIVE.discard(view)
    if left:
        time.sleep(FLUSH_S)
