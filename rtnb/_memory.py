"""Memory that is free, given back to the system."""

from __future__ import annotations

import ctypes
import sys

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
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(0))
