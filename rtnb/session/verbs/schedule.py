"""When a connection is handed over, and when a dropped one is opened again: pure numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from rtnb.errors import ConfigError

__all__ = ["SHORT_SHARE", "Backoff", "Schedule"]

SHORT_SHARE: Final = 0.25
"""Of a connection that lasts minutes, the hand-over begins in the last quarter at the earliest (own choice)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When what happens before the end of a connection.

    Parameters
    ----------
    session_s : float
        How long a connection lasts where the server does not say (source: the live service, 60 minutes).
    notices_s : tuple of float
        Seconds before the end at which the user is told.
    handover_s : float
        Seconds before the end from which on a quiet moment is looked for to hand over.
    latest_s : float
        Seconds before the end at which the hand-over happens, quiet or not.
    shortest_s : float
        A server that seems to end a connection sooner than this has another clock than ours (own choice).

    Raises
    ------
    ConfigError
        The last moment comes before the first one.
    """

    session_s: float = 3600.0
    notices_s: tuple[float, ...] = (300.0, 60.0)
    handover_s: float = 120.0
    latest_s: float = 20.0
    shortest_s: float = 10.0

    def __post_init__(self) -> None:
        if not 0 <= self.latest_s <= self.handover_s:
            raise ConfigError(
                f"The hand-over begins handover_s ({self.handover_s:g}) before the end and happens latest_s "
                f"({self.latest_s:g}) before it: 0 <= latest_s <= handover_s."
            )

    def plan(self, life_s: float, *, handover: bool) -> list[tuple[float, str]]:
        """Seconds before the end, and what happens then, in order; what a short connection has no room for is left out.

        Examples
        --------
        >>> Schedule().plan(3600, handover=True)
        [(300.0, 'notice'), (120.0, 'handover'), (60.0, 'notice')]
        >>> Schedule().plan(200, handover=True), Schedule().plan(200, handover=False)
        ([(60.0, 'notice'), (50.0, 'handover')], [(60.0, 'notice')])
        """
        steps = [(left_s, "notice") for left_s in self.notices_s if left_s < life_s]
        if handover:
            steps.append((min(self.handover_s, SHORT_SHARE * life_s), "handover"))
        return sorted(steps, reverse=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How often and when a dropped connection is opened again. All numbers are an own choice.

    A server may accept a connection and drop it at once, over and over: such drops are one run, whose waits grow and
    whose tries are counted together, until a connection has answered something or has lived for `steady_s`.

    Parameters
    ----------
    first_s, factor, most_s : float
        The first wait, how much longer each next one is, and the longest.
    jitter : float
        Share by which a wait may be shorter, at random, so that clients that were dropped together do not come back
        together.
    tries : int
        In a run of drops.
    within_s : float
        No try begins later than this after the last drop.
    steady_s : float
        A connection that has lived so long ends the run of drops before it.

    Examples
    --------
    >>> list(Backoff().delays(lambda: 0.0))
    [0.5, 1.5, 4.5, 13.5, 20.0]
    >>> list(Backoff().delays(lambda: 0.0, spent=3))
    [13.5, 20.0]
    """

    first_s: float = 0.5
    factor: float = 3.0
    most_s: float = 20.0
    jitter: float = 0.3
    tries: int = 5
    within_s: float = 60.0
    steady_s: float = 30.0

    def delays(self, chance: Callable[[], float], spent: int = 0) -> Iterator[float]:
        """The waits before the tries that are left of a run; `chance` gives numbers from 0 to 1."""
        for number in range(spent, self.tries):
            yield min(self.most_s, self.first_s * self.factor**number) * (1 - self.jitter * chance())
