"""The sessions of this process that are open, of whatever kind."""

from __future__ import annotations

import os
import threading
from typing import Protocol

__all__ = ["Closable", "close_all", "listed", "open_sessions", "unlisted"]


class Closable(Protocol):
    """A session of any kind."""

    def close(self) -> None:
        """Close it; twice is fine."""


_OPEN: list[Closable] = []
_LOCK = threading.Lock()


def _after_fork() -> None:
    global _LOCK
    _LOCK = threading.Lock()
    _OPEN.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def open_sessions() -> list[Closable]:
    """The sessions of this process that are still open.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     s in rtnb.open_sessions()
    True
    """
    with _LOCK:
        return list(_OPEN)


def listed(session: Closable) -> None:
    """A session is open: :func:`open_sessions` names it and :func:`close_all` closes it."""
    with _LOCK:
        _OPEN.append(session)


def unlisted(session: Closable) -> None:
    """It is not any more."""
    with _LOCK:
        if session in _OPEN:
            _OPEN.remove(session)


def close_all() -> None:
    """Close every open session.

    Examples
    --------
    >>> import rtnb
    >>> s = rtnb.connect(modalities=["text"])
    >>> rtnb.close_all()
    >>> rtnb.open_sessions()
    []
    """
    for session in open_sessions():
        session.close()
