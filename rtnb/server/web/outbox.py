"""Events on their way to one client: in order, encoded once, with back-pressure on whoever makes audio."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import orjson

__all__ = ["Closing", "Outbox"]

HIGH_WATER_BYTES = 4 * 1024 * 1024
"""Unsent bytes beyond which responses and the reading of client events wait. Own choice, because it is a minute of
audio in base64: no client that keeps up with playback ever has so much to come, and one that reads nothing costs no
more."""


def encode(event: dict[str, Any]) -> str:
    """A server event as the text of its frame."""
    return orjson.dumps(event).decode()


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of a connection, behind everything that was sent before it."""

    code: int
    reason: str


class Outbox:
    """A queue that is filled without waiting and emptied by one writer.

    Parameters
    ----------
    latency_s : float
        Everything is held back for so long, as a network would: later, and no slower.
    """

    def __init__(self, latency_s: float = 0.0) -> None:
        self._latency_s = latency_s
        self._frames: deque[str | Closing] = deque()
        self._due_s: deque[float] = deque()
        self._size = 0
        self._filled = asyncio.Event()
        self._low = asyncio.Event()
        self._low.set()
        self._finished = False

    def put(self, event: dict[str, Any]) -> None:
        """Queue one event; after :meth:`finish` or :meth:`close` it is dropped."""
        frame = encode(event)
        if not self._finished:
            self._queue(frame, len(frame))

    def finish(self, code: int, reason: str) -> None:
        """Queue the end of the connection; what comes later is dropped."""
        if not self._finished:
            self._queue(Closing(code, reason), 0)
            self._finished = True

    def _queue(self, frame: str | Closing, size: int) -> None:
        self._frames.append(frame)
        if self._latency_s:
            self._due_s.append(time.monotonic() + self._latency_s)
        self._size += size
        self._filled.set()
        if self._size > HIGH_WATER_BYTES:
            self._low.clear()

    async def get(self) -> str | Closing:
        """The next frame, when it is due."""
        while True:
            if not self._frames:
                self._filled.clear()
                await self._filled.wait()
            elif self._due_s and (early_s := self._due_s[0] - time.monotonic()) > 0:
                await asyncio.sleep(early_s)
            else:
                break
        frame = self._frames.popleft()
        if self._due_s:
            self._due_s.popleft()
        if isinstance(frame, str):
            self._size -= len(frame)
        if self._size <= HIGH_WATER_BYTES:
            self._low.set()
        return frame

    async def drained(self) -> None:
        """Wait while more than the high-water mark is unsent; a closed outbox keeps nobody waiting."""
        await self._low.wait()

    def close(self) -> None:
        """The writer has ended: forget what is unsent and release whoever waits."""
        self._finished = True
        self._frames.clear()
        self._due_s.clear()
        self._size = 0
        self._low.set()
