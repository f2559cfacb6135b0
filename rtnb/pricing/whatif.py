"""What if: the same talk on another model, on another day, under another context policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from rtnb._display import Drawable
from rtnb.pricing.cost import Cost
from rtnb.pricing.ledger import Source
from rtnb.pricing.rates import RateBook
from rtnb.tokens.context import Summarise, Truncation

__all__ = ["Policy", "Variant", "WhatIf", "cheapest", "policies", "reprice", "what_if"]


@dataclass(frozen=True, slots=True)
class Policy:
    """A context policy with a name."""

    name: str
    truncation: Truncation = Truncation()
    summarise: Summarise | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """One way the same talk might have been billed.

    Parameters
    ----------
    name : str
        Such as ``"gpt-realtime-mini"`` or ``"gpt-realtime, summarised above 4,000 tokens"``.
    model : str
    on : datetime.date
    policy : Policy or None
        None: the context as it was.
    cost : Cost
    loss : float
        Mean over the responses of the part of the conversation that the model no longer saw, 0 to 1.
    peak_context_tokens : int
        The most that any response was given.
    refused : int
        Responses that would have been refused, because the context did not fit.
    """

    name: str
    model: str
    on: date
    policy: Policy | None
    cost: Cost
    loss: float = 0.0
    peak_context_tokens: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class WhatIf(Drawable):
    """Variants of one talk, side by side.

    Parameters
    ----------
    actual : Variant
        As it was recorded.
    variants : tuple of Variant
    simulated : Variant or None
        The recorded talk under its own policy, as simulated: how far to trust simulated variants; None where none is.
    notes : tuple of str
    """

    actual: Variant
    variants: tuple[Variant, ...]
    simulated: Variant | None = None
    notes: tuple[str, ...] = ()

    def cheapest(self, max_loss: float = 1.0) -> Variant:
        """The cheapest priced variant that loses no more of the context and refuses nothing."""
        raise NotImplementedError

    def pareto(self) -> tuple[Variant, ...]:
        """Variants that none other beats in both cost and loss, cheapest first."""
        raise NotImplementedError

    def to_frame(self) -> object:
        """A pandas DataFrame, a row a variant."""
        raise NotImplementedError


def reprice(
    *sources: Source | Iterable[Source],
    model: str | None = None,
    on: date | str | None = None,
    policy: Policy | Truncation | Summarise | None = None,
    prices: RateBook | None = None,
) -> WhatIf:
    """The same talk at another price, or under another policy."""
    raise NotImplementedError


def what_if(
    *sources: Source | Iterable[Source],
    models: Sequence[str] | None = None,
    on: date | str | None = None,
    policies: Sequence[Policy | Truncation | Summarise] | None = None,
    summary_keeps: float = 0.5,
    prices: RateBook | None = None,
) -> WhatIf:
    """The same talk on each model and under each policy."""
    raise NotImplementedError


def policies(limit_tokens: int) -> tuple[Policy, ...]:
    """A grid of policies worth trying for a talk that needs `limit_tokens` at its longest."""
    raise NotImplementedError


def cheapest(
    *sources: Source | Iterable[Source],
    max_loss: float = 0.2,
    model: str | None = None,
    on: date | str | None = None,
    summary_keeps: float = 0.5,
    prices: RateBook | None = None,
) -> WhatIf:
    """Many policies for one talk; ``.cheapest(max_loss)`` of what comes back is the one to take."""
    raise NotImplementedError
