"""What holds for every picture of money."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from support.bills import (
    DAY,
    HOSTILE,
    MODEL,
    joined,
    make_calibration,
    make_meter,
    make_next,
    make_policies,
    make_projection,
    make_whatif,
    rates_of,
)

from rtnb.plots.canvas import WIDTH, Picture, Place
from rtnb.plots.layout import Box
from rtnb.plots.money.meter_chart import meter_picture
from rtnb.plots.money.price_chart import history_picture
from rtnb.plots.money.projection_chart import (
    calibration_picture,
    projection_picture,
)
from rtnb.plots.money.variant_chart import next_picture, whatif_picture
from rtnb.plots.render import PNG_CAP_BYTES, png, svg
from rtnb.pricing import Rates
from rtnb.pricing.bills.meter import Meter
from rtnb.pricing.prices.table import PriceHistory, history


def rows_of(*models: str) -> tuple[Rates, ...]:
    return tuple(sorted((rates_of(model) for model in models), key=lambda row: row.valid_from))


def histories() -> list[PriceHistory]:
    return [history(), history("mini"), PriceHistory("One", rows_of("whisper-1"), DAY), history(MODEL, "mini")]


def hostile(meter: Meter) -> Meter:
    entries = tuple(replace(entry, session=HOSTILE * 4) for entry in meter.entries)
    return Meter(entries, (HOSTILE * 4,))


PICTURES: dict[str, Callable[[], Picture]] = {
    "a talk": lambda: meter_picture(make_meter()),
    "one response": lambda: meter_picture(make_meter(1)),
    "300 responses": lambda: meter_picture(make_meter(300, busted=range(20, 300, 30), interrupted=range(9, 300, 25))),
    "three talks": lambda: meter_picture(joined(*(make_meter(20, session=f"talk {i}", seed=i) for i in range(3)))),
    "forty talks": lambda: meter_picture(joined(*(make_meter(3, session=f"talk {i}", seed=i) for i in range(40)))),
    "two hostile names": lambda: meter_picture(joined(hostile(make_meter(5)), make_meter(5))),
    **{f"history {i}": lambda found=found: history_picture(found) for i, found in enumerate(histories())},  # type: ignore[misc]
    "projection": lambda: projection_picture(make_projection()),
    "projection of an hour": lambda: projection_picture(make_projection(60, limit=28_224)),
    "projection of one turn": lambda: projection_picture(
        replace(make_projection(1), curve=make_projection(1).curve[:1], turns=1)
    ),
    "projection far from its bound": lambda: projection_picture(make_projection(high=40)),
    "calibration": lambda: calibration_picture(make_calibration()),
    "models": lambda: whatif_picture(make_whatif()),
    "policies": lambda: whatif_picture(make_policies()),
    "forty policies": lambda: whatif_picture(make_policies(40)),
    "the next response": lambda: next_picture(make_next()),
}


@pytest.mark.parametrize("name", PICTURES)
def test_words_meet_neither_each_other_nor_the_border(name: str) -> None:
    picture = PICTURES[name]()
    height = picture.figure.get_size_inches()[1] * 100
    assert not picture.empty
    for box in picture.boxes:
        assert box.x0 >= 0
        assert box.x1 <= WIDTH
        assert box.y0 >= 0
        assert box.y1 <= height
    boxes = picture.boxes
    assert [(one, other) for i, one in enumerate(boxes) for other in boxes[:i] if one.meets(other, gap=0)] == []


def crosses(box: Box, one: Place, other: Place) -> bool:
    """Whether a straight line enters a box (the clipping of Liang and Barsky)."""
    enter, leave = 0.0, 1.0
    for start, end, low, high in ((one[0], other[0], box.x0, box.x1), (one[1], other[1], box.y0, box.y1)):
        if start == end:
            if not low < start < high:
                return False
            continue
        first, last = sorted(((low - start) / (end - start), (high - start) / (end - start)))
        enter, leave = max(enter, first), min(leave, last)
    return enter < leave


@pytest.mark.parametrize("name", PICTURES)
def test_words_meet_no_line_and_no_mark(name: str) -> None:
    picture = PICTURES[name]()
    # Small letters and capitals; what hangs below the line of writing may come near.
    words = [Box(box.x0, box.y0 + 2.5, box.x1, box.y1 - 2.5) for box in picture.boxes]
    assert [(box, ends) for box in words for ends in picture.strokes if crosses(box, *ends)] == []
    assert [(box, mark) for box in words for mark in picture.marks if box.meets(mark, gap=0)] == []


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_small_and_the_same_every_time(name: str) -> None:
    first, second = PICTURES[name]().figure, PICTURES[name]().figure
    assert len(png(first)) < PNG_CAP_BYTES
    assert png(first) == png(second)
    assert svg(first) == svg(second)


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_told_in_words(name: str) -> None:
    picture = PICTURES[name]()
    assert "$" in picture.alt
    assert picture.alt.endswith((".", "more."))
    assert len(picture.alt) < 4000
