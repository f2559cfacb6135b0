"""One thread for all journals of a process: it looks now and then what has grown, so that no session waits for it."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from typing import Protocol

__all__ = ["NAME", "Written", "follow", "once", "unfollow"]

NAME = "rtnb-journal"

INTERVAL_S = 0.4
"""How often journals are written: with the time that a write takes, well under the second that may be lost."""

JOIN_S = 10.0
"""How long the end of the last journal waits for a write that hangs, as on a network drive that is gone."""


class Written(Protocol):
    """What the thread writes."""

    def turn(self) -> None:
        """Write what has grown; raises nothing."""

    def forget(self) -> None:
        """In a forked child: let go of the files, which are the parent's."""


class _Writer:
    def __init__(self) -> None:
        self.members: list[Written] = []
        self.chores: list[Callable[[], object]] = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, name=NAME, daemon=True)

    def _run(self) -> None:
        while not self.ended.wait(INTERVAL_S):
            for member in tuple(self.members):
                member.turn()
            while self.chores:
                with contextlib.suppress(Exception):
                    self.chores.pop()()


_lock = threading.Lock()
_writer: _Writer | None = None


def follow(member: Written) -> None:
    """Write this one from now on; the first one starts the thread."""
    global _writer
    with _lock:
        if _writer is None:
            _writer = _Writer()
            _writer.thread.start()
        _writer.members.append(member)


def once(chore: Callable[[], object]) -> None:
    """Have the thread do something once, if it is there and gets to it; what it raises is forgotten."""
    with _lock:
        if _writer is not None:
            _writer.chores.append(chore)


def unfollow(member: Written) -> None:
    """Leave this one alone from now on; the last one ends the thread, and waits for its end."""
    global _writer
    ended = None
    with _lock:
        if _writer is not None and member in _writer.members:
            _writer.members.remove(member)
            if not _writer.members:
                ended, _writer = _writer, None
    if ended is not None:
        ended.ended.set()
        if threading.current_thread() is not ended.thread:
            ended.thread.join(JOIN_S)


def _after_fork() -> None:
    """A child has the memory and no thread: the journals are its parent's."""
    global _lock, _writer
    _lock = threading.Lock()
    left, _writer = _writer, None
    for member in left.members if left is not None else ():
        member.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
