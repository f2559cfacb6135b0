"""Everything about money in plain text: what a terminal, a log or a screen reader gets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtnb.plots.grid import safe, wrap
from rtnb.plots.money.print_sheets import landscape_text, printed_sheet
from rtnb.plots.money.reconciliation_sheets import narrow_reconciliation_sheet
from rtnb.plots.money.sheets import (
    assumptions_sheet,
    calibration_sheet,
    misses_sheet,
    narrow_prices_sheet,
    rates_sheet,
    responses_sheet,
    sessions_sheet,
    talktime_sheet,
    whatif_sheet,
)
from rtnb.plots.money.words import (
    CONFIDENCE,
    calibration_facts,
    meter_bill,
    meter_facts,
    meter_span,
    next_facts,
    projection_facts,
    projection_head,
    rates_facts,
    reconciliation_facts,
    sure_words,
    whatif_facts,
)
from rtnb.plots.sheet import Sheet, sheet_text
from rtnb.plots.text import WIDTH
from rtnb.plots.words import Fact, bill_lines, clipped
from rtnb.pricing import Cost, Rates
from rtnb.pricing.ahead.budget import NextResponse
from rtnb.pricing.ahead.calibration import Calibration
from rtnb.pricing.ahead.projection import Projection
from rtnb.pricing.ahead.talktime import TalkTimeTable
from rtnb.pricing.ahead.whatif import WhatIf
from rtnb.pricing.bills.meter import Meter
from rtnb.pricing.market.landscape import Landscape, ModelHistory, PrintedTable
from rtnb.pricing.prices.table import PriceHistory, PriceTable
from rtnb.pricing.reconciling.reconciliation import Reconciliation

__all__ = [
    "calibration_text",
    "grid_text",
    "history_text",
    "meter_text",
    "next_text",
    "price_table_text",
    "printed_text",
    "projection_text",
    "rates_text",
    "reconciliation_text",
    "talktime_text",
    "whatif_text",
]

LIMIT = 600


class _Laid(str):
    """Lines that are laid out already."""

    __slots__ = ()


def _lines(*parts: str | Iterable[str], width: int) -> str:
    """Paragraphs, wrapped; what is laid out already stays as it is."""
    lines: list[str] = []
    for part in parts:
        if isinstance(part, _Laid):
            lines += part.split("\n") if part else []
            continue
        for note in [part] if isinstance(part, str) else part:
            lines += wrap(safe(clipped(note, LIMIT)), width) if note else []
    return "\n".join(lines)


def _said(facts: Sequence[Fact]) -> str:
    return " · ".join(safe(str(fact)) for fact in facts)


def _table(sheet: Sheet, width: int) -> _Laid:
    return _Laid(sheet_text(sheet, width=width) if sheet.rows else "")


def _bill(cost: Cost, width: int) -> _Laid:
    found = [f"  {part}" for line in bill_lines(cost) for part in wrap(safe(clipped(line, LIMIT)), width - 2)]
    return _Laid("\n".join(found))


def meter_text(meter: Meter, *, width: int = WIDTH) -> str:
    """What sessions cost, with every response.

    Examples
    --------
    >>> print(meter_text(Meter((), ())))
    Nothing was used.
    """
    if not meter.entries:
        return _lines("Nothing was used.", meter.notes, width=width)
    several = len(meter.sessions) > 1
    return _lines(
        f"{_said(meter_bill(meter))} · {meter_span(meter)}",
        _said(meter_facts(meter)),
        _table(sessions_sheet(meter), width) if several else "",
        _table(responses_sheet(meter), width),
        _table(misses_sheet(meter), width),
        "Line by line:" if meter.cost.lines else "",
        _bill(meter.cost, width),
        meter.notes,
        width=width,
    )


def rates_text(rates: Rates, *, width: int = WIDTH) -> str:
    """One row of the price table with its sources."""
    return _lines(
        f"{rates.model} ({rates.kind.replace('_', ' ')}) · {_said(rates_facts(rates))}",
        _table(rates_sheet(rates), width),
        [rates.note] if rates.note else [],
        [f"Source: {source}" for source in rates.source],
        sure_words(rates),
        width=width,
    )


def price_table_text(table: PriceTable, *, width: int = WIDTH) -> str:
    """The price list."""
    return _lines(table.title, _prices(table.rows, width), table.notes, width=width)


def _prices(rows: Sequence[Rates], width: int) -> str:
    if not rows:
        return "no prices"
    letters = dict.fromkeys(sorted({row.confidence for row in rows}))
    legend = "; ".join(CONFIDENCE.get(letter, letter) for letter in letters)
    return _table(narrow_prices_sheet(rows, caption=f"{legend}."), width)


def history_text(history: PriceHistory, *, width: int = WIDTH) -> str:
    """Prices over time, a line a change."""
    rows = [row for row in history.rows if row.valid_from <= history.until]
    return _lines(f"{history.title}, until {history.until}", _prices(rows, width), width=width)


def projection_text(projection: Projection, *, width: int = WIDTH) -> str:
    """What a conversation would cost, and what was assumed."""
    return _lines(
        projection_head(projection),
        _said(projection_facts(projection)),
        _bill(projection.cost, width),
        _table(assumptions_sheet(projection.assumptions), width),
        projection.notes,
        width=width,
    )


def calibration_text(calibration: Calibration, *, width: int = WIDTH) -> str:
    """Projected against recorded."""
    return _lines(
        f"Projection fitted to what was recorded: {projection_head(calibration.projected)}",
        _said(calibration_facts(calibration)),
        _table(calibration_sheet(calibration), width),
        _table(assumptions_sheet(calibration.assumptions), width),
        calibration.notes,
        width=width,
    )


def whatif_text(what: WhatIf, *, width: int = WIDTH) -> str:
    """The same talk on other models and under other policies."""
    table = _table(whatif_sheet(what), width) if what.variants else "No variants to compare with."
    return _lines(_said(whatif_facts(what)), table, what.notes, width=width)


def next_text(bounds: NextResponse, *, width: int = WIDTH) -> str:
    """What the next response costs at least and at most."""
    parts: list[str | Iterable[str]] = [f"The next response: {_said(next_facts(bounds))}"]
    for name, cost in (("At least", bounds.at_least), ("At most", bounds.at_most)):
        if cost.lines:
            parts += [f"{name}:", _bill(cost, width)]
    return _lines(*parts, bounds.notes, width=width)


def reconciliation_text(found: Reconciliation, *, width: int = WIDTH) -> str:
    """Recordings against a usage export, by day and model."""
    table = _table(narrow_reconciliation_sheet(found), width) or "Nothing to compare."
    head = "Recordings against the usage export"
    facts = _said(reconciliation_facts(found))
    return _lines(f"{head}: {facts}" if facts else head, table, found.notes, width=width)


def grid_text(grid: Landscape | ModelHistory, *, width: int = WIDTH) -> str:
    """Products or models, a paragraph each."""
    title = "The models of the Realtime API" if isinstance(grid, ModelHistory) else "Voice products side by side"
    return f"{title}, checked {grid.checked}\n{landscape_text(grid, width=width)}".rstrip()


def printed_text(table: PrintedTable, *, width: int = WIDTH) -> str:
    """A price table as a document printed it, and when it was true."""
    printed = f", printed {table.printed_on}" if table.printed_on else ""
    head = f"{table.title}. {table.document}{printed}. True: {table.when}."
    return _lines(head, _table(printed_sheet(table), width), table.notes, width=width)


def talktime_text(table: TalkTimeTable, *, width: int = WIDTH) -> str:
    """The table of talk time that circulates in print, beside the same talk at other prices."""
    return _lines("What a talk costs by its length", _table(talktime_sheet(table), width), table.notes, width=width)
