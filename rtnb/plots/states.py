"""How the state of a connection is said in a picture, which outlives it."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["PASSING", "state_words"]

PASSING = ("new", "open", "reconnecting")
"""States that do not stay."""


def state_words(status: str, now: datetime | None = None) -> str:
    """The state of a connection, for a picture: what may end after the picture is said with its moment.

    Examples
    --------
    >>> state_words("open", datetime(2026, 11, 22, 14, 3, tzinfo=UTC)), state_words("lost")
    ('open as of 2026-11-22 14:03 UTC', 'connection lost')
    """
    words = {"new": "opening", "lost": "connection lost"}.get(status, status)
    if status not in PASSING:
        return words
    return f"{words} as of {now or datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
