"""How much one client may take: events a second, sessions at once."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from rtnb.errors import ConfigError
from rtnb.server.options import Limits

__all__ = [
    "BURST_BYTES",
    "BURST_S",
    "Bucket",
    "PartOfLimits",
    "SessionCount",
    "byte_rate",
    "event_rate",
    "sessions_at_once",
]

BURST_S = 10.0
"""Over how many seconds events are counted: so many seconds' worth may come at once."""

BURST_BYTES = 64 * 1024 * 1024
"""Bytes that may come at once: two of the largest frames. Own choice, because 64 MiB of base64 are a quarter of an
hour of audio, and take a parser a tenth of a second."""


class Bucket:
    """A bucket that fills by time (a token bucket); pure, the time is an argument.

    Parameters
    ----------
    a_second : float
        What may come a second; 0 for no limit.
    burst : float
        What may come at once.
    now_s : float
        The time at which it is full.

    Examples
    --------
    >>> rate = Bucket(0.5, burst=5, now_s=0.0)
    >>> [rate.take(0.0) for _ in range(6)]
    [True, True, True, True, True, False]
    >>> rate.take(2.0), rate.take(2.0)
    (True, False)
    """

    __slots__ = ("_at_s", "_burst", "_left", "a_second")

    def __init__(self, a_second: float, *, burst: float, now_s: float) -> None:
        self.a_second = a_second
        self._burst = burst
        self._left = burst
        self._at_s = now_s

    def take(self, now_s: float, amount: float = 1) -> bool:
        """Whether `amount` more may come at `now_s`, a time that does not go back."""
        if self.a_second <= 0:
            return True
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self.a_second)
        self._at_s = now_s
        if self._left < amount:
            return False
        self._left -= amount
        return True


def event_rate(limits: Limits, *, now_s: float) -> Bucket:
    """What bounds the events of one connection.

    Examples
    --------
    >>> event_rate(Limits(events_a_second=1), now_s=0.0).take(0.0, 11)
    False
    """
    return Bucket(limits.events_a_second, burst=limits.events_a_second * BURST_S, now_s=now_s)


def byte_rate(limits: Limits, *, now_s: float) -> Bucket:
    """What bounds the bytes of one connection; nothing where its events are not bounded.

    Examples
    --------
    >>> byte_rate(Limits(), now_s=0.0).take(0.0, 65 * 2**20)
    False
    >>> byte_rate(Limits(events_a_second=0), now_s=0.0).take(0.0, 65 * 2**20)
    True
    """
    a_second = limits.bytes_a_second if limits.events_a_second > 0 else 0.0
    return Bucket(a_second, burst=BURST_BYTES, now_s=now_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOfLimits(Limits):
    """Limits of one process among several that share them.

    Parameters
    ----------
    all_sessions : int, optional
        Sessions that all of them may have together, of which `sessions` is a part.
    """

    all_sessions: int | None = None

    @classmethod
    def of(cls, limits: Limits, *, sessions: int, of: int | None) -> Self:
        """A part of some limits.

        Examples
        --------
        >>> PartOfLimits.of(Limits(sessions=4, idle_s=60), sessions=1, of=4).idle_s
        60
        """
        same = {each.name: getattr(limits, each.name) for each in fields(Limits)}
        return cls(**{**same, "sessions": sessions}, all_sessions=of)


class SessionCount:
    """How many sessions are open, and whether there may be another.

    Parameters
    ----------
    limit : int, optional
        How many there may be, and what clients are told of it.
    part : int, optional
        How many there may be in this process, where several share the limit.

    Examples
    --------
    >>> count = SessionCount(1)
    >>> count.enter(), count.enter()
    (True, False)
    >>> count.leave()
    >>> count.enter()
    True
    """

    __slots__ = ("_part", "limit", "open")

    def __init__(self, limit: int | None, *, part: int | None = None) -> None:
        self.limit = limit
        self._part = limit if part is None else part
        self.open = 0

    @classmethod
    def of(cls, limits: Limits) -> Self:
        """What some limits allow, or the part of them that is this process's.

        Raises
        ------
        ConfigError
            There is no tier of that name.
        """
        found = sessions_at_once(limits)
        if isinstance(limits, PartOfLimits) and limits.all_sessions is not None:
            return cls(limits.all_sessions, part=found)
        return cls(found)

    def enter(self) -> bool:
        """One more session, unless the limit is reached."""
        if self._part is not None and self.open >= self._part:
            return False
        self.open += 1
        return True

    def leave(self) -> None:
        """One session less."""
        self.open -= 1


@functools.cache
def _tiers() -> dict[str, Any]:
    text = (Path(__file__).parents[1] / "tiers.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)["tiers"]
    return data


def sessions_at_once(limits: Limits) -> int | None:
    """How many sessions may be open at once; None for no limit.

    Raises
    ------
    ConfigError
        There is no tier of that name.

    Examples
    --------
    >>> sessions_at_once(Limits(tier="launch-tier-5")), sessions_at_once(Limits())
    (100, None)
    """
    if limits.sessions is not None:
        return limits.sessions
    if limits.tier is None:
        return None
    tier = _tiers().get(limits.tier)
    if tier is None:
        raise ConfigError(
            f"'{limits.tier}' is no tier with a published number of sessions: use one of {', '.join(_tiers())}, "
            "or give a number of sessions."
        )
    found: int | None = tier["sessions"]
    return found
