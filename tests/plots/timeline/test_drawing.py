from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rtnb.plots.canvas import WIDTH, Canvas
from rtnb.plots.palette import USER
from rtnb.plots.timeline.drawing import GUTTER, draw_clock, draw_sound, time_scale, within


def test_only_what_is_shown_has_pixels() -> None:
    x = time_scale(10.0, 20.0)
    assert within(x, 0.0, 9.0) is None
    assert within(x, 21.0, 22.0) is None
    assert within(x, 0.0, 30.0) == (GUTTER, WIDTH - 14)
    start, end = within(x, 15.0, 15.0) or (0.0, 0.0)
    assert end - start == 1.5


@pytest.mark.parametrize("span_s", [(0, 0.004), (10, 10.0011), (3, 3.2), (0, 3600), (-1.0, 9.0)])
def test_every_zoom_has_a_clock(span_s: tuple[float, float]) -> None:
    canvas = Canvas(40)
    draw_clock(canvas, time_scale(*span_s), 20)
    assert len(canvas.boxes) >= 2
    assert all(box.x0 >= 0 and box.x1 <= WIDTH for box in canvas.boxes)


def test_sound_that_was_not_heard_is_faded_unless_something_else_was() -> None:
    def levels(start_s: float, end_s: float, columns: int) -> NDArray[np.float32]:
        return np.full(columns, 0.5, dtype=np.float32)

    canvas = Canvas(60)
    draw_sound(canvas, time_scale(0, 10), 10, 40, levels, USER, unheard=[(2, 8)], heard=[(6, 7)])
    faded, full = sorted(canvas.figure.axes[0].patches, key=lambda patch: patch.get_alpha())
    counts = [len(patch.get_path().vertices) // 2 for patch in (faded, full)]
    assert counts[0] + counts[1] == int((WIDTH - 14 - GUTTER) / 2)
    assert counts[0] == pytest.approx(0.5 * sum(counts), abs=2)
