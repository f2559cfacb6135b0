"""Cost: what tokens and seconds cost, line by line, exact to the last digit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Literal

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.pricing.bills.money import EXACT, format_usd

__all__ = ["Cost", "CostLine", "Kind"]

Kind = Literal["input", "cached", "output", "transcription"]

_MODALITIES = ("text", "audio", "image", "other")
_KINDS: tuple[Kind, ...] = ("input", "cached", "output", "transcription")
_PRICE_UNITS = {("tokens", 1_000_000): "1M tokens", ("seconds", 60): "min", ("seconds", 1): "s"}


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of a bill.

    Parameters
    ----------
    label : str
        What it is for, such as ``"cached audio input"``.
    modality : str
        ``"text"``, ``"audio"``, ``"image"``, or ``"other"`` where the server did not say.
    kind : {"input", "cached", "output", "transcription"}
        Which price applies; ``"transcription"`` is the bill of the transcription model.
    model : str
        Whose price it is.
    quantity : decimal.Decimal
        How many tokens or seconds.
    unit : {"tokens", "seconds"}
        Which of the two.
    unit_price : decimal.Decimal or None
        USD for `per` tokens or seconds; None where the line is unpriced.
    per : int
        What `unit_price` buys.
    why : str
        Why the line is unpriced; empty where it is priced.

    Examples
    --------
    >>> line = CostLine("audio output", "audio", "output", "gpt-realtime", Decimal(500), "tokens", Decimal(64))
    >>> print(line)
    audio output: 500 tokens at $64 / 1M tokens = $0.0320
    >>> line.exact_usd
    Decimal('0.032')
    """

    label: str
    modality: str
    kind: Kind
    model: str
    quantity: Decimal
    unit: Literal["tokens", "seconds"]
    unit_price: Decimal | None
    per: int = 1_000_000
    why: str = ""

    @property
    def tokens(self) -> int | None:
        """The tokens of the line, or None where it counts seconds."""
        return int(self.quantity) if self.unit == "tokens" else None

    @property
    def seconds(self) -> float | None:
        """The seconds of the line, or None where it counts tokens."""
        return float(self.quantity) if self.unit == "seconds" else None

    @property
    def exact_usd(self) -> Decimal | None:
        """``quantity * unit_price / per``, exact; None where the line is unpriced."""
        if self.unit_price is None:
            return None
        return EXACT.divide(EXACT.multiply(self.quantity, self.unit_price), Decimal(self.per))

    @property
    def usd(self) -> float | None:
        """:attr:`exact_usd` as a float; None where the line is unpriced."""
        exact = self.exact_usd
        return None if exact is None else float(exact)

    @property
    def quantity_text(self) -> str:
        """The quantity with its unit, such as ``"1,024 tokens"`` or ``"12.5 s"``; a dash where it is not known."""
        if not self.quantity and self.unit_price is None:
            return "–"
        if self.unit == "tokens":
            return f"{int(self.quantity):,} token{'' if self.quantity == 1 else 's'}"
        return f"{float(self.quantity):,g} s"

    @property
    def price_text(self) -> str:
        """The unit price, such as ``"$32 / 1M tokens"``; empty where the line is unpriced."""
        if self.unit_price is None:
            return ""
        unit = _PRICE_UNITS.get((self.unit, self.per), f"{self.per:,} {self.unit}")
        return f"${self.unit_price:f} / {unit}"

    def __str__(self) -> str:
        amount = "unpriced" if self.exact_usd is None else format_usd(self.exact_usd)
        price = f" at {self.price_text}" if self.price_text else ""
        return f"{self.label}: {self.quantity_text}{price} = {amount}"


@dataclass(frozen=True, slots=True, repr=False)
class Cost(Drawable):
    """What something cost: lines that add up, and what could not be priced.

    Costs add up, over turns as over models; equal lines merge.

    Parameters
    ----------
    model : str
        Whose usage it is; several, joined by ``" + "``, in a sum over models.
    on : datetime.date or None
        The day of the prices; None in a sum over several days.
    lines : tuple of CostLine
        What it is made of.
    problems : tuple of str
        What does not add up in the counts behind it without leaving a line unpriced, in words; empty for sound ones.
        No part of what costs are compared by.

    Examples
    --------
    >>> from rtnb.pricing import cost
    >>> usage = {"input_tokens": 132, "output_tokens": 121, "total_tokens": 253,
    ...     "input_token_details": {"text_tokens": 119, "audio_tokens": 13, "cached_tokens": 64,
    ...         "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0}},
    ...     "output_token_details": {"text_tokens": 30, "audio_tokens": 91}}
    >>> bill = cost(usage, "gpt-realtime", "2026-01-31")
    >>> print(bill)
    $0.0070
    >>> bill.total_usd
    0.0069656
    >>> for line in bill.lines:
    ...     print(line)
    text input: 55 tokens at $4 / 1M tokens = $0.00022
    cached text input: 64 tokens at $0.40 / 1M tokens = $0.000026
    audio input: 13 tokens at $32 / 1M tokens = $0.00042
    text output: 30 tokens at $16 / 1M tokens = $0.00048
    audio output: 91 tokens at $64 / 1M tokens = $0.0058
    >>> print(bill + bill)
    $0.0139
    >>> f"{bill:>9}", f"{bill:.3f}", float(bill)
    ('  $0.0070', '0.007', 0.0069656)
    """

    model: str = ""
    on: date | None = None
    lines: tuple[CostLine, ...] = ()
    problems: tuple[str, ...] = field(default=(), compare=False)

    @property
    def exact_usd(self) -> Decimal:
        """The sum of the lines that have a price, exact."""
        amounts = (line.exact_usd for line in self.lines)
        return reduce(EXACT.add, (amount for amount in amounts if amount is not None), Decimal(0))

    @property
    def total_usd(self) -> float:
        """:attr:`exact_usd` as a float. Where :attr:`unpriced` is not empty, the true cost is higher."""
        return float(self.exact_usd)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """The lines without a price, each with the reason; empty where everything is priced."""
        return tuple(
            f"{line.label} ({line.quantity_text}): {line.why}" if line.quantity else f"{line.label}: {line.why}"
            for line in self.lines
            if line.unit_price is None
        )

    def __add__(self, other: object) -> Cost:
        if not isinstance(other, Cost):
            return NotImplemented
        problems = tuple(dict.fromkeys((*self.problems, *other.problems)))
        if self == Cost():
            return replace(other, problems=problems)
        if other == Cost():
            return replace(self, problems=problems)
        names = dict.fromkeys((*self.model.split(" + "), *other.model.split(" + ")))
        return Cost(
            model=" + ".join(name for name in names if name),
            on=self.on if self.on == other.on else None,
            lines=merged((*self.lines, *other.lines)),
            problems=problems,
        )

    def __radd__(self, other: object) -> Cost:
        # sum() starts from 0.
        return self if other == 0 else NotImplemented

    def __mul__(self, times: object) -> Cost:
        """So many of the same: every line's quantity times `times`, which may be a fraction."""
        if isinstance(times, bool) or not isinstance(times, int | float | Decimal):
            return NotImplemented
        factor = Decimal(repr(times)) if isinstance(times, float) else Decimal(times)
        lines = (replace(line, quantity=EXACT.multiply(line.quantity, factor)) for line in self.lines)
        return replace(self, lines=tuple(lines))

    __rmul__ = __mul__

    def __format__(self, spec: str) -> str:
        """As :func:`str`, filled and aligned as text is, or as a number: ``f"{cost:>12}"``, ``f"{cost:.2f}"``.

        Raises
        ------
        ConfigError
            `spec` is of a number and something is unpriced, or it is of neither a text nor a number.
        """
        try:
            return format(str(self), spec)
        except ValueError:
            amount = self._as_number()
        try:
            return format(amount, spec)
        except ValueError:
            raise ConfigError(f"{spec!r:.40} formats no cost; write '>12' for text or '.2f' for a number.") from None

    def __float__(self) -> float:
        """:attr:`total_usd` of what is priced as a whole.

        Raises
        ------
        ConfigError
            Something is unpriced, so that no number is the cost.
        """
        return float(self._as_number())

    def _as_number(self) -> Decimal:
        if self.unpriced:
            told = "; ".join(self.unpriced).rstrip(".")
            raise ConfigError(
                f"This cost is no number, since not all has a price: {told}. Take .total_usd for what has."
            )
        return self.exact_usd

    def __str__(self) -> str:
        if not self.unpriced:
            return format_usd(self.exact_usd)
        if len(self.unpriced) == len(self.lines):
            return "unpriced"
        return f"{format_usd(self.exact_usd)} + unpriced"

    def __repr__(self) -> str:
        day = f" on {self.on}" if self.on else ""
        note = f"; {'; '.join(self.problems)}" if self.problems else ""
        return f"Cost({self}, {self.model or 'no model'}{day}, {len(self.lines)} lines{note})"


def merged(lines: Iterable[CostLine]) -> tuple[CostLine, ...]:
    """Lines that differ in nothing but their quantity made one, in the order of a bill."""
    kept: dict[tuple[object, ...], CostLine] = {}
    for line in lines:
        key = (line.label, line.modality, line.kind, line.model, line.unit, line.unit_price, line.per, line.why)
        before = kept.get(key)
        # Most bills have no two lines that are alike: none is made anew then.
        kept[key] = line if before is None else replace(before, quantity=EXACT.add(before.quantity, line.quantity))
    return tuple(sorted(kept.values(), key=_place))


def _place(line: CostLine) -> tuple[object, ...]:
    transcription = line.kind == "transcription"
    return (
        transcription,
        line.model,
        line.kind == "output",
        _rank(_MODALITIES, line.modality),
        _rank(_KINDS, line.kind),
        line.label,
        line.unit_price is None,
        line.unit_price or Decimal(0),
        line.per,
        line.why,
    )


def _rank(order: tuple[str, ...], name: str) -> int:
    return order.index(name) if name in order else len(order)
