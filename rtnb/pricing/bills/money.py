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
    # copy_abs and comparisons are exact, where abs() and round() follow the caller's context.
    sign, size = ("-" if value.is_signed() and value != 0 else ""), value.copy_abs()
    if not size.is_finite():
        return f"{sign}$?"
    if size == 0:
        return "$0.00"
    if size >= Decimal("0.99995"):
        return f"{sign}${size:,.2f}"
    if size >= Decimal("0.00095"):
        return f"{sign}${size:.4f}"
    return f"{sign}${size:.{1 - size.adjusted()}f}"
