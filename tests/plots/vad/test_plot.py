from __future__ import annotations

import math

from rtnb.plots.canvas import Canvas
from rtnb.plots.palette import MUTED, VAD_MARK
from rtnb.plots.vad.plot import Plot


def make(x: tuple[float, float] = (0.0, 10.0), y: tuple[float, float] = (0.0, 1.0)) -> Plot:
    return Plot(Canvas(200, 400), 60, 380, 40, 160, x, y)


def test_values_are_kept_within_and_a_span_of_nothing_is_opened() -> None:
    plot = make()
    assert plot.at((5.0, 0.5)) == (220.0, 100.0)
    assert plot.at((99.0, -3.0)) == (380.0, 40.0)
    assert make((3.0, 3.0), (0.0, 0.0)).at((3.0, 0.0)) == (60.0, 40.0)


def test_names_never_meet_and_the_last_finds_no_room() -> None:
    plot = make()
    plot.point((5.0, 0.5), VAD_MARK)
    placed = [plot.name((5.0, 0.5), f"the name of {i}", MUTED) for i in range(40)]
    assert placed[0]
    assert not placed[-1]
    boxes = plot.canvas.boxes
    assert len(boxes) == sum(placed)
    assert not any(one.meets(other, gap=0) for i, one in enumerate(boxes) for other in boxes[:i])


def test_curves_leave_out_what_is_no_number_and_steps_go_across_first() -> None:
    plot = make()
    plot.curve([(0.0, 1.0), (math.nan, 0.5), (10.0, 0.0)], VAD_MARK, steps=True)
    assert plot.canvas.strokes == [((60.0, 160.0), (380.0, 160.0)), ((380.0, 160.0), (380.0, 40.0))]
    plot.curve([(1.0, math.inf)], VAD_MARK)
    assert len(plot.canvas.strokes) == 2
    plot.curve([], VAD_MARK, steps=True)


def test_ticks_of_the_axes_do_not_touch() -> None:
    plot = make((0.0, 123_456.0))
    plot.axes("x", "y", lambda value: f"{value:,.0f} ms and more", lambda value: f"{value:g}", title="A title " * 9)
    boxes = plot.canvas.boxes
    assert not any(one.meets(other, gap=0) for i, one in enumerate(boxes) for other in boxes[:i])


def test_names_keep_clear_of_faint_points_where_they_can() -> None:
    plot = make()
    plot.cloud([(5.0 + i / 10, 0.5 + k / 20) for i in range(1, 30) for k in (0, 1, 2)], MUTED)
    assert plot.name((5.0, 0.5), "a name", MUTED)
    (box,) = plot.canvas.boxes
    assert not any(box.meets(other, gap=0) for other in plot.crowd)
    full = make()
    full.cloud([(i / 10, k / 20) for i in range(101) for k in range(21)], MUTED, radius=6.0)
    assert full.name((5.0, 0.5), "a name", MUTED)
