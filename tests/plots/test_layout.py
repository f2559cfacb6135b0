from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rtnb.plots.layout import GAP, Box, Frame, number_labels, rows_of_labels, text_width, ticks
from rtnb.plots.scene import Mark

LEFT, RIGHT = 98.0, 886.0
LABELS = ("speech started", "speech stopped", "interrupted")


@given(places=st.lists(st.floats(LEFT, RIGHT), min_size=1, max_size=3))
@example([125.0, 190.0, 190.0])
def test_labels_meet_neither_each_other_nor_the_border_nor_foreign_lines(places: list[float]) -> None:
    marks = list(zip(sorted(places), LABELS, strict=False))
    labels = rows_of_labels(marks, left=LEFT, right=RIGHT, size=11)
    assert sorted(label.text for label in labels) == sorted(text for _, text in marks)
    for label in labels:
        assert LEFT <= label.x0 < label.x1 <= RIGHT
        for other in labels:
            if other is label:
                continue
            if other.row == label.row:
                assert label.x1 + GAP < other.x0 or other.x1 + GAP < label.x0
            # A line reaches up to the row of its own label.
            if other.row >= label.row:
                assert not label.x0 < other.at < label.x1


def test_labels_stay_in_one_row_where_there_is_room() -> None:
    labels = rows_of_labels([(150, LABELS[0]), (400, LABELS[1]), (600, LABELS[2])], left=LEFT, right=RIGHT, size=11)
    assert [label.row for label in labels] == [0, 0, 0]
    assert all(label.x0 == label.at + GAP for label in labels)


def test_a_label_at_the_right_border_turns_to_the_left() -> None:
    (label,) = rows_of_labels([(RIGHT - 5, LABELS[1])], left=LEFT, right=RIGHT, size=11)
    assert label.x1 == pytest.approx(RIGHT - 5 - GAP)


@given(places=st.lists(st.floats(LEFT, RIGHT), max_size=60))
def test_numbers_never_touch(places: list[float]) -> None:
    marks = [Mark(0.0, str(i)) for i in range(len(places))]
    shown = number_labels(marks, places, right=RIGHT, size=11)
    assert bool(shown) == bool(places)
    for one, next_one in pairwise(shown):
        assert one.x1 + GAP <= next_one.x0
    assert all(label.x1 <= RIGHT + 1e-9 for label in shown)


@given(start=st.floats(0, 4000), length=st.floats(0.02, 20000), width=st.floats(300, 900))
def test_ticks_are_round_inside_and_apart(start: float, length: float, width: float) -> None:
    found = ticks(start, start + length, width, size=11)
    scale = width / length
    rounding = length * 1e-5
    assert all(start - rounding <= at <= start + length + rounding for at, _ in found)
    for (at, text), (after, following) in pairwise(found):
        half = (text_width(text, 11) + text_width(following, 11)) / 2
        assert (after - at) * scale > half + 10


@pytest.mark.parametrize(
    ("start", "end", "labels"),
    [
        (0, 9, ["0 s", "1 s", "2 s"]),
        (0, 0.5, ["0.00 s", "0.05 s", "0.10 s"]),
        (0, 30, ["0 s", "5 s", "10 s"]),
        (0, 1800, ["0 min", "5 min", "10 min"]),
        (-0.4, 9, ["0 s", "1 s", "2 s"]),
    ],
)
def test_ticks_read_well(start: float, end: float, labels: list[str]) -> None:
    assert [text for _, text in ticks(start, end, 788, size=11)][:3] == labels


def test_no_time_before_the_beginning() -> None:
    assert all(at >= 0 for at, _ in ticks(-20, 20, 788, size=11))


def test_widths_grow_with_the_words() -> None:
    assert text_width("speech", 11) < text_width("speech stopped", 11) < text_width("speech stopped", 11, bold=True)
    assert text_width("$1 \\alpha $", 11) > text_width("$1", 11)


def test_frames_map_time_to_pixels() -> None:
    frame = Frame(1.0, 3.0, 100.0, 300.0, 10.0, 10.0)
    assert (frame.x(1), frame.x(2), frame.px_per_s) == (100, 200, 100)


def test_boxes_that_touch_meet() -> None:
    assert Box(0, 0, 10, 10).meets(Box(12, 0, 20, 10))
    assert not Box(0, 0, 10, 10).meets(Box(12, 0, 20, 10), gap=1)
    assert not Box(0, 0, 10, 10).meets(Box(0, 20, 10, 30))
