"""Frames that come as threads please."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtnb.widgets.order import PATIENCE, FrameOrder


@given(st.permutations(range(PATIENCE)))
def test_near_order_is_made_order(numbers: list[int]) -> None:
    order = FrameOrder()
    found = [data for seq in numbers for data in order.take(seq, bytes([seq]))]
    assert found == [bytes([seq]) for seq in range(PATIENCE)]
    assert order.lost == order.late == 0 and order.done == PATIENCE - 1


@given(st.lists(st.integers(0, 40), max_size=120))
def test_whatever_comes_nothing_is_told_twice_or_backwards(numbers: list[int]) -> None:
    order = FrameOrder()
    found = [data for seq in numbers for data in order.take(seq, bytes([seq]))]
    found += order.skip(41)
    assert found == sorted(set(found))
    assert len(found) + order.lost == 41 and order.done == 40
    assert order.late == len(numbers) - len(found)


def test_what_is_lost_holds_up_no_more_than_half_a_second() -> None:
    order = FrameOrder()
    assert order.take(0, b"0") == [b"0"]
    for seq in range(2, 2 + PATIENCE):
        assert order.take(seq, b"x") == []
    assert len(order.take(2 + PATIENCE, b"x")) == PATIENCE + 1
    assert (order.lost, order.late) == (1, 0)
    assert order.take(1, b"1") == [] and order.late == 1
