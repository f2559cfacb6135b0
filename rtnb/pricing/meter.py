"""Meter: what a session cost, response by response, and where the money went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from rtnb._display import Drawable
from rtnb.pricing.cost import Cost
from rtnb.pricing.ledger import Exchange, Source
from rtnb.pricing.rates import RateBook
from rtnb.tokens import ModalityCount, TokenUsage

__all__ = ["CacheMiss", "Entry", "Meter", "MissReason", "TurnCost", "meter"]

MissReason = Literal[
    "first use",
    "instructions changed",
    "tools changed",
    "truncation",
    "item deleted",
    "item truncated",
    "item inserted",
    "model changed",
    "not cached by the server",
]
"""Why tokens that the model had been given before, or could have been, did not come from the cache."""


@dataclass(frozen=True, slots=True)
class CacheMiss:
    """Tokens that were charged in full although the model had seen them, or because it had seen none yet.

    Parameters
    ----------
    reason : MissReason
    tokens : ModalityCount
        How many, by modality.
    extra : Cost
        What they cost more than cached ones.
    """

    reason: MissReason
    tokens: ModalityCount
    extra: Cost


@dataclass(frozen=True, slots=True)
class Entry:
    """One response on the meter.

    Parameters
    ----------
    exchange : Exchange
    session : str
        Name of the session it belongs to.
    cost : Cost or None
        Of the response alone; None where the server sent no usage, so that its cost is unknown.
    transcription : Cost
        Of the transcriptions of its turn; empty where there are none.
    cumulative_usd : float
        Everything up to and with this response, in its session.
    repeated : ModalityCount
        Input tokens that the response before had been given too, so that a perfect cache held them.
    misses : tuple of CacheMiss
        What of them was not cached and why. Empty where all came from the cache.
    unheard_s : float
        Seconds of the answer that were generated and billed and never heard.
    unheard : Cost
        What those cost.
    """

    exchange: Exchange
    session: str
    cost: Cost | None
    transcription: Cost
    cumulative_usd: float
    repeated: ModalityCount
    misses: tuple[CacheMiss, ...]
    unheard_s: float
    unheard: Cost

    @property
    def total(self) -> Cost:
        """The response with its transcription."""
        return (self.cost or Cost()) + self.transcription

    @property
    def cached_share(self) -> float | None:
        """Cached part of the input, 0 to 1; None without usage or input."""
        usage = self.exchange.usage
        return None if usage is None or not usage.input_tokens else usage.cached_tokens / usage.input_tokens


@dataclass(frozen=True, slots=True)
class TurnCost:
    """What one turn cost, all its responses together."""

    session: str
    turn: int
    entries: tuple[Entry, ...]

    @property
    def cost(self) -> Cost:
        """Responses and transcriptions."""
        return sum((entry.total for entry in self.entries), Cost())


@dataclass(frozen=True, slots=True, repr=False)
class Meter(Drawable):
    """What one session, or many, cost and why.

    Parameters
    ----------
    entries : tuple of Entry
        Every response, session by session, oldest first.
    sessions : tuple of str
        Their names, in order.
    endpoint : str
        What answered, in words; empty where several did.
    notes : tuple of str
        What the reader should know: responses without usage, sessions without a model, counts that contradict each other.
    """

    entries: tuple[Entry, ...]
    sessions: tuple[str, ...]
    endpoint: str = ""
    notes: tuple[str, ...] = ()

    @property
    def cost(self) -> Cost:
        """Everything, line by line."""
        return sum((entry.total for entry in self.entries), Cost())

    @property
    def total_usd(self) -> float:
        """Everything, as a float; where :attr:`cost` has unpriced lines the true sum is higher."""
        return self.cost.total_usd

    @property
    def usage(self) -> TokenUsage:
        """All tokens."""
        return sum((e.exchange.usage for e in self.entries if e.exchange.usage is not None), TokenUsage())

    @property
    def cached_share(self) -> float | None:
        """Cached part of all input, 0 to 1."""
        raise NotImplementedError

    @property
    def hit_rate(self) -> float | None:
        """Cached part of what a perfect cache would have held, 0 to 1."""
        raise NotImplementedError

    @property
    def misses(self) -> tuple[CacheMiss, ...]:
        """Misses added up by reason, dearest first."""
        raise NotImplementedError

    @property
    def unheard(self) -> Cost:
        """What was generated, billed and never heard."""
        raise NotImplementedError

    def by_turn(self) -> tuple[TurnCost, ...]:
        """Turn by turn; what belongs to no turn stands in one of index -1."""
        raise NotImplementedError

    def by_session(self) -> dict[str, Cost]:
        """Session by session."""
        raise NotImplementedError

    def to_frame(self) -> object:
        """A pandas DataFrame, a row a response."""
        raise NotImplementedError


def meter(
    *sources: Source | Iterable[Source],
    model: str | None = None,
    on: date | str | None = None,
    prices: RateBook | None = None,
) -> Meter:
    """Meter sessions and recordings."""
    raise NotImplementedError
