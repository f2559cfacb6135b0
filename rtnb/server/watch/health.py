"""How a server is: whether it lives, whether it is ready for sessions, and what it consists of."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Literal

from rtnb.server.watch.logs import WORKER
from rtnb.speech import VoiceLoader
from rtnb.speech.stack import VARIABLE

__all__ = ["Health", "Voices"]

Voices = Literal["loading", "ready", "missing", "failed"]
"""``"missing"``: loaded, and something that was to be there is not installed."""


class Health:
    """Asked at each probe; costs nothing.

    Parameters
    ----------
    loader : VoiceLoader
        Of the voices.
    sessions : callable
        How many are open in this process.
    draining : callable
        Whether the server ends once its answers are out.

    Examples
    --------
    >>> from rtnb.speech import VoiceLoader
    >>> health = Health(VoiceLoader(), sessions=lambda: 0, draining=lambda: False)
    >>> health.brief(), health.alive, health.ready
    ({'status': 'ok', 'voices': 'loading'}, True, False)
    """

    def __init__(self, loader: VoiceLoader, *, sessions: Callable[[], int], draining: Callable[[], bool]) -> None:
        self._loader = loader
        self._sessions = sessions
        self._draining = draining
        self._begun_s = time.monotonic()

    @property
    def voices(self) -> Voices:
        """How the voices are."""
        if not self._loader.ready.is_set():
            return "loading"
        if self._loader.failed:
            return "failed"
        # The light stack lacks voices because it was asked to.
        return "missing" if self._loader.result().missing and os.environ.get(VARIABLE) != "tone" else "ready"

    @property
    def alive(self) -> bool:
        """False when nothing but a new start can help: the voices could not be loaded."""
        return self.voices != "failed"

    @property
    def ready(self) -> bool:
        """Whether new sessions are served, with voices."""
        return self.voices in ("ready", "missing") and not self._draining()

    def brief(self) -> dict[str, Any]:
        """What anybody may know."""
        voices = self.voices
        status = "failed" if voices == "failed" else "draining" if self._draining() else "ok"
        return {"status": status, "voices": voices}

    def full(self) -> dict[str, Any]:
        """What those may know who may open sessions."""
        found = self.brief()
        if self._loader.ready.is_set() and not self._loader.failed:
            stack = self._loader.result()
            found |= stack.names
            found["missing"] = list(stack.missing)
        worker = os.environ.get(WORKER, "")
        return found | {
            "sessions": self._sessions(),
            "worker": int(worker) if worker.isdecimal() else None,
            "pid": os.getpid(),
            "uptime_s": round(time.monotonic() - self._begun_s, 1),
            "version": version("rtnb"),
        }
