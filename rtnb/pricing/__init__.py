"""Prices with dates, what a conversation cost by them, and what it would cost. Pure.

::

    prices                                               what was spent
      rates.json      the rows, dated, with sources        ledger.py          a session as its bill sees it
      rows.py         one row                              billing.py         usage object -> Cost
      rates.py, spans.py  which row holds, or why not      cost.py, money.py  lines, exact; formatted
      own.py, own_csv.py, book.py                          entries.py         one response, priced
                      rows of your own in their place      misses.py          ... and why it was not cached
      table.py        price list, history                  meter.py           sessions, response by response
      landscape.py    the field around, and prices in      export.py          the vendor's usage export
                      print: landscape.json, printed.json  differences.py, reconciliation.py
                                                                              ... against recordings
    what would be spent
      assumptions.py, projection.py   a talk that has not happened
      calibration.py                  ... as recorded ones went
      talktime.py                     the "70 % talk time" table
      choice.py, policy.py            models and context policies worth comparing
      recorded.py, replay.py, whatif.py
                                      recorded talks at other prices, under other policies
      budget.py                       the next response, at least and at most

What looks ahead is loaded when it is first used; a function that is named like its module (``book``, ``table``,
``landscape``, ``meter``) is loaded at once, for the module would take its name otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rtnb._lazy import lazy_names
from rtnb.pricing.billing import cost, transcription_cost
from rtnb.pricing.book import as_book, book
from rtnb.pricing.cost import Cost, CostLine
from rtnb.pricing.landscape import (
    Figure,
    Landscape,
    ModelHistory,
    PrintedTable,
    Product,
    landscape,
    model_history,
    printed_tables,
)
from rtnb.pricing.ledger import Exchange, HasLedger, Ledger, Transcribed, ledger_of
from rtnb.pricing.meter import CacheMiss, Entry, Meter, TurnCost, meter
from rtnb.pricing.money import format_usd
from rtnb.pricing.rates import RateBook, at, models, rate_book, why_unpriced
from rtnb.pricing.rows import Price, Rates
from rtnb.pricing.table import PriceHistory, PriceTable, history, table

if TYPE_CHECKING:
    from rtnb.pricing.assumptions import MISSING_MANUAL, Assumptions
    from rtnb.pricing.budget import NextResponse, next_response
    from rtnb.pricing.calibration import Calibration, calibrate
    from rtnb.pricing.policy import Policy, policies
    from rtnb.pricing.projection import CurvePoint, Projection, project
    from rtnb.pricing.reconciliation import Reconciled, Reconciliation, reconcile
    from rtnb.pricing.talktime import TalkTimeRow, TalkTimeTable, talk_time_table
    from rtnb.pricing.whatif import Variant, WhatIf, cheapest, reprice, what_if

_HOMES = {
    "MISSING_MANUAL": "assumptions",
    "Assumptions": "assumptions",
    "Calibration": "calibration",
    "CurvePoint": "projection",
    "NextResponse": "budget",
    "Policy": "policy",
    "Projection": "projection",
    "Reconciled": "reconciliation",
    "Reconciliation": "reconciliation",
    "TalkTimeRow": "talktime",
    "TalkTimeTable": "talktime",
    "Variant": "whatif",
    "WhatIf": "whatif",
    "calibrate": "calibration",
    "cheapest": "whatif",
    "next_response": "budget",
    "policies": "policy",
    "project": "projection",
    "reconcile": "reconciliation",
    "reprice": "whatif",
    "talk_time_table": "talktime",
    "what_if": "whatif",
}

__all__ = [
    "MISSING_MANUAL",
    "Assumptions",
    "CacheMiss",
    "Calibration",
    "Cost",
    "CostLine",
    "CurvePoint",
    "Entry",
    "Exchange",
    "Figure",
    "HasLedger",
    "Landscape",
    "Ledger",
    "Meter",
    "ModelHistory",
    "NextResponse",
    "Policy",
    "Price",
    "PriceHistory",
    "PriceTable",
    "PrintedTable",
    "Product",
    "Projection",
    "RateBook",
    "Rates",
    "Reconciled",
    "Reconciliation",
    "TalkTimeRow",
    "TalkTimeTable",
    "Transcribed",
    "TurnCost",
    "Variant",
    "WhatIf",
    "as_book",
    "at",
    "book",
    "calibrate",
    "cheapest",
    "cost",
    "format_usd",
    "history",
    "landscape",
    "ledger_of",
    "meter",
    "model_history",
    "models",
    "next_response",
    "policies",
    "printed_tables",
    "project",
    "rate_book",
    "reconcile",
    "reprice",
    "table",
    "talk_time_table",
    "transcription_cost",
    "what_if",
    "why_unpriced",
]

_later, _ = lazy_names(__name__, _HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has: {', '.join(__all__)}")
    return _later(name)


def __dir__() -> list[str]:
    return sorted(__all__)
