from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.pricing import format_usd


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "$0.00"),
        (0.0, "$0.00"),
        (Decimal("0.00"), "$0.00"),
        (0.0083, "$0.0083"),
        (0.071985, "$0.0720"),
        (0.5, "$0.5000"),
        (0.99994, "$0.9999"),
        (0.99996, "$1.00"),
        (1, "$1.00"),
        (1.005, "$1.00"),
        (12345.678, "$12,345.68"),
        (0.001, "$0.0010"),
        (0.00096, "$0.0010"),
        (0.00094, "$0.00094"),
        (0.0000321, "$0.000032"),
        (Decimal("1e-9"), "$0.0000000010"),
        (-0.0083, "-$0.0083"),
        (-3, "-$3.00"),
        (float("nan"), "$?"),
        (float("-inf"), "-$?"),
    ],
)
def test_formats(amount: float | Decimal, text: str) -> None:
    assert format_usd(amount) == text


@given(st.decimals(min_value=Decimal("1e-12"), max_value=Decimal("1e9"), allow_nan=False))
def test_what_is_not_nothing_never_looks_like_nothing(amount: Decimal) -> None:
    shown = Decimal(format_usd(amount).replace("$", "").replace(",", ""))
    assert abs(shown - amount) <= max(amount * Decimal("0.06"), Decimal(0))
    assert shown > 0


def test_the_callers_decimal_context_changes_nothing() -> None:
    with localcontext(prec=3):
        assert format_usd(Decimal("12345.678")) == "$12,345.68"
