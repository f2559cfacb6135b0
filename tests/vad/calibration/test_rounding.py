"""Simple numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.vad.calibration.rounding import simplest


@given(st.floats(-1000, 1000), st.floats(1e-6, 100), st.none() | st.floats(-10, 10))
def test_it_is_within(low: float, width: float, liked: float | None) -> None:
    found = simplest(low, low + width, liked=liked)
    assert low <= found <= low + width
    if liked is not None and low <= liked <= low + width:
        assert found == liked


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.61, 0.63, 0.62), (0.4, 0.6, 0.5), (0.3, 1.0, 0.6), (96, 127.9, 100), (-3, 3, 0), (130, 130, 130), (31, 39, 35)],
)
def test_few_digits_next_to_the_middle(low: float, high: float, expected: float) -> None:
    found = simplest(low, high)
    assert low <= found <= high
    assert len(f"{found:g}".replace(".", "").strip("0")) <= len(f"{expected:g}".replace(".", "").strip("0"))
