from __future__ import annotations

import pytest
from support.bills import DAY, MODEL, make_meter

from rtnb.plots.canvas import Canvas
from rtnb.plots.layout import Box
from rtnb.plots.part_key import draw_key, key_rows
from rtnb.plots.parts import PARTS, parts_of
from rtnb.pricing import cost
from rtnb.tokens import TokenUsage

ALL = TokenUsage(input_text=900, input_audio=2000, input_image=800, cached_text=64, cached_audio=1024,
                 output_text=50, output_audio=400)  # fmt: skip


@pytest.mark.parametrize("width", [200.0, 400.0, 872.0])
def test_the_key_names_every_part_once_and_fits(width: float) -> None:
    totals = parts_of(cost(ALL, MODEL, DAY)) | parts_of(make_meter().cost)
    names = [name for row in key_rows(totals, width, size=12) for _, _, name, _ in row]
    assert names == [part.name for part in PARTS if part in totals]
    canvas = Canvas(200)
    draw_key(canvas, 14, 180, totals, width, size=12, row=19)
    assert all(box.x1 <= 14 + width for box in canvas.boxes)
    met = [one for i, one in enumerate(canvas.boxes) for other in canvas.boxes[:i] if one.meets(other, gap=0)]
    assert met == []


def test_a_part_without_a_sum_is_named_alone() -> None:
    totals = dict.fromkeys(parts_of(cost(ALL, MODEL, DAY)))
    assert {amount for row in key_rows(totals, 800, size=12) for *_, amount in row} == {""}
    canvas = Canvas(60)
    draw_key(canvas, 0, 40, totals, 800, size=12, row=19)
    assert isinstance(canvas.boxes[0], Box)
    assert len(canvas.boxes) == len(totals)
