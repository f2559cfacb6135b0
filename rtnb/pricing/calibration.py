"""Calibration: the assumptions of a projection read off recordings, and how well it then meets what was billed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rtnb._display import Drawable
from rtnb.pricing.cost import Cost
from rtnb.pricing.ledger import Source
from rtnb.pricing.projection import Assumptions, Projection
from rtnb.pricing.rates import RateBook

__all__ = ["Calibration", "calibrate"]


@dataclass(frozen=True, slots=True, repr=False)
class Calibration(Drawable):
    """Assumptions fitted to recordings.

    Parameters
    ----------
    assumptions : Assumptions
        Give them to :func:`rtnb.pricing.project`.
    projected : Projection
        What they make of a talk as long as the recorded ones were on average.
    actual : Cost
        What the recorded ones cost on average, by line.
    actual_curve : tuple of (float, float)
        Minutes and cumulative USD of the (first) recording.
    minutes : float
        Mean length of the recordings.
    talks : int
        How many recordings.
    notes : tuple of str
    """

    assumptions: Assumptions
    projected: Projection
    actual: Cost
    actual_curve: tuple[tuple[float, float], ...]
    minutes: float
    talks: int
    notes: tuple[str, ...] = ()

    @property
    def error(self) -> float:
        """Projected over actual, less one: +0.05 is 5 % too much."""
        return self.projected.total_usd / self.actual.total_usd - 1


def calibrate(
    *sources: Source | Iterable[Source],
    model: str | None = None,
    on: date | str | None = None,
    prices: RateBook | None = None,
) -> Calibration:
    """Fit the assumptions of a projection to recordings."""
    raise NotImplementedError
