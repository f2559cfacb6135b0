"""What a listener waited for in each turn, and the median of it: of one definition, never of several together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from rtnb.session.timeline.incidents import Bracket
from rtnb.session.views.timing import in_words

__all__ = ["PREFERRED", "Typical", "ends_of", "typical_of", "waits_of"]

PREFERRED = ("response_latency", "ttfa_vad", "ttfa_manual", "ttft_manual", "ttfa_response", "ttft_text")
"""Of what was timed in a turn, the first of these is what a listener waits for."""


@dataclass(frozen=True, slots=True)
class Typical:
    """The median of the definition that most turns have.

    Parameters
    ----------
    name : str
        Of the definition.
    ends : str
        Both its ends, without how they are computed.
    value_s : float
    n, turns : int
        How many turns it is of, and how many have any latency.
    """

    name: str
    ends: str
    value_s: float
    n: int
    turns: int

    @property
    def text(self) -> str:
        """The median with its unit."""
        return in_words(self.value_s, "s")

    @property
    def of(self) -> str:
        """What it is of."""
        how_many = f", {self.n:,} of {self.turns:,} turns" if self.n < self.turns else ""
        return f"median latency, {self.ends}{how_many}"


def waits_of(brackets: Iterable[Bracket]) -> list[Bracket]:
    """One latency a turn: the time that a listener waited."""
    found: dict[int, Bracket] = {}
    for bracket in brackets:
        if bracket.name not in PREFERRED:
            continue
        before = found.get(bracket.turn)
        if before is None or PREFERRED.index(bracket.name) < PREFERRED.index(before.name):
            found[bracket.turn] = bracket
    return sorted(found.values(), key=lambda each: each.start_s)


def ends_of(bracket: Bracket) -> str:
    """Both ends, without how they are computed, which the tables of times say; and whether one is reckoned."""
    start, end = (event.partition(" (")[0] for event in (bracket.start_event, bracket.end_event))
    return f"{start} → {end}{' (reckoned)' if bracket.reckoned else ''}"


def typical_of(waits: Sequence[Bracket]) -> Typical | None:
    """The median of the definition that most of them have; of two, the one that says more of what is heard."""
    counts = Counter(each.name for each in waits)
    if not counts:
        return None
    name = min(counts, key=lambda each: (-counts[each], PREFERRED.index(each)))
    mine = [each for each in waits if each.name == name]
    # Where only some are reckoned, the median is.
    shown = next((each for each in mine if each.reckoned), mine[0])
    return Typical(name, ends_of(shown), median(each.value for each in mine), len(mine), len(waits))
