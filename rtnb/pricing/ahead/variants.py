"""Variants of one talk, side by side: which costs what, loses what, and which to take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.pricing.ahead.policy import Policy
from rtnb.pricing.bills.cost import Cost
from rtnb.pricing.bills.gaps import unpriced_labels

__all__ = ["Variant", "WhatIf", "as_loss", "percent"]


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

    Examples
    --------
    >>> from rtnb.pricing import cost
    >>> from rtnb.tokens import TokenUsage
    >>> day = date(2026, 1, 31)
    >>> Variant("mine", "my-model", day, None, cost(TokenUsage(output_text=5), "my-model", day)).priced
    False
    """

    name: str
    model: str
    on: date
    policy: Policy | None
    cost: Cost
    loss: float = 0.0
    peak_context_tokens: int = 0
    refused: int = 0

    @property
    def priced(self) -> bool:
        """Whether all that the model itself charges has a price; transcription is the same in every variant."""
        return all(line.unit_price is not None for line in self.cost.lines if line.kind != "transcription")


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
        What the reader should know.
    max_loss : float
        Part of the conversation that may be lost, 0 to 1, where :meth:`cheapest` is told no other.

    Examples
    --------
    >>> from rtnb.pricing import cost
    >>> from rtnb.tokens import TokenUsage
    >>> day = date(2026, 1, 31)
    >>> bills = [cost(TokenUsage(output_audio=tokens), "gpt-realtime", day) for tokens in (900, 800, 600, 500)]
    >>> names, losses = ("as recorded", "a", "b", "c"), (0, 0, 0.3, 0.2)
    >>> first, *others = map(Variant, names, ["gpt-realtime"] * 4, [day] * 4, [None] * 4, bills, losses)
    >>> found = WhatIf(first, tuple(others))
    >>> found.cheapest(max_loss=0.1).name, [variant.name for variant in found.pareto()]
    ('a', ['c', 'a'])
    >>> WhatIf(first, (others[0],))
    WhatIf($0.0576 as recorded; a: $0.0512)
    """

    actual: Variant
    variants: tuple[Variant, ...]
    simulated: Variant | None = None
    notes: tuple[str, ...] = ()
    max_loss: float = 1.0

    @property
    def best(self) -> Variant:
        """:meth:`cheapest` with the :attr:`max_loss` that was asked for."""
        return self.cheapest()

    def cheapest(self, max_loss: float | None = None) -> Variant:
        """The cheapest priced variant that loses no more of the context and refuses nothing.

        Parameters
        ----------
        max_loss : float, optional
            Part of the conversation, 0 to 1; :attr:`max_loss` if not given.

        Raises
        ------
        ConfigError
            There is no such variant; the message says what the least loss is.
        """
        max_loss = as_loss(self.max_loss if max_loss is None else max_loss)
        sound = self._sound()
        if not sound:
            raise ConfigError("No variant has a price and refuses nothing; .to_frame() lists them all.")
        # A loss is a mean of quotients: equal ones may differ in the last digit.
        if found := [variant for variant in sound if variant.loss <= max_loss + 1e-9]:
            return found[0]
        least = min(sound, key=lambda variant: variant.loss)
        raise ConfigError(
            f"No variant loses at most {percent(max_loss)} of the conversation; the least is "
            f"{percent(least.loss)} ({least.name}). Raise max_loss."
        )

    def pareto(self) -> tuple[Variant, ...]:
        """Variants that none other beats in both cost and loss, cheapest first."""
        front: list[Variant] = []
        for variant in self._sound():
            if not front or variant.loss < front[-1].loss:
                front.append(variant)
        return tuple(front)

    def records(self) -> list[dict[str, Any]]:
        """A flat mapping a variant, as recorded first; ``change`` is against the recorded cost, -0.5 half of it.

        ``usd`` is None where something that the model charges has no price, and without the transcription where that
        has none; ``unpriced`` names it.
        """
        return [self._record(variant) for variant in (self.actual, *self.variants)]

    def to_frame(self) -> Any:
        """A pandas DataFrame, a row a variant."""
        import pandas as pd

        return pd.DataFrame.from_records(self.records())

    def _sound(self) -> list[Variant]:
        """What may be recommended, cheapest first, of equal cost the one that loses less."""
        sound = (variant for variant in self.variants if variant.priced and not variant.refused)
        return sorted(sound, key=lambda variant: (variant.cost.exact_usd, variant.loss))

    def _record(self, variant: Variant) -> dict[str, Any]:
        actual = self.actual.cost.total_usd if self.actual.priced else 0.0
        usd = variant.cost.total_usd if variant.priced else None
        return {
            "variant": variant.name,
            "model": variant.model,
            "on": variant.on,
            "policy": variant.policy.name if variant.policy else "",
            "usd": usd,
            "unpriced": unpriced_labels(variant.cost),
            "change": usd / actual - 1 if usd is not None and actual else None,
            "loss": variant.loss,
            "peak_context_tokens": variant.peak_context_tokens,
            "refused": variant.refused,
        }

    def __repr__(self) -> str:
        if len(self.variants) == 1:
            [one] = self.variants
            refused = f", {one.refused:,} refused" if one.refused else ""
            return f"WhatIf({self.actual.cost} as recorded; {one.name}: {one.cost}{refused})"
        return f"WhatIf({self.actual.cost} as recorded, {len(self.variants)} variants)"


def as_loss(value: object) -> float:
    """A share of the conversation that may be lost, checked.

    Raises
    ------
    ConfigError
        It is none.

    Examples
    --------
    >>> as_loss(0.2)
    0.2
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ConfigError(f"max_loss is a share from 0 to 1, not {value!r:.60}. Write 0.2 for 20 %.")
    return value


def percent(share: float) -> str:
    """A share in words.

    Examples
    --------
    >>> percent(0.1234)
    '12.3 %'
    """
    return f"{share * 100:.3g} %"
