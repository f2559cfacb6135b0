"""Memory that is free, given back to the system."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import sys
from collections.abc import Callable

__all__ = ["give_back"]


def give_back() -> bool:
    """Give back what loading something big has left free; a few milliseconds. Whether anything was.

    The allocator of glibc keeps it otherwise: tens of megabytes after the models are loaded, in each kernel.

    Examples
    --------
    >>> give_back() in (True, False)
    True
    """
    if sys.platform != "linux":
        return False
    trim = _malloc_trim()
    return trim is not None and bool(trim(0))


@functools.cache
def _malloc_trim() -> Callable[[int], int] | None:
    """Of the C library that this process runs with; None where it has none (musl), or cannot be asked (linked in)."""
    with contextlib.suppress(OSError, AttributeError):
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
        return trim
    return None
