"""Prices with dates, and what a conversation cost by them. Pure.

::

    rates.json  dated rows with their sources        billing.py  usage object -> Cost
    rates.py    which row holds, or why none does    cost.py     Cost, line by line, exact; money.py formats it
"""

from rtnb.pricing.billing import cost, transcription_cost
from rtnb.pricing.cost import Cost, CostLine
from rtnb.pricing.money import format_usd
from rtnb.pricing.rates import Price, RateBook, Rates, at, models, why_unpriced

__all__ = [
    "Cost",
    "CostLine",
    "Price",
    "RateBook",
    "Rates",
    "at",
    "cost",
    "format_usd",
    "models",
    "transcription_cost",
    "why_unpriced",
]
