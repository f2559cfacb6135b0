"""Reconciliation: what recordings say was used against what the vendor's usage export says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from rtnb._display import Drawable
from rtnb.pricing.ledger import Source
from rtnb.pricing.rates import RateBook
from rtnb.tokens import TokenUsage

__all__ = ["Reconciled", "Reconciliation", "reconcile"]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One day and one model.

    Parameters
    ----------
    day : datetime.date
        UTC.
    model : str
    status : {"agrees", "differs", "only in the export", "only in the recordings"}
    recorded_requests, exported_requests : int or None
    recorded, exported : TokenUsage or None
    recorded_usd, exported_usd : decimal.Decimal or None
        None where unpriced, or not in the export.
    why : tuple of str
        The difference explained, as far as the figures tell.
    """

    day: date
    model: str
    status: Literal["agrees", "differs", "only in the export", "only in the recordings"]
    recorded_requests: int | None
    exported_requests: int | None
    recorded: TokenUsage | None
    exported: TokenUsage | None
    recorded_usd: Decimal | None
    exported_usd: Decimal | None
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Reconciliation(Drawable):
    """Recordings against an export, by day and model."""

    rows: tuple[Reconciled, ...]
    notes: tuple[str, ...] = ()

    def to_frame(self) -> object:
        """A pandas DataFrame, a row a day and model."""
        raise NotImplementedError


def reconcile(
    *sources: Source | Iterable[Source],
    export: str | Path,
    prices: RateBook | None = None,
) -> Reconciliation:
    """Compare recordings with an exported usage CSV."""
    raise NotImplementedError
