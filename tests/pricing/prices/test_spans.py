from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rtnb.pricing import RateBook
from rtnb.pricing.prices.spans import Alias, end_of, holding, outside, overlap

ROW = RateBook.of_package().rows("gpt-realtime-2.1")[0]
DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in range(12)]
SPANS = st.tuples(st.sampled_from(DAYS), st.one_of(st.none(), st.sampled_from(DAYS))).filter(
    lambda span: span[1] is None or span[0] <= span[1]
)


@given(SPANS, SPANS)
def test_what_is_left_of_a_span_and_the_other_share_no_day_and_lose_none(
    old: tuple[date, date | None], new: tuple[date, date | None]
) -> None:
    row, other = (replace(ROW, valid_from=first, valid_to=last) for first, last in (old, new))
    left = outside(row, other)
    for day in [*DAYS, date(2030, 1, 1)]:
        assert sum(piece.holds(day) for piece in left) == (row.holds(day) and not other.holds(day))
    assert not any(overlap(piece, other) for piece in left)
    assert (
        overlap(row, other)
        == overlap(other, row)
        == any(row.holds(day) and other.holds(day) for day in [*DAYS, date(2030, 1, 1)])
    )


def test_an_alias_holds_on_its_days() -> None:
    old = Alias("a", "a-1", DAYS[0], DAYS[3], "why")
    new = Alias("a", None, DAYS[4], None, "why")
    assert [holding([old, new], day) for day in (DAYS[3], DAYS[4])] == [old, new]
    assert holding([old], DAYS[4]) is None
    assert (end_of(old), end_of(new), end_of(replace(ROW, shutdown=DAYS[2]))) == (DAYS[3], None, DAYS[2])
