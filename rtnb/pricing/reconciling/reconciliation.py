"""Reconciliation: what recordings say was used against what the vendor's usage export says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from rtnb._display import Drawable
from rtnb.pricing.bills.ledger import Source, ledgers_of
from rtnb.pricing.prices.book import as_book
from rtnb.pricing.prices.own import OwnPrices
from rtnb.pricing.prices.rates import RateBook
from rtnb.pricing.reconciling.differences import (
    Key,
    Side,
    agree,
    difference_usd,
    exported_foreign,
    exported_sides,
    only_local,
    recorded_sides,
)
from rtnb.pricing.reconciling.explanations import explain
from rtnb.pricing.reconciling.export import read_export
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
    difference_usd : decimal.Decimal or None
        Exported less recorded: as the export states it, and otherwise its tokens at the prices of the table. None
        where either has no price.

    Examples
    --------
    >>> usage, usd = TokenUsage(output_text=100), Decimal("0.0016")
    >>> Reconciled(date(2026, 1, 31), "gpt-realtime", "agrees", 1, 1, usage, usage, usd, usd).why
    ()
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
    difference_usd: Decimal | None = None
    unstated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, repr=False)
class Reconciliation(Drawable):
    """Recordings against an export, by day and model.

    Examples
    --------
    >>> usage, usd = TokenUsage(output_text=100), Decimal("0.0016")
    >>> row = Reconciled(date(2026, 1, 31), "gpt-realtime", "agrees", 1, 1, usage, usage, usd, usd)
    >>> found = Reconciliation((row,))
    >>> found
    Reconciliation(1 of 1 days and models agree)
    >>> found.records()[0]["status"]
    'agrees'
    """

    rows: tuple[Reconciled, ...]
    notes: tuple[str, ...] = ()

    def records(self) -> list[dict[str, Any]]:
        """A flat mapping a day and model, for tables, CSV and JSON."""
        return [_record(row) for row in self.rows]

    def to_frame(self) -> object:
        """A pandas DataFrame, a row a day and model."""
        import pandas as pd

        return pd.DataFrame(self.records(), columns=list(_COLUMNS))

    def __repr__(self) -> str:
        agree = sum(row.status == "agrees" for row in self.rows)
        return f"Reconciliation({agree:,} of {len(self.rows):,} days and models agree)"


def reconcile(
    *sources: Source | Iterable[Source],
    export: str | Path | Sequence[str | Path],
    prices: RateBook | OwnPrices | None = None,
) -> Reconciliation:
    """Compare recordings with an exported usage CSV.

    Parameters
    ----------
    *sources : Source, or iterable of Source
        Sessions, recordings, usage reports, ledgers, or lists of them.
    export : str or Path, or a sequence of them
        Usage or costs as the vendor exports them: see :func:`rtnb.pricing.reconciling.export.read_export`. Usage
        tells tokens and requests, costs tell USD; both may be given.
    prices : RateBook, path, mapping or list of mapping, optional
        Whose prices, or rows of your own as :func:`rtnb.pricing.book` takes them; the default book if not given.

    Returns
    -------
    Reconciliation
        A row for every UTC day and model of either side, oldest first. A name without a date and the snapshot that it
        stands for are one model.

    Raises
    ------
    ConfigError
        A file cannot be read as an export, or a source has no ledger.

    Examples
    --------
    >>> import tempfile
    >>> from rtnb.pricing.bills.ledger import Exchange, Ledger
    >>> usage = TokenUsage(input_text=119, cached_text=64, output_text=30)
    >>> one = Exchange(response_id="r", turn=0, at_s=3.0, on=date(2026, 1, 31), model="gpt-realtime", usage=usage)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "usage.csv")
    ...     _ = path.write_text(
    ...         "start_time_iso,model,num_model_requests,input_tokens,output_tokens,input_cached_tokens\\n"
    ...         "2026-01-31T00:00:00+00:00,gpt-realtime-2025-08-28,1,119,30,64\\n"
    ...     )
    ...     found = reconcile(Ledger(exchanges=(one,)), export=path)
    >>> found
    Reconciliation(1 of 1 days and models agree)
    """
    book = as_book(prices)
    paths = [export] if isinstance(export, str | Path) else list(export)
    exports = [read_export(path) for path in paths]
    exported, foreign = exported_sides(exports, book), exported_foreign(exports, book)
    recorded, remote, apart = recorded_sides(ledgers_of(sources), exported, book)
    notes = dict.fromkeys((*(note for each in exports for note in each.notes), *apart))
    days = [day for each in exports for day in (each.first_day, each.last_day) if day is not None]
    span = (min(days), max(days)) if days else None
    rows = []
    for key in sorted({*recorded, *exported}):
        here, there = recorded.get(key), exported.get(key)
        usd = difference_usd(key, here, there, book)
        if here is not None and there is not None and agree(here, there):
            rows.append(_row(key, "agrees", here, there, (_LOCAL,) if only_local(here) else (), usd))
        elif key in remote and there is not None and agree(remote[key], there):
            left_out = (
                f"Without {here.local if here else 0:,} responses of a server on this machine, which bills nobody."
            )
            usd = difference_usd(key, remote[key], there, book)
            rows.append(_row(key, "agrees", remote[key], there, (left_out,), usd))
        else:
            status = "only in the export" if here is None else "only in the recordings" if there is None else "differs"
            why = explain(key, recorded, exported, span=span, foreign=foreign, usd=usd)
            rows.append(_row(key, status, here, there, why, usd))
    return Reconciliation(tuple(rows), tuple(notes))


_LOCAL = (
    "A server on this machine answered, such as the embedded one, and it bills nobody: the export is of other "
    "responses that count the same."
)


def _row(
    key: Key, status: Any, recorded: Side | None, exported: Side | None, why: tuple[str, ...], usd: Decimal | None
) -> Reconciled:
    here, there = recorded or Side(), exported or Side()
    return Reconciled(
        day=key[0],
        model=key[1],
        status=status,
        recorded_requests=here.requests,
        exported_requests=there.requests,
        recorded=here.usage,
        exported=there.usage,
        recorded_usd=here.usd,
        exported_usd=there.usd,
        why=why,
        difference_usd=usd,
        unstated=there.unstated,
    )


_TOKEN_COUNTS = ("input_tokens", "cached_tokens", "output_tokens")
_COLUMNS = (
    *("day", "model", "status", "recorded_requests", "exported_requests"),
    *(f"{side}_{name}" for name in _TOKEN_COUNTS for side in ("recorded", "exported")),
    *("recorded_usd", "exported_usd", "difference_usd", "why"),
)


def _record(row: Reconciled) -> dict[str, Any]:
    record = dict(zip(_COLUMNS, _values(row), strict=True))
    if "cached" in row.unstated:
        record["exported_cached_tokens"] = None
    return record


def _values(row: Reconciled) -> tuple[Any, ...]:
    return (
        *(row.day.isoformat(), row.model, row.status, row.recorded_requests, row.exported_requests),
        *(None if u is None else getattr(u, n) for n in _TOKEN_COUNTS for u in (row.recorded, row.exported)),
        *(None if usd is None else float(usd) for usd in (row.recorded_usd, row.exported_usd, row.difference_usd)),
        " ".join(row.why),
    )
