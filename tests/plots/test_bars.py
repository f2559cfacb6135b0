"""Bills side by side."""

from __future__ import annotations

import pytest
from support.bills import (
    make_meter,
)

from rtnb.plots.bars import Bar, bars_height, draw_bars
from rtnb.plots.canvas import WIDTH, Canvas
from rtnb.pricing.bills.meter import Meter


def test_bars_are_as_long_as_their_bills() -> None:
    meter = make_meter()
    bars = [Bar(f"{k}", {part: usd * k for part, usd in _parts(meter).items()}, f"${k}") for k in (1, 2, 4)]
    canvas = Canvas(bars_height(bars, WIDTH) + 10)
    draw_bars(canvas, canvas.height - 4, bars)
    ends = [box.x0 - 8 for box in canvas.boxes if box.x0 > 60]
    start = 2 * ends[0] - ends[1]
    assert ends[2] - start == pytest.approx(4 * (ends[0] - start))


def _parts(meter: Meter) -> dict:  # type: ignore[type-arg]
    from rtnb.plots.parts import parts_of

    return parts_of(meter.cost)
