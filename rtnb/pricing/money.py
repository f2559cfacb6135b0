"""Amounts of US dollars: exact inside, readable outside."""

from __future__ import annotations

from decimal import Context, Decimal

__all__ = ["EXACT", "format_usd"]

EXACT = Context(prec=60)
"""Arithmetic in which tokens times prices come out to the last digit, whatever the caller's own context is."""


def format_usd(amount: float | Decimal) -> str:
    """An amount as people read it: cents from one dollar up, four decimals below, two digits when tiny.

    Examples
    --------
    >>> format_usd(1234.5), format_usd(0.0083), format_usd(0.0000321), format_usd(0)
    ('$1,234.50', '$0.0083', '$0.000032', '$0.00')
    """
    value = amount if isinstance(amount, Decimal) else Decimal(repr(float(amount)))
    sign, size = ("-" if value < 0 else ""), abs(value)
    if not size.is_finite():
        return f"{sign}$?"
    if size == 0:
        return "$0.00"
    if round(size, 4) >= 1:
        return f"{sign}${size:,.2f}"
    if size >= Decimal("0.00095"):
        return f"{sign}${size:.4f}"
    return f"{sign}${size:.{1 - size.adjusted()}f}"
