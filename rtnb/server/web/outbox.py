"""Events on their way to one client: in order, encoded once, with back-pressure on whoever makes audio."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

import orjson

__all__ = ["Outbox"]

HIGH_WATER_BYTES = 4 * 1024 * 1024
"""Unsent bytes beyond which responses and the reading of client events wait; a minute of audio in base64."""


def encode(event: dict[str, Any]) -> str:
    """A server event as the text of its frame."""
    return orjson.dumps(event).decode()


class Outbox:
    """A queue that is filled without waiting and emptied by one writer."""

    def __init__(self) -> None:
        self._frames: deque[str] = deque()
        self._size = 0
        self._filled = asyncio.Event()
        self._low = asyncio.Event()
        self._low.set()
        self._closed = False

    def put(self, event: dict[str, Any]) -> None:
        """Queue one event; after :meth:`close` it is dropped."""
        frame = encode(event)
        if self._closed:
            return
        self._frames.append(frame)
        self._size += len(frame)
        self._filled.set()
        if self._size > HIGH_WATER_BYTES:
            self._low.clear()

    async def get(self) -> str:
        """The next frame."""
        while not self._frames:
            self._filled.clear()
            await self._filled.wait()
        frame = self._frames.popleft()
        self._size -= len(frame)
        if self._size <= HIGH_WATER_BYTES:
            self._low.set()
        return frame

    @property
    def empty(self) -> bool:
        """Whether everything was handed to the writer."""
        return not self._frames

    async def drained(self) -> None:
        """Wait while more than the high-water mark is unsent; a closed outbox keeps nobody waiting."""
        await self._low.wait()

    def close(self) -> None:
        """The writer has ended: forget what is unsent and release whoever waits."""
        self._closed = True
        self._frames.clear()
        self._size = 0
        self._low.set()
