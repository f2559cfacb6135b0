"""A stream of samples, cut into frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Framer"]


class Framer:
    """Cuts a stream of samples into frames of `hop` samples and holds what is left over.

    Examples
    --------
    >>> import numpy as np
    >>> from rtnb.vad.engines.framing import Framer
    >>> framer = Framer(4)
    >>> framer.push(np.zeros(6, dtype=np.float32)).shape, framer.push(np.zeros(2, dtype=np.float32)).shape
    ((1, 4), (1, 4))
    """

    __slots__ = ("_held", "_hop")

    def __init__(self, hop: int) -> None:
        self._hop = hop
        self._held = np.zeros(0, dtype=np.float32)

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The frames completed by `samples`, float32, shape ``(k, hop)``."""
        fresh = np.asarray(samples, dtype=np.float32)
        joined = np.concatenate([self._held, fresh]) if self._held.size else fresh
        count = joined.size // self._hop
        # A copy, so that a caller who reuses the buffer cannot change what is held back.
        self._held = joined[count * self._hop :].copy()
        return joined[: count * self._hop].reshape(count, self._hop)
