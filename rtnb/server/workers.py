"""CPU-bound work off the event loop, in a pool as wide as the machine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["Workers"]

T = TypeVar("T")


class Workers:
    """Threads for detection, recognition and synthesis; started when first used."""

    def __init__(self, threads: int | None = None) -> None:
        self._pool = ThreadPoolExecutor(threads or max(2, os.cpu_count() or 2), thread_name_prefix="rtnb-speech")

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """``work(*args)`` in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: work(*args))

    def close(self) -> None:
        """Wait for what is running and end the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)
