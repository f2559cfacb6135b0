from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.patches import PathPatch

from rtnb.audio import Clip
from rtnb.plots.canvas import Canvas
from rtnb.plots.palette import PALE_USER
from rtnb.plots.vad.lanes import (
    Clock,
    Numbers,
    Probability,
    Sound,
    Strip,
    clock_scale,
    draw_lanes,
    height_of,
    shade,
)  # fmt: skip
from rtnb.plots.vad.mistake_lane import mistake_lane
from rtnb.vad import DetectedTurn, Mistake, Track

TURNS = (DetectedTurn(0.5, 1.5, 200, 2000), DetectedTurn(2.4, 2.6, 2000, 3100), DetectedTurn(9.0, 9.5, 8700, 30_000))


def words(canvas: Canvas) -> list[str]:
    return [text.get_text() for text in canvas.figure.axes[0].texts]


def test_lanes_stand_below_each_other_and_numbers_over_their_turns() -> None:
    canvas = Canvas(300)
    track = Track(np.linspace(0, 1, 312).astype("float32"), 0.032, "silero")
    lanes = [Numbers(TURNS), Sound(Clip.silence(10.0), TURNS), Strip("labels", [(1, 2)], PALE_USER),
             Probability(track, 0.5, 0.49), Clock()]  # fmt: skip
    foot = draw_lanes(canvas, clock_scale(0, 10, canvas.width), 290, lanes)
    assert foot == 290 - height_of(lanes)
    said = words(canvas)
    assert {"1", "2", "3", "silent", "labels", "0.50", "0.49", "0 s"} <= set(said)
    boxes = canvas.boxes
    assert not any(one.meets(other, gap=0) for i, one in enumerate(boxes) for other in boxes[:i])


def test_shading_stays_within_the_clock() -> None:
    canvas = Canvas(100)
    x = clock_scale(1.0, 5.0, canvas.width)
    shade(canvas, x, TURNS, 10, 90)
    drawn = [child for child in canvas.figure.axes[0].get_children() if isinstance(child, PathPatch)]
    assert len(drawn) == 4
    places = np.concatenate([patch.get_path().vertices for patch in drawn])
    assert places[:, 0].min() >= x.start
    assert places[:, 0].max() <= x.end + 1


@given(st.lists(st.tuples(st.floats(-5, 40), st.floats(0, 20)), max_size=40), st.text(max_size=20))
def test_names_of_mistakes_never_meet(spans: list[tuple[float, float]], detail: str) -> None:
    canvas = Canvas(200)
    x = clock_scale(0.0, 30.0, canvas.width)
    lane = mistake_lane([Mistake("cut_off", "a", at, at + long, detail, 0) for at, long in spans], x)
    lane.draw(canvas, x, 190)
    boxes = canvas.boxes
    assert not any(one.meets(other, gap=0) for i, one in enumerate(boxes) for other in boxes[:i])
    assert all(box.x0 >= 0 and box.x1 <= canvas.width for box in boxes)
    assert bool(lane.height) == bool(lane.bars) == bool(words(canvas))


def test_bars_that_touch_are_still_told_apart() -> None:
    canvas = Canvas(40)
    x = clock_scale(0.0, 10.0, canvas.width)
    Strip("heard", [(0.0, 2.0), (2.0, 4.0), (5.0, 6.0)], PALE_USER).draw(canvas, x, 30)
    drawn = [child for child in canvas.figure.axes[0].get_children() if isinstance(child, PathPatch)]
    edges = np.unique(np.round(np.concatenate([child.get_path().vertices for child in drawn])[:, 0], 3))
    assert edges.tolist() == np.round([x(0), x(2) - 1.5, x(2), x(4), x(5), x(6)], 3).tolist()
