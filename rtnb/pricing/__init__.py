"""Prices with dates, what a conversation cost by them, and what it would cost. Pure.

::

    prices/        the rows, dated, with sources (rates.json); which holds, or why none does; rows of your own;
                   the price list of a day and its history
    bills/         usage object -> Cost, exact, line by line; a session as its bill sees it (Ledger); the meter,
                   response by response, with the reason of each cache miss
    ahead/         the next response, at least and at most; a talk that has not happened; recorded talks at other
                   prices and under other context policies
    reconciling/   the vendor's usage export against recordings
    market/        the field around, the models over time, and prices as they stand in print

Names arrive when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtnb._lazy import lazy_names

if TYPE_CHECKING:
    from rtnb.pricing.ahead.assumptions import MISSING_MANUAL as MISSING_MANUAL
    from rtnb.pricing.ahead.assumptions import Assumptions as Assumptions
    from rtnb.pricing.ahead.budget import NextResponse as NextResponse
    from rtnb.pricing.ahead.budget import next_response as next_response
    from rtnb.pricing.ahead.calibration import Calibration as Calibration
    from rtnb.pricing.ahead.calibration import calibrate as calibrate
    from rtnb.pricing.ahead.policy import Policy as Policy
    from rtnb.pricing.ahead.policy import policies as policies
    from rtnb.pricing.ahead.projection import CurvePoint as CurvePoint
    from rtnb.pricing.ahead.projection import Projection as Projection
    from rtnb.pricing.ahead.projection import project as project
    from rtnb.pricing.ahead.talktime import TalkTimeRow as TalkTimeRow
    from rtnb.pricing.ahead.talktime import TalkTimeTable as TalkTimeTable
    from rtnb.pricing.ahead.talktime import talk_time_table as talk_time_table
    from rtnb.pricing.ahead.whatif import Variant as Variant
    from rtnb.pricing.ahead.whatif import WhatIf as WhatIf
    from rtnb.pricing.ahead.whatif import cheapest as cheapest
    from rtnb.pricing.ahead.whatif import reprice as reprice
    from rtnb.pricing.ahead.whatif import what_if as what_if
    from rtnb.pricing.bills.billing import cost as cost
    from rtnb.pricing.bills.billing import transcription_cost as transcription_cost
    from rtnb.pricing.bills.cost import Cost as Cost
    from rtnb.pricing.bills.cost import CostLine as CostLine
    from rtnb.pricing.bills.ledger import Exchange as Exchange
    from rtnb.pricing.bills.ledger import HasLedger as HasLedger
    from rtnb.pricing.bills.ledger import Ledger as Ledger
    from rtnb.pricing.bills.ledger import Transcribed as Transcribed
    from rtnb.pricing.bills.ledger import ledger_of as ledger_of
    from rtnb.pricing.bills.meter import CacheMiss as CacheMiss
    from rtnb.pricing.bills.meter import Entry as Entry
    from rtnb.pricing.bills.meter import Meter as Meter
    from rtnb.pricing.bills.meter import TurnCost as TurnCost
    from rtnb.pricing.bills.meter import meter as meter
    from rtnb.pricing.bills.money import format_usd as format_usd
    from rtnb.pricing.market.landscape import Figure as Figure
    from rtnb.pricing.market.landscape import Landscape as Landscape
    from rtnb.pricing.market.landscape import ModelHistory as ModelHistory
    from rtnb.pricing.market.landscape import PrintedTable as PrintedTable
    from rtnb.pricing.market.landscape import Product as Product
    from rtnb.pricing.market.landscape import landscape as landscape
    from rtnb.pricing.market.landscape import model_history as model_history
    from rtnb.pricing.market.landscape import printed_tables as printed_tables
    from rtnb.pricing.prices.book import as_book as as_book
    from rtnb.pricing.prices.book import book as book
    from rtnb.pricing.prices.rates import RateBook as RateBook
    from rtnb.pricing.prices.rates import at as at
    from rtnb.pricing.prices.rates import models as models
    from rtnb.pricing.prices.rates import rate_book as rate_book
    from rtnb.pricing.prices.rates import why_unpriced as why_unpriced
    from rtnb.pricing.prices.rows import Price as Price
    from rtnb.pricing.prices.rows import Rates as Rates
    from rtnb.pricing.prices.table import PriceHistory as PriceHistory
    from rtnb.pricing.prices.table import PriceTable as PriceTable
    from rtnb.pricing.prices.table import history as history
    from rtnb.pricing.prices.table import table as table
    from rtnb.pricing.reconciling.reconciliation import Reconciled as Reconciled
    from rtnb.pricing.reconciling.reconciliation import Reconciliation as Reconciliation
    from rtnb.pricing.reconciling.reconciliation import reconcile as reconcile

_HOMES = {
    "MISSING_MANUAL": "ahead.assumptions",
    "Assumptions": "ahead.assumptions",
    "CacheMiss": "bills.meter",
    "Calibration": "ahead.calibration",
    "Cost": "bills.cost",
    "CostLine": "bills.cost",
    "CurvePoint": "ahead.projection",
    "Entry": "bills.meter",
    "Exchange": "bills.ledger",
    "Figure": "market.landscape",
    "HasLedger": "bills.ledger",
    "Landscape": "market.landscape",
    "Ledger": "bills.ledger",
    "Meter": "bills.meter",
    "ModelHistory": "market.landscape",
    "NextResponse": "ahead.budget",
    "Policy": "ahead.policy",
    "Price": "prices.rows",
    "PriceHistory": "prices.table",
    "PriceTable": "prices.table",
    "PrintedTable": "market.landscape",
    "Product": "market.landscape",
    "Projection": "ahead.projection",
    "RateBook": "prices.rates",
    "Rates": "prices.rows",
    "Reconciled": "reconciling.reconciliation",
    "Reconciliation": "reconciling.reconciliation",
    "TalkTimeRow": "ahead.talktime",
    "TalkTimeTable": "ahead.talktime",
    "Transcribed": "bills.ledger",
    "TurnCost": "bills.meter",
    "Variant": "ahead.whatif",
    "WhatIf": "ahead.whatif",
    "as_book": "prices.book",
    "at": "prices.rates",
    "book": "prices.book",
    "calibrate": "ahead.calibration",
    "cheapest": "ahead.whatif",
    "cost": "bills.billing",
    "format_usd": "bills.money",
    "history": "prices.table",
    "landscape": "market.landscape",
    "ledger_of": "bills.ledger",
    "meter": "bills.meter",
    "model_history": "market.landscape",
    "models": "prices.rates",
    "next_response": "ahead.budget",
    "policies": "ahead.policy",
    "printed_tables": "market.landscape",
    "project": "ahead.projection",
    "rate_book": "prices.rates",
    "reconcile": "reconciling.reconciliation",
    "reprice": "ahead.whatif",
    "table": "prices.table",
    "talk_time_table": "ahead.talktime",
    "transcription_cost": "bills.billing",
    "what_if": "ahead.whatif",
    "why_unpriced": "prices.rates",
}

__all__ = list(_HOMES)
# Type checkers read the imports above, and tell of names that are not there.
if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
