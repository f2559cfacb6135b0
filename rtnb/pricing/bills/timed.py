"""Models that are charged for the time that a session is open, whatever is said in it."""

from __future__ import annotations

from decimal import Decimal

from rtnb.pricing.bills.cost import CostLine
from rtnb.pricing.prices.rows import Rates

__all__ = ["is_timed", "session_line", "why_timed"]


def is_timed(rates: Rates | None) -> bool:
    """Whether a model is charged by the second of session.

    Examples
    --------
    >>> from rtnb.pricing.prices.rates import at
    >>> is_timed(at("gpt-live-1", "2026-11-21")), is_timed(at("gpt-realtime", "2026-11-21"))
    (True, False)
    """
    return rates is not None and rates.unit == "usd_per_session_second"


def session_line(rates: Rates, seconds: float | None) -> CostLine:
    """What so many seconds of session cost; unpriced where it is not known how many they were.

    Examples
    --------
    >>> from rtnb.pricing.prices.rates import at
    >>> print(session_line(at("gpt-live-1", "2026-11-21"), 60))
    session: 60 s at $0.05 / min = $0.0500
    """
    price = rates.prices[0].input
    known = seconds is not None and seconds > 0
    why = "" if price is not None else f"{rates.model!r} has no price for it"
    return CostLine(
        label="session",
        modality=rates.prices[0].modality,
        kind="input",
        model=rates.model,
        quantity=Decimal(repr(round(float(seconds or 0), 6))) if known else Decimal(0),
        unit="seconds",
        unit_price=price if known else None,
        per=rates.per,
        why=why if known else "nothing says how long the session was open",
    )


def why_timed(model: str) -> str:
    """What is to be known of such a price, in a sentence.

    Examples
    --------
    >>> why_timed("gpt-live-1")[:49]
    "'gpt-live-1' is charged by the second of session,"
    """
    return f"{model!r} is charged by the second of session, silence included; what works behind it is charged apart."
