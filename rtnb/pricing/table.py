"""The price list on a day, and how prices came to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rtnb._display import Drawable
from rtnb.pricing.rates import RateBook, Rates

__all__ = ["PriceHistory", "PriceTable", "history", "table"]


@dataclass(frozen=True, slots=True, repr=False)
class PriceTable(Drawable):
    """Prices side by side.

    Parameters
    ----------
    title : str
        Such as ``"Prices on 2026-11-21"``.
    rows : tuple of Rates
    notes : tuple of str
    """

    title: str
    rows: tuple[Rates, ...]
    notes: tuple[str, ...] = ()

    def records(self) -> list[dict[str, Any]]:
        """A flat mapping a row, for tables, CSV and JSON: model, kind, unit, prices by modality, days, source, confidence."""
        raise NotImplementedError

    def to_frame(self) -> object:
        """A pandas DataFrame."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, repr=False)
class PriceHistory(Drawable):
    """What a model, or a line of models, cost over time.

    Parameters
    ----------
    title : str
    rows : tuple of Rates
        Oldest first.
    until : datetime.date
        Where the picture ends.
    """

    title: str
    rows: tuple[Rates, ...]
    until: date

    def to_frame(self) -> object:
        """A pandas DataFrame."""
        raise NotImplementedError


def table(
    on: date | str | None = None, *, kind: str | None = None, prices: RateBook | None = None
) -> PriceTable:
    """The price list on a day."""
    raise NotImplementedError


def history(*models: str, prices: RateBook | None = None) -> PriceHistory:
    """What models cost over time."""
    raise NotImplementedError


_Records = Mapping[str, Any]
