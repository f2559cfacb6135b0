"""Where things of a lane go, for every picture alike: rows without overlaps, and where turns begin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rtnb.session.timeline.timeline import Timeline

__all__ = ["rows_for", "turn_starts"]


def rows_for(spans: Sequence[tuple[float, float]], *, most: int, gap: float = 0.0) -> list[int]:
    """A row for each span, given by their beginnings: the lowest that is free; the last one takes what is too much.

    Examples
    --------
    >>> rows_for([(0, 10), (5, 8), (12, 20), (6, 30)], most=2)
    [0, 1, 0, 1]
    """
    ends: list[float] = []
    found = []
    for start, end in spans:
        row = next((i for i, free in enumerate(ends) if free + gap <= start), len(ends))
        row = min(row, most - 1)
        if row == len(ends):
            ends.append(end)
        else:
            ends[row] = max(ends[row], end)
        found.append(row)
    return found


def turn_starts(timeline: Timeline) -> dict[int, float]:
    """When each turn began, by its index, as far as the lanes show it: with what was said, sent or asked for."""
    found: dict[int, float] = {}
    starts = [(each.turn, each.start_s) for each in timeline.speech]
    starts += [(each.turn, each.start_s) for each in timeline.transcripts]
    starts += [(each.turn, each.created_s if each.requested_s is None else each.requested_s)
               for each in timeline.responses]  # fmt: skip
    for turn, at_s in starts:
        if turn >= 0:
            found[turn] = min(at_s, found.get(turn, at_s))
    return dict(sorted(found.items()))
