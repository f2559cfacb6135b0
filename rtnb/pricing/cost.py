"""Cost: what tokens and seconds cost, line by line, exact to the last digit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from rtnb._display import Drawable

__all__ = ["Cost", "CostLine"]


@dataclass(frozen=True, slots=True)
class CostLine:
    label: str
    modality: str
    kind: Literal["input", "cached", "output", "transcription", "session"]
    model: str
    quantity: Decimal
    unit: Literal["token", "second"]
    unit_price_usd: Decimal | None
    usd: Decimal | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Cost(Drawable):
    model: str
    on: date | None
    lines: tuple[CostLine, ...] = ()

    @property
    def total(self) -> Decimal:
        return sum((line.usd for line in self.lines if line.usd is not None), Decimal(0))

    @property
    def total_usd(self) -> float:
        return float(self.total)
