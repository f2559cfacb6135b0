"""How many tokens of the last minute's allowance are left, as ``rate_limits.updated`` tells it."""

from __future__ import annotations

from collections import deque
from typing import Any

__all__ = ["TokenMinute"]

WINDOW_S = 60.0


class TokenMinute:
    """Tokens used in a minute that slides.

    It tells, and refuses nobody.

    Parameters
    ----------
    limit : int
        Tokens a minute.

    Examples
    --------
    >>> minute = TokenMinute(40_000)
    >>> minute.use(1_000, now_s=0.0)
    >>> minute.use(500, now_s=45.0)
    >>> minute.to_wire(now_s=50.0)
    {'name': 'tokens', 'limit': 40000, 'remaining': 38500, 'reset_seconds': 55.0}
    >>> minute.to_wire(now_s=61.0)["remaining"]
    39500
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._uses: deque[tuple[float, int]] = deque()
        self._used = 0

    def use(self, tokens: int, *, now_s: float) -> None:
        """Tokens that a response has taken."""
        self._uses.append((now_s, tokens))
        self._used += tokens
        self._forget(now_s)

    def to_wire(self, *, now_s: float) -> dict[str, Any]:
        """One entry of ``rate_limits``; ``reset_seconds`` is when all of the allowance is there again."""
        self._forget(now_s)
        reset_s = self._uses[-1][0] + WINDOW_S - now_s if self._uses else 0.0
        return {
            "name": "tokens",
            "limit": self.limit,
            "remaining": max(0, self.limit - self._used),
            "reset_seconds": round(reset_s, 3),
        }

    def _forget(self, now_s: float) -> None:
        while self._uses and self._uses[0][0] <= now_s - WINDOW_S:
            self._used -= self._uses.popleft()[1]
