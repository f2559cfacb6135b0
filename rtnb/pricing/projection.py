"""Projection: what a conversation that has not happened would cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rtnb._display import Drawable
from rtnb.pricing.cost import Cost, CostLine
from rtnb.pricing.rates import RateBook
from rtnb.tokens.context import Summarise, Truncation

__all__ = ["Assumptions", "CurvePoint", "Projection", "project"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """How a conversation goes, as far as its bill is concerned."""

    turns_per_minute: float = 3.0
    talk_share: float = 0.7
    """Part of the time in which somebody talks, 0 to 1."""
    user_share: float = 0.5
    """The user's part of the talk time, 0 to 1."""
    user_tokens_per_minute: float = 600.0
    assistant_tokens_per_minute: float = 1200.0
    instruction_tokens: int = 0
    tool_tokens: int = 0
    text_share: float = 0.3
    """Text tokens of the transcript for each audio token of an answer."""
    cache_hit_rate: float = 1.0
    """Part of what a perfect cache would hold that really comes from it, 0 to 1."""
    cache_grain: int = 64
    interruption_rate: float = 0.0
    """Part of the answers that are interrupted, 0 to 1."""
    heard_share: float = 0.5
    """Part of an interrupted answer that is heard, above 0, up to 1."""
    truncation: Truncation = Truncation()
    summarise: Summarise | None = None
    transcription: str | None = None
    """The transcription model; None for none."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The bill after some minutes; `low_usd` with a perfect cache, `high_usd` with none."""

    minutes: float
    usd: float
    low_usd: float
    high_usd: float
    context_tokens: int


@dataclass(frozen=True, slots=True, repr=False)
class Projection(Drawable):
    """What a conversation would cost.

    Parameters
    ----------
    minutes : float
    turns : int
    model : str
    on : datetime.date
    assumptions : Assumptions
    cost : Cost
        Line by line.
    curve : tuple of CurvePoint
        A point a turn.
    notes : tuple of str
        What the reader should know, such as when truncation begins.
    """

    minutes: float
    turns: int
    model: str
    on: date
    assumptions: Assumptions
    cost: Cost
    curve: tuple[CurvePoint, ...]
    notes: tuple[str, ...] = ()

    @property
    def total_usd(self) -> float:
        """The whole conversation."""
        return self.cost.total_usd

    @property
    def lines(self) -> tuple[CostLine, ...]:
        """What it is made of."""
        return self.cost.lines

    @property
    def usd_per_minute(self) -> float:
        """Mean over the conversation."""
        return self.total_usd / self.minutes

    def times(self, talks: int) -> Cost:
        """So many talks of the same kind: ``projection.times(30 * 20)`` is a month of twenty a day."""
        return self.cost * talks


def project(
    minutes: float,
    model: str,
    *,
    on: date | str | None = None,
    assumptions: Assumptions | None = None,
    prices: RateBook | None = None,
    **changes: object,
) -> Projection:
    """What a conversation of some minutes would cost; `changes` replace members of `assumptions`."""
    raise NotImplementedError
