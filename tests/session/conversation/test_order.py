"""The order of items."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtnb.session.conversation.order import ItemOrder

IDS = st.sampled_from("abcdef")


@given(st.lists(st.tuples(IDS, st.one_of(st.none(), st.just("root"), IDS))))
def test_every_item_stands_once_and_behind_the_one_it_was_put_behind(steps: list[tuple[str, str | None]]) -> None:
    order = ItemOrder()
    for item_id, previous in steps:
        before = list(order)
        order.add(item_id, previous)
        after = list(order)
        assert sorted(set(after)) == sorted(after)
        if item_id in before:
            assert after == before
        elif previous in before:  # an item behind itself is behind nothing
            assert after[after.index(previous) + 1] == item_id
        else:
            assert after[0 if previous == "root" else -1] == item_id


@given(st.lists(IDS), st.lists(IDS))
def test_what_leaves_is_gone_and_may_come_again(added: list[str], removed: list[str]) -> None:
    order = ItemOrder()
    for item_id in added:
        order.add(item_id, None)
    for item_id in removed:
        order.remove(item_id)
        assert item_id not in order
    assert set(order) == set(added) - set(removed) and len(order) == len(list(order))
    order.clear()
    assert not len(order)
