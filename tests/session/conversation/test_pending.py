from __future__ import annotations

import pytest

from rtnb.session.conversation.pending import EMPTY_COMMIT, Pending
from rtnb.session.conversation.state import TurnState


def claimed(pending: Pending, event_id: str = "event_r") -> TurnState:
    turn = TurnState(0)
    pending.claim(turn, event_id)
    return turn


def test_a_request_takes_what_was_sent_before_it_once() -> None:
    pending = Pending()
    pending.add("item_a", "event_a")
    pending.add("item_b", "event_b")
    pending.add("item_a", "event_c")
    assert claimed(pending).user_items == ["item_a", "item_b"]
    assert claimed(pending).user_items == []


def test_a_request_keeps_what_it_has() -> None:
    pending, turn = Pending(), TurnState(0, user_items=["item_s"])
    pending.add("item_a")
    pending.claim(turn)
    assert turn.user_items == ["item_s", "item_a"]


def test_commits_are_answered_in_order_each_to_its_own_request() -> None:
    pending = Pending()
    pending.add_commit("event_1", 100)
    pending.add_commit("event_2", 200)
    first = claimed(pending)
    pending.add_commit("event_3", 300)
    assert pending.commits_for(first)
    second = claimed(pending)
    found = [pending.next_commit() for _ in range(3)]
    assert [(c.end_bytes, c.turn) for c in found if c] == [(100, first), (200, first), (300, second)]
    assert pending.next_commit() is None
    assert not pending.commits_for(first)


def test_a_commit_may_be_answered_before_there_is_a_request() -> None:
    pending = Pending()
    pending.add_commit("event_1", 100)
    commit = pending.next_commit()
    assert commit is not None and commit.turn is None
    assert not pending.commits_for(claimed(pending))


def test_items_without_an_id_get_theirs_in_order() -> None:
    pending = Pending()
    pending.add_nameless("event_1")
    turn = claimed(pending)
    pending.add_nameless("event_2")
    found = [pending.next_nameless() for _ in range(2)]
    assert [(one.event_id, one.turn) for one in found if one] == [("event_1", turn), ("event_2", None)]
    assert pending.next_nameless() is None


@pytest.mark.parametrize("event_id", ["event_item", "event_commit", "event_nameless", "event_r"])
def test_whatever_is_refused_ends_its_request(event_id: str) -> None:
    pending = Pending()
    pending.add("item_a", "event_item")
    pending.add_commit("event_commit", 100)
    pending.add_nameless("event_nameless")
    turn = claimed(pending)
    assert pending.refuse(event_id, "invalid_value") is turn
    assert (pending.next_commit() is None) == (event_id == "event_commit")
    assert (pending.next_nameless() is None) == (event_id == "event_nameless")


@pytest.mark.parametrize("event_id", ["event_item", "event_commit", "event_nameless"])
def test_what_is_refused_before_the_request_is_no_part_of_it(event_id: str) -> None:
    pending = Pending()
    pending.add("item_a", "event_item")
    pending.add_commit("event_commit", 100)
    pending.add_nameless("event_nameless")
    assert pending.refuse(event_id, None) is None
    turn = claimed(pending)
    assert turn.user_items == ([] if event_id == "event_item" else ["item_a"])
    assert pending.commits_for(turn) == (event_id != "event_commit")


def test_an_error_that_names_nothing_refuses_a_commit_only_if_it_can_mean_nothing_else() -> None:
    pending = Pending()
    pending.add_commit("", 100)
    pending.add_nameless("")
    pending.add("item_a")
    turn = claimed(pending, "")
    assert pending.refuse("", "invalid_value") is None
    assert pending.refuse("", EMPTY_COMMIT) is turn
    assert pending.next_commit() is None
    assert pending.next_nameless() is not None
    assert pending.refuse("", EMPTY_COMMIT) is None


def test_an_error_about_something_unknown_ends_nothing() -> None:
    pending = Pending()
    pending.add("item_a", "event_item")
    assert pending.refuse("event_other", "invalid_value") is None
    assert claimed(pending).user_items == ["item_a"]
