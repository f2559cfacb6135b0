"""Who gets the next connection, and which part of a limit is whose; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Load", "choose", "shares"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a worker has to do.

    Parameters
    ----------
    sessions : int
        Open ones.
    fresh : int
        Connections that may become sessions.
    others : int
        All other connections.
    limit : int, optional
        How many sessions it may have.
    """

    sessions: int = 0
    fresh: int = 0
    others: int = 0
    limit: int | None = None


def choose(loads: Sequence[Load]) -> int:
    """The place of the worker that gets the next connection: one with room, the fewest sessions, the fewest others.

    What a connection is for shows only later. It counts as a session until then, so that many which come at once
    are spread as well as those that come one by one.

    Examples
    --------
    >>> choose([Load(sessions=3), Load(sessions=2, fresh=1), Load(sessions=2, others=5)])
    2
    """
    return min(range(len(loads)), key=lambda place: _order(loads[place]))


def shares(limit: int | None, workers: int) -> tuple[int | None, ...]:
    """A limit in whole parts, the larger ones first.

    Examples
    --------
    >>> shares(5, 2), shares(None, 2)
    ((3, 2), (None, None))
    """
    if limit is None:
        return (None,) * workers
    each, left = divmod(limit, workers)
    return tuple(each + (place < left) for place in range(workers))


def _order(load: Load) -> tuple[bool, int, int]:
    wanted = load.sessions + load.fresh
    return load.limit is not None and wanted >= load.limit, wanted, load.others
