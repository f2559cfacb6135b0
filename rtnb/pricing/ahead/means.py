"""Means of several talks: their cost, their projections, and how their bills climb."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from rtnb.pricing.ahead.projection import CurvePoint, Projection
from rtnb.pricing.bills.cost import Cost

__all__ = ["mean_climb", "mean_cost", "mean_projection"]

_POINTS = 200
"""Most points of a mean curve of bills."""


def mean_cost(costs: Sequence[Cost]) -> Cost:
    """The mean, line by line.

    Examples
    --------
    >>> from rtnb.pricing.bills.billing import cost
    >>> from rtnb.tokens import TokenUsage
    >>> print(mean_cost([cost(TokenUsage(output_audio=n), "gpt-realtime", "2026-01-31") for n in (1000, 2000)]))
    $0.0960
    """
    total = sum(costs, Cost())
    return total if len(costs) == 1 else total * (Decimal(1) / Decimal(len(costs)))


def mean_projection(found: Sequence[Projection]) -> Projection:
    """One projection as the mean of several of the same assumptions.

    Its curve is the mean at equal parts of their lengths, so that it ends at the mean length and the mean cost.

    Examples
    --------
    >>> from rtnb.pricing.ahead.projection import project
    >>> both = mean_projection([project(minutes, "gpt-realtime", on="2026-01-31") for minutes in (2, 4)])
    >>> both.minutes, both.turns, len(both.curve)
    (3.0, 9, 9)
    """
    if len(found) == 1:
        return found[0]
    minutes = math.fsum(each.minutes for each in found) / len(found)
    turns = found[0].assumptions.turns_in(minutes)
    curve = []
    for turn in range(1, turns + 1):
        points = [_at(each.curve, turn / turns) for each in found]
        usd, low, high, context, dropped = (math.fsum(column) / len(found) for column in zip(*points, strict=True))
        curve.append(CurvePoint(minutes * turn / turns, usd, low, high, round(context), math.ceil(dropped)))
    several = len({each.minutes for each in found}) > 1
    notes = (f"{each.minutes:.1f} min: {note}" if several else note for each in found for note in each.notes)
    names = dict.fromkeys(each.model for each in found)
    cost = mean_cost([each.cost for each in found])
    return replace(
        found[0],
        minutes=minutes,
        turns=turns,
        model=" + ".join(names),
        cost=cost,
        curve=tuple(curve),
        notes=tuple(dict.fromkeys(notes)),
    )


def _at(curve: Sequence[CurvePoint], part: float) -> tuple[float, float, float, float, float]:
    """A curve at a part of its length: amounts between two points in proportion, tokens of the later one."""
    place = part * len(curve)
    after = min(len(curve), max(1, math.ceil(place - 1e-9)))
    share = min(1.0, max(0.0, place - (after - 1)))
    high = curve[after - 1]
    low = curve[after - 2] if after > 1 else CurvePoint(0.0, 0.0, 0.0, 0.0, 0)
    usd, least, most = (
        getattr(low, name) + share * (getattr(high, name) - getattr(low, name))
        for name in ("usd", "low_usd", "high_usd")
    )
    return usd, least, most, high.context_tokens, high.dropped_tokens


def mean_climb(
    climbs: Sequence[Sequence[tuple[float, float]]], lengths: Sequence[float]
) -> tuple[tuple[float, float], ...]:
    """How bills climb on average: minutes and cumulative USD, at equal parts of the lengths.

    Examples
    --------
    >>> mean_climb([[(1.0, 0.25), (2.0, 0.75)], [(2.0, 0.75), (4.0, 1.25)]], [2.0, 4.0])
    ((1.5, 0.5), (3.0, 1.0))
    """
    if len(climbs) == 1:
        return tuple(climbs[0])
    minutes, count = math.fsum(lengths) / len(lengths), min(_POINTS, max(map(len, climbs), default=0))
    found = []
    for k in range(1, count + 1):
        sums = []
        for climb, length in zip(climbs, lengths, strict=True):
            # At the end everything was billed, also what came after the connection was closed.
            past = len(climb) if k == count else bisect.bisect_right(climb, (length * k / count + 1e-9, math.inf))
            sums.append(climb[past - 1][1] if past else 0.0)
        found.append((minutes * k / count, math.fsum(sums) / len(sums)))
    return tuple(found)
