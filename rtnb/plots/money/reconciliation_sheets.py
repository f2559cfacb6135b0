"""The tables of recordings against a usage export: one for cards, one for terminals."""

from __future__ import annotations

from decimal import Decimal

from rtnb.plots.money.sheets import broken_name, used_columns
from rtnb.plots.money.words import difference
from rtnb.plots.sheet import Cell, Head, Sheet
from rtnb.pricing import format_usd
from rtnb.pricing.reconciling.reconciliation import Reconciled, Reconciliation
from rtnb.tokens import TokenUsage

__all__ = ["narrow_reconciliation_sheet", "reconciliation_sheet"]


def reconciliation_sheet(found: Reconciliation) -> Sheet:
    """Recorded and exported, by day and model, with the difference explained."""
    heads = (
        Head("day"), Head("model", words=True, least="7em"),
        Head("recorded", "requests"), Head("exported", "requests"),
        Head("recorded", "tokens"), Head("exported", "tokens"),
        Head("recorded", "USD"), Head("exported", "USD"),
        Head("", words=True, least="15em"),
    )  # fmt: skip
    rows: list[tuple[str | Cell, ...]] = []
    for row in found.rows:
        rows.append((
            str(row.day), row.model, _count(row.recorded_requests), _count(row.exported_requests),
            _tokens(row.recorded), _tokens(row.exported),
            _usd(row.recorded_usd, row.recorded), _usd(row.exported_usd, None),
            Cell(_told(row), " ".join(row.why), strong=row.status != "agrees"),
        ))  # fmt: skip
    kept = used_columns(rows, always=(0, 1, 8)) if rows else list(range(len(heads)))
    return Sheet(tuple(heads[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows))


def _told(row: Reconciled) -> str:
    """The status, with what the export has more or less."""
    if row.exported_usd is None or row.recorded_usd is None or row.exported_usd == row.recorded_usd:
        return row.status
    return f"{row.status}, exported {difference(row.exported_usd, row.recorded_usd)}"


def narrow_reconciliation_sheet(found: Reconciliation) -> Sheet:
    """The same for terminals: what was recorded above what was exported."""
    heads = (
        Head("day, model", words=True), Head("", words=True), Head("requests"), Head("tokens"), Head("USD"),
        Head("", words=True),
    )  # fmt: skip
    rows = []
    for row in found.rows:
        pairs = (
            (_count(row.recorded_requests), _count(row.exported_requests)),
            (_tokens(row.recorded), _tokens(row.exported)),
            (_usd(row.recorded_usd, row.recorded), _usd(row.exported_usd, None)),
        )
        cells = ("\n".join(one or "–" for one in pair) for pair in pairs)
        rows.append((
            f"{row.day}\n{broken_name(row.model)}", "recorded\nexported", *cells, "\n".join([_told(row), *row.why])
        ))  # fmt: skip
    return Sheet(heads, tuple(rows))


def _tokens(usage: TokenUsage | None) -> str:
    return "" if usage is None else f"{usage.total_tokens:,}"


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _usd(value: Decimal | None, used: TokenUsage | None) -> str:
    if value is None:
        return "" if used is None else "unpriced"
    return format_usd(value)
