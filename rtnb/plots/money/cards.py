"""Cards of everything about money: what a notebook cell shows of a meter, a price list, a projection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtnb.plots.canvas import WIDTH, Picture
from rtnb.plots.cards import bill, facts_html
from rtnb.plots.html import Child, Html, css, tag
from rtnb.plots.money.meter_chart import meter_picture
from rtnb.plots.money.price_chart import history_picture
from rtnb.plots.money.print_sheets import corrections, landscape_sheets, printed_sheet, sources
from rtnb.plots.money.projection_chart import calibration_picture, projection_picture
from rtnb.plots.money.reconciliation_sheets import reconciliation_sheet
from rtnb.plots.money.sheets import (
    assumptions_sheet,
    calibration_sheet,
    misses_sheet,
    prices_sheet,
    rates_sheet,
    responses_sheet,
    sessions_sheet,
    talktime_sheet,
    whatif_sheet,
)
from rtnb.plots.money.variant_chart import next_picture, whatif_picture
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
from rtnb.plots.palette import MUTED
from rtnb.plots.render import svg_data_uri
from rtnb.plots.sheet import Sheet, sheet_html
from rtnb.plots.style import BREAK, CARD, CHIPS, NOTE, PADDING, PILL, ROW, ink_css
from rtnb.plots.tables import cost_table
from rtnb.plots.words import Fact, clipped
from rtnb.pricing import Rates
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
    "calibration_card",
    "history_card",
    "landscape_card",
    "meter_card",
    "next_card",
    "picture_html",
    "price_table_card",
    "printed_card",
    "projection_card",
    "rates_card",
    "reconciliation_card",
    "talktime_card",
    "whatif_card",
]

LIMIT = 600
"""Characters of a note that are shown."""


def picture_html(picture: Picture, *, background: bool = True) -> Html | None:
    """A picture that follows the theme, with its description as alternative text; its words where it is empty."""
    if picture.empty:
        return _row(_muted(picture.alt))
    style = css(display="block", width="100%", max_width="none", height="auto", margin="4px 0 0")
    source = svg_data_uri(picture.figure, background=background)
    return tag("img", src=source, alt=picture.alt, width=round(WIDTH), style=style)


def _card(label: str, *children: Child) -> Html:
    return tag("section", *children, aria_label=clipped(label, 120), style=CARD)


def _row(*children: Child) -> Html:
    placed = [(" ", tag("span", child, style=NOTE)) for child in children if child is not None]
    return tag("div", placed, style=ROW)


def _muted(words: str) -> Html:
    return tag("span", words, style=ink_css(MUTED))


def _heading(title: str, *notes: str) -> Html:
    return _row(tag("b", clipped(title, LIMIT), style=BREAK), *(_muted(note) for note in notes if note))


def _facts(facts: Sequence[Fact]) -> Html | None:
    return _row(*facts_html(facts)) if facts else None


def _chips(facts: Sequence[Fact]) -> Html | None:
    style = css(margin="0", padding="0", display="block")
    return tag("ul", *(tag("li", fact, style=style) for fact in facts_html(facts)), style=CHIPS) if facts else None


def _notes(notes: Iterable[str]) -> list[Html]:
    return [tag("div", clipped(note, LIMIT), style=css(ink_css(MUTED), BREAK, padding=f"3px {PADDING}"))
            for note in notes]  # fmt: skip


def _sheet(sheet: Sheet, *, full: bool = False, folded: str = "") -> Html | None:
    return sheet_html(sheet, full=full, folded=folded) if sheet.rows else None


def _folded(summary: str, *children: Child) -> Html:
    return tag("details", tag("summary", summary, style=css(padding=f"4px {PADDING}")), *children)


def meter_card(meter: Meter, *, background: bool = True) -> Html:
    """What a session cost: the picture, what the cache and interruptions did, the bill, every response."""
    if not meter.entries:
        return _card("Meter", _row(_muted("nothing was used")), _notes(meter.notes))
    return _card(
        "Meter",
        _row(*facts_html(meter_bill(meter)), _muted(meter_span(meter))),
        picture_html(meter_picture(meter), background=background),
        _chips(meter_facts(meter)),
        _sheet(misses_sheet(meter)),
        _sheet(sessions_sheet(meter)) if len(meter.sessions) > 1 else None,
        cost_table(meter.cost) if meter.cost.lines else None,
        _sheet(responses_sheet(meter), full=True, folded=f"every response ({len(meter.entries):,})"),
        _notes(meter.notes),
    )


def rates_card(rates: Rates) -> Html:
    """One row of the price table with its sources."""
    pill = tag("span", rates.kind.replace("_", " "), style=css(PILL, ink_css(MUTED)))
    return _card(
        f"Prices of {rates.model}",
        _row(tag("b", clipped(rates.model, LIMIT), style=BREAK), pill, *facts_html(rates_facts(rates))),
        _sheet(rates_sheet(rates)),
        _notes([rates.note] if rates.note else []),
        _notes([f"Source: {source}" for source in rates.source]),
        _notes([sure_words(rates)]),
    )


def price_table_card(table: PriceTable) -> Html:
    """The price list."""
    return _card(
        table.title,
        _heading(table.title),
        _sheet(prices_sheet(table.rows, caption=_legend(table.rows), on=table.on)) or _row(_muted("no prices")),
        _notes(table.notes),
    )


def _legend(rows: Sequence[Rates]) -> str:
    letters = dict.fromkeys(sorted({row.confidence for row in rows}))
    return "; ".join(CONFIDENCE.get(letter, letter) for letter in letters)


def history_card(history: PriceHistory, *, background: bool = True) -> Html:
    """Prices over time: the picture, and its rows."""
    rows = [row for row in history.rows if row.valid_from <= history.until]
    notes = dict.fromkeys(f"{row.model}: {row.note}" for row in rows if row.note)
    return _card(
        history.title,
        _heading(history.title, f"until {history.until}"),
        picture_html(history_picture(history), background=background),
        _sheet(prices_sheet(rows, caption=_legend(rows), on=history.until)),
        _folded("what is known of these prices", _notes(notes)) if notes else None,
    )


def projection_card(projection: Projection, *, background: bool = True) -> Html:
    """What a conversation would cost: the curve, the bill, what was assumed."""
    label = projection_head(projection)
    return _card(
        f"Projection: {label}",
        _heading(label),
        _facts(projection_facts(projection)),
        picture_html(projection_picture(projection), background=background),
        cost_table(projection.cost) if projection.cost.lines else None,
        _sheet(assumptions_sheet(projection.assumptions), folded="what was assumed"),
        _notes(projection.notes),
    )


def calibration_card(calibration: Calibration, *, background: bool = True) -> Html:
    """Projected against recorded, and the assumptions that were fitted."""
    return _card(
        "Calibration",
        _heading("Projection fitted to what was recorded", projection_head(calibration.projected)),
        _facts(calibration_facts(calibration)),
        picture_html(calibration_picture(calibration), background=background),
        _sheet(calibration_sheet(calibration)),
        _sheet(assumptions_sheet(calibration.assumptions)),
        _notes(calibration.notes),
    )


def whatif_card(what: WhatIf, *, background: bool = True) -> Html:
    """The same talk on other models and under other policies."""
    return _card(
        "What if",
        _facts(whatif_facts(what)),
        picture_html(whatif_picture(what), background=background) if what.variants else None,
        _sheet(whatif_sheet(what), full=True) if what.variants else _row(_muted("no variants to compare with")),
        _notes(what.notes),
    )


def next_card(bounds: NextResponse, *, background: bool = True) -> Html:
    """What the next response costs at least and at most."""
    return _card(
        "The next response",
        _heading("The next response"),
        _facts(next_facts(bounds)),
        picture_html(next_picture(bounds), background=background),
        _folded("at most, line by line", *bill(bounds.at_most)) if bounds.at_most.lines else None,
        _folded("at least, line by line", *bill(bounds.at_least)) if bounds.at_least.lines else None,
        _notes(bounds.notes),
    )


def reconciliation_card(found: Reconciliation) -> Html:
    """Recordings against a usage export, by day and model."""
    return _card(
        "Reconciliation",
        _heading("Recordings against the usage export"),
        _facts(reconciliation_facts(found)),
        _sheet(reconciliation_sheet(found), full=True) or _row(_muted("nothing to compare")),
        _notes(found.notes),
    )


def landscape_card(grid: Landscape | ModelHistory) -> Html:
    """Products or models side by side; what a document had wrong is numbered and explained below."""
    title = "The models of the Realtime API" if isinstance(grid, ModelHistory) else "Voice products side by side"
    marks, known = list(corrections(grid).values()), sources(grid)
    return _card(
        title,
        _heading(title, f"checked {grid.checked}"),
        [_sheet(sheet) for sheet in landscape_sheets(grid)] or _row(_muted("nothing to show")),
        _folded(f"what documents had wrong ({len(marks)})", _notes(map(str, marks))) if marks else None,
        _folded(f"sources ({len(known)})", _notes(known)) if known else None,
    )


def printed_card(table: PrintedTable) -> Html:
    """A price table as a document printed it, and when it was true."""
    return _card(
        table.title,
        _heading(table.title, table.document),
        _facts([_true(table)]),
        _sheet(printed_sheet(table)),
        _notes(table.notes),
    )


def _true(table: PrintedTable) -> Fact:
    printed = f", printed {table.printed_on}" if table.printed_on else ""
    return Fact(("true: ", table.when, printed))


def talktime_card(table: TalkTimeTable) -> Html:
    """The table of talk time that circulates in print, beside the same talk at other prices."""
    title = "What a talk costs by its length"
    return _card(title, _heading(title), _sheet(talktime_sheet(table), full=True), _notes(table.notes))
