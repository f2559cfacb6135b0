"""Frames in their order again: callbacks of a kernel with subshells may run on several threads."""

from __future__ import annotations

from typing import Final

__all__ = ["ACK_FRAMES", "FrameOrder"]

ACK_FRAMES: Final = 4
"""How often a page is told what was taken, about four times a second: it has 16 frames on their way at most (``WINDOW``
in frames.mjs)."""

PATIENCE: Final = 8
"""How many later frames may wait for one that is missing (own choice: half a second); then it counts as lost."""


class FrameOrder:
    """Puts numbered frames in order; a number that does not come is given up after a while.

    Examples
    --------
    >>> order = FrameOrder()
    >>> order.take(0, b"a"), order.take(2, b"c"), order.take(1, b"b")
    ([b'a'], [], [b'b', b'c'])
    >>> order.take(1, b"b"), order.late
    ([], 1)
    """

    def __init__(self) -> None:
        self.lost = 0
        """Frames that never came, or too late."""
        self.late = 0
        """Frames that came after they were given up, or twice."""
        self._next = 0
        self._beat = -1
        self._waiting: dict[int, bytes] = {}

    @property
    def done(self) -> int:
        """The number of the latest frame that was handed out or given up; -1 before any."""
        return self._next - 1

    def take(self, seq: int, data: bytes) -> list[bytes]:
        """What can be handed on now that this frame is here."""
        if seq < self._next or seq in self._waiting:
            self.late += 1
            return []
        self._waiting[seq] = data
        if len(self._waiting) > PATIENCE:
            return self.skip(min(self._waiting))
        return self._ready()

    def skip(self, seq: int) -> list[bytes]:
        """Give up what is missing before `seq`, and hand on what is there."""
        found = []
        while self._next < seq:
            if (data := self._waiting.pop(self._next, None)) is None:
                self.lost += 1
            else:
                found.append(data)
            self._next += 1
        return found + self._ready()

    def beat(self, sent: int) -> list[bytes]:
        """The page has sent frames up to this number: what is missing at the second beat in a row is lost.

        Examples
        --------
        >>> order = FrameOrder()
        >>> order.take(1, b"b"), order.beat(1), order.beat(1), order.lost
        ([], [], [b'b'], 1)
        """
        again, self._beat = sent == self._beat, sent
        return self.skip(sent + 1) if again and sent > self.done else []

    def _ready(self) -> list[bytes]:
        found = []
        while (data := self._waiting.pop(self._next, None)) is not None:
            found.append(data)
            self._next += 1
        return found
