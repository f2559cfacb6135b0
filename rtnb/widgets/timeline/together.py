"""Two runs in one view: where the second lies on the clock of the first, and their latencies side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rtnb.errors import ConfigError
from rtnb.session.timeline.comparing import Align, Aligned, aligned
from rtnb.session.timeline.timeline import Timeline
from rtnb.session.views.timing import in_words

__all__ = ["Together", "side_by_side", "together"]


@dataclass(frozen=True, slots=True)
class Together:
    """How two runs lie.

    Parameters
    ----------
    align : {"auto", "start", "speech", "response"} or int
        What is in force: "start" where the one that was asked for is not there yet.
    shift_s : float
        Added to every time of the second.
    words : str
        At what: *at the first speech*.
    lacks : str
        Why the one that was asked for is not in force; empty where it is.
    """

    align: Align = "start"
    shift_s: float = 0.0
    words: str = ""
    lacks: str = ""


def together(timelines: Sequence[Timeline], align: Align) -> Together:
    """Two runs as they lie now; one alone lies where it is.

    Raises
    ------
    ConfigError
        One of them has nothing of the kind, and will never have it: both are over.
    """
    if len(timelines) < 2:
        return Together()
    first, second = timelines[:2]
    try:
        found: Aligned = aligned(first, second, align)
    except ConfigError as error:
        if not (first.live or second.live):
            raise
        found = aligned(first, second, "start")
        reason = str(error).partition(":")[0]
        return Together("start", found.shift_s, found.words, f"{reason} yet: both begin at the start until then.")
    return Together(align, found.shift_s, found.words)


def side_by_side(first: Timeline, second: Timeline) -> list[list[Any]]:
    """Medians of both runs and their difference in words: label, first, its number of turns, second, its, difference.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"], journal=False) as s:
    ...     turn = s.ask("Spell cat.", show=False)
    ...     timeline = s.timeline
    >>> side_by_side(timeline, timeline)[0][-1]
    '0 ms'
    """
    told: list[list[Any]] = []
    for row in first.against(second, "start").rows:
        one, other = ("–" if value is None else in_words(value, row.unit) for value in (row.first, row.second))
        difference = "" if row.difference is None else in_words(row.difference, row.unit)
        sign = "+" if row.difference is not None and row.difference > 0 and difference[:1] not in "−<" else ""
        told.append([row.label, one, row.first_n, other, row.second_n, sign + difference])
    return told
