"""Events on their way to one client: in order, encoded once, with back-pressure on whoever makes audio."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

__all__ = ["Closing", "Cut", "Frame", "Outbox"]

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


@dataclass(frozen=True, slots=True)
class Cut:
    """The end of a connection without a close."""


@dataclass(frozen=True, slots=True)
class Pause:
    """What is behind it waits, as behind a packet that was lost; for ever if `seconds` is infinite."""

    seconds: float


Frame = str | bytes | Closing | Cut
"""What the writer gets."""


class Outbox:
    """A queue that is filled without waiting and emptied by one writer.

    Parameters
    ----------
    latency_s : float
        Everything is held back for so long, as a network would: later, and no slower.
    """

    def __init__(self, latency_s: float = 0.0) -> None:
        self._latency_s = latency_s
        self._frames: deque[Frame | Pause] = deque()
        self._due_s: deque[float] = deque()
        self._size = 0
        self._filled = asyncio.Event()
        self._low = asyncio.Event()
        self._low.set()
        self._finished = False
        self._ending = asyncio.Event()

    @property
    def waiting_bytes(self) -> int:
        """Size of what has not been taken out yet."""
        return self._size

    @property
    def waiting_events(self) -> int:
        """Number of frames that have not been taken out yet."""
        return len(self._frames)

    def put(self, event: dict[str, Any]) -> None:
        """Queue one event; after :meth:`finish` or :meth:`close` it is dropped."""
        frame = encode(event)
        if not self._finished:
            self._queue(frame, len(frame))

    def raw(self, frame: str | bytes) -> None:
        """Queue a frame as it is."""
        if not self._finished:
            self._queue(frame, len(frame))

    def hold(self, seconds: float) -> None:
        """What is queued from here on waits for so long, but for the end of the connection."""
        if not self._finished:
            self._queue(Pause(seconds), 0)

    def finish(self, code: int, reason: str) -> None:
        """Queue the end of the connection; what comes later is dropped."""
        self._end(Closing(code, reason))

    def cut(self) -> None:
        """Queue that the connection is cut off; what comes later is dropped."""
        self._end(Cut())

    def _end(self, frame: Frame) -> None:
        if not self._finished:
            self._queue(frame, 0)
            self._finished = True
            self._ending.set()

    def _queue(self, frame: Frame | Pause, size: int) -> None:
        self._frames.append(frame)
        if self._latency_s:
            self._due_s.append(time.monotonic() + self._latency_s)
        self._size += size
        self._filled.set()
        if self._size > HIGH_WATER_BYTES:
            self._low.clear()

    async def get(self) -> Frame:
        """The next frame, when it is due."""
        while True:
            if not self._frames:
                self._filled.clear()
                await self._filled.wait()
            elif self._due_s and (early_s := self._due_s[0] - time.monotonic()) > 0:
                await asyncio.sleep(early_s)
            elif isinstance(first := self._frames[0], Pause):
                await self._pause(first.seconds)
                # Whoever closed the outbox meanwhile has taken it out.
                if self._frames and self._frames[0] is first:
                    self._pop()
            else:
                break
        frame = self._pop()
        assert not isinstance(frame, Pause)
        if isinstance(frame, str | bytes):
            self._size -= len(frame)
        if self._size <= HIGH_WATER_BYTES:
            self._low.set()
        return frame

    def _pop(self) -> Frame | Pause:
        if self._due_s:
            self._due_s.popleft()
        return self._frames.popleft()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(None if math.isinf(seconds) else seconds):
                await self._ending.wait()

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
        self._ending.set()
