from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rtnb.plots.layout import text_width
from rtnb.plots.timeline.rows import fitted, place_along, place_beside
from rtnb.session.timeline.placing import rows_for

SPANS = st.lists(st.tuples(st.floats(0, 700), st.floats(0, 150)), max_size=12).map(
    lambda pairs: sorted((start, start + long) for start, long in pairs)
)
WORDS = st.sampled_from(["a", "completed", "cancelled · interrupted by speech", "会 words", ""])


@given(SPANS)
def test_spans_of_a_row_do_not_overlap_while_there_are_rows(spans: list[tuple[float, float]]) -> None:
    rows = rows_for(spans, most=len(spans) + 1)
    for row in set(rows):
        mine = [span for span, at in zip(spans, rows, strict=True) if at == row]
        assert all(one[1] <= other[0] for one, other in pairwise(mine))
    assert max(rows_for(spans, most=2), default=0) < 2


@given(SPANS, st.data())
def test_labels_stay_apart_and_within_the_border(spans: list[tuple[float, float]], data: st.DataObject) -> None:
    wanted = [(start, end, data.draw(WORDS)) for start, end in spans]
    placed = place_beside(wanted, right=860, size=11)
    assert all(each.x1 <= 860 for each in placed)
    assert all(one.x1 < other.x0 for one, other in pairwise(placed))
    for each in placed:
        start, end, _ = wanted[each.index]
        later = [other[0] for other in wanted[each.index + 1 :]]
        # Inside its own span, or in front of the next.
        assert (start <= each.x0 and each.x1 <= end) or all(each.x1 <= at for at in later)


@given(SPANS, st.data())
def test_sentences_end_before_the_next_begins(spans: list[tuple[float, float]], data: st.DataObject) -> None:
    wanted = [(start, data.draw(WORDS)) for start, _ in spans]
    placed = place_along(wanted, left=0, right=860, size=11)
    assert all(one.x1 < other.x0 for one, other in pairwise(placed))
    assert all(each.x1 <= 860 for each in placed)


@given(st.text(max_size=60), st.floats(0, 300))
def test_what_is_fitted_fits(words: str, room: float) -> None:
    assert text_width(fitted(words, room, 11), 11) <= room


@given(SPANS, st.data())
def test_a_label_behind_its_span_lies_on_no_other(spans: list[tuple[float, float]], data: st.DataObject) -> None:
    wanted = [(start, end, data.draw(WORDS)) for start, end in spans]
    for each in place_beside(wanted, right=860, size=11, taken=spans):
        start, end = spans[each.index]
        if each.x0 >= end:
            assert not any(other < each.x1 and stop > each.x0 for other, stop in spans if (other, stop) != (start, end))


def test_no_room_is_no_label() -> None:
    # An upload that was late, and the wait that began meanwhile.
    spans = [(100.0, 140.0), (120.0, 300.0)]
    wanted = [(100.0, 140.0, "upload 0.41 s"), (120.0, 300.0, "wait 1.90 s")]
    assert [each.index for each in place_beside(wanted, right=860, size=11, taken=spans)] == [1]
