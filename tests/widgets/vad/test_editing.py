"""Labels under a finger."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtnb.errors import LabelsError
from rtnb.vad import Labels
from rtnb.widgets.vad.editing import Editing


def spans(editing: Editing) -> list[tuple[float, float]]:
    return [(each.start_s, each.end_s) for each in editing.labels.segments]


def test_add_move_remove_and_back() -> None:
    editing = Editing(Labels.of([(1.0, 2.0), (5.0, 6.0)]), 10.0)
    assert editing.add(3.0, 4.0) == 1
    assert editing.move(1, 7.0, 8.0) == 2
    editing.remove(0)
    assert spans(editing) == [(5.0, 6.0), (7.0, 8.0)]
    while editing.undo():
        pass
    assert spans(editing) == [(1.0, 2.0), (5.0, 6.0)] and not editing.can_undo
    while editing.redo():
        pass
    assert spans(editing) == [(5.0, 6.0), (7.0, 8.0)]


def test_a_change_after_undo_forgets_what_was_undone() -> None:
    editing = Editing(Labels(()), 10.0)
    editing.add(1, 2)
    editing.undo()
    editing.add(3, 4)
    assert not editing.redo() and spans(editing) == [(3.0, 4.0)]


def test_a_label_keeps_its_speaker_when_it_moves() -> None:
    editing = Editing(Labels.of([(1.0, 2.0, "Ann")]), 10.0)
    editing.move(0, 4.0, 5.0)
    assert editing.labels.segments[0].speaker == "Ann"


def test_what_is_drawn_beyond_the_clip_is_cut_there() -> None:
    editing = Editing(Labels(()), 10.0)
    editing.add(-1.0, 0.5)
    editing.add(9.5, 12.0)
    assert spans(editing) == [(0.0, 0.5), (9.5, 10.0)]


@pytest.mark.parametrize(
    "values", [(2.0, 1.0), (3.0, 3.0), (11.0, 12.0), (float("nan"), 1.0), ("a", "b"), (None, 1.0), (0.0, float("inf"))]
)
def test_labels_that_cannot_be(values: tuple[object, object]) -> None:
    editing = Editing(Labels.of([(1.0, 2.0)]), 10.0)
    with pytest.raises(LabelsError):
        editing.add(*values)
    with pytest.raises(LabelsError):
        editing.move(0, *values)
    assert spans(editing) == [(1.0, 2.0)] and not editing.can_undo


@pytest.mark.parametrize("index", [-1, 1, 99, True, "0", None, 0.0])
def test_labels_that_are_not_there(index: object) -> None:
    editing = Editing(Labels.of([(1.0, 2.0)]), 10.0)
    with pytest.raises(LabelsError, match="no label"):
        editing.remove(index)


def test_labels_of_another_recording() -> None:
    with pytest.raises(LabelsError, match="another recording"):
        Editing(Labels.of([(20.0, 22.0)]), 10.0)


_times = st.floats(-2.0, 12.0, allow_nan=False)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), _times, _times),
        st.tuples(st.just("move"), st.integers(-1, 6), _times, _times),
        st.tuples(st.just("remove"), st.integers(-1, 6)),
        st.tuples(st.just("undo")),
        st.tuples(st.just("redo")),
    ),
    max_size=40,
)


@given(_steps)
@settings(deadline=None)
def test_whatever_is_done_can_be_undone_and_stays_within_the_clip(steps: list[tuple[object, ...]]) -> None:
    start = Labels.of([(1.0, 2.0, "Ann"), (4.0, 6.0, "Bob")])
    editing = Editing(start, 10.0)
    for name, *values in steps:
        with contextlib.suppress(LabelsError):
            getattr(editing, str(name))(*values)
        assert all(0 <= each.start_s < each.end_s <= 10.0 for each in editing.labels.segments)
        assert list(editing.labels.segments) == sorted(editing.labels.segments)
    last = editing.labels
    count = 0
    while editing.undo():
        count += 1
    assert editing.labels == start
    for _ in range(count):
        assert editing.redo()
    # Whatever had been undone before comes after that, so it is looked for, not compared.
    assert editing.can_redo or editing.labels == last
