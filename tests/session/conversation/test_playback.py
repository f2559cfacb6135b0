from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.session.conversation.playback import VirtualPlayer

ITEMS = ["a", "b", "c"]
FEEDS = st.lists(
    st.tuples(st.sampled_from(ITEMS), st.floats(0.01, 2), st.floats(0, 2)).map(
        lambda feed: {"item_id": feed[0], "duration_s": feed[1], "wait_s": feed[2]}
    ),
    max_size=12,
)


def positions(player: VirtualPlayer, now_s: float) -> dict[str, float]:
    return {item: player.position_s(item, now_s=now_s) for item in ITEMS}


def play(feeds: list[dict[str, Any]], *, watched: bool = False) -> tuple[VirtualPlayer, float]:
    player, now_s = VirtualPlayer(), 100.0
    for feed in feeds:
        player.feed(feed["item_id"], feed["duration_s"], now_s=now_s)
        if watched:
            positions(player, now_s + feed["wait_s"] / 3)
            player.playing(now_s=now_s + feed["wait_s"] / 2)
        now_s += feed["wait_s"]
    return player, now_s


@given(FEEDS)
def test_what_arrived_is_heard_or_waits(feeds: list[dict[str, Any]]) -> None:
    player, now_s = play(feeds)
    heard = positions(player, now_s)
    fed = sum(feed["duration_s"] for feed in feeds)
    assert sum(heard.values()) + player.remaining_s(now_s=now_s) == pytest.approx(fed)
    for item in ITEMS:
        assert -1e-9 <= heard[item] <= sum(f["duration_s"] for f in feeds if f["item_id"] == item) + 1e-9
    assert sum(heard.values()) <= now_s - 100.0 + 1e-6, "faster than real time"


@given(FEEDS)
def test_watching_changes_nothing(feeds: list[dict[str, Any]]) -> None:
    player, now_s = play(feeds)
    watched, _ = play(feeds, watched=True)
    assert positions(watched, now_s) == pytest.approx(positions(player, now_s))
    assert {item: watched.start_s(item) for item in ITEMS} == pytest.approx(
        {item: player.start_s(item) for item in ITEMS}
    )


@given(FEEDS, st.floats(0, 5))
def test_in_the_end_everything_was_heard(feeds: list[dict[str, Any]], early_s: float) -> None:
    player, now_s = play(feeds)
    positions(player, now_s + early_s)
    assert player.remaining_s(now_s=now_s + 1000) == 0
    assert player.playing(now_s=now_s + 1000) is None
    for item in ITEMS:
        fed = sum(feed["duration_s"] for feed in feeds if feed["item_id"] == item)
        assert player.position_s(item, now_s=now_s + 1000) == pytest.approx(fed)


@given(FEEDS, st.floats(0, 3))
def test_after_a_cut_nothing_sounds_and_what_still_arrives_is_dropped(
    feeds: list[dict[str, Any]], later_s: float
) -> None:
    player, now_s = play(feeds)
    before = positions(player, now_s)
    sounding = player.playing(now_s=now_s)
    cut = player.stop(now_s=now_s)
    assert (None if cut is None else cut[0]) == sounding
    if cut is not None:
        assert cut[1] == pytest.approx(before[cut[0]])
        player.feed(cut[0], 1.0, now_s=now_s)
    assert player.playing(now_s=now_s + later_s) is None
    assert player.remaining_s(now_s=now_s + later_s) == 0
    assert positions(player, now_s + later_s) == pytest.approx(before)
    assert player.stop(now_s=now_s + later_s) is None


def test_a_question_about_the_past_does_not_turn_the_clock_back() -> None:
    player = VirtualPlayer()
    player.feed("a", 10.0, now_s=0.0)
    assert player.position_s("a", now_s=2.0) == 2.0
    player.position_s("a", now_s=1.0)
    assert player.position_s("a", now_s=3.0) == 3.0


def test_where_audio_runs_out_the_player_waits() -> None:
    player = VirtualPlayer()
    player.feed("a", 1.0, now_s=0.0)
    player.feed("a", 1.0, now_s=5.0)
    assert player.position_s("a", now_s=5.5) == 1.5
    assert player.start_s("a") == 0.0
    assert player.stop(now_s=5.5) == ("a", 1.5)


def test_items_sound_one_after_another() -> None:
    player = VirtualPlayer()
    player.feed("a", 1.0, now_s=0.0)
    player.feed("b", 1.0, now_s=0.1)
    assert player.playing(now_s=0.9) == "a"
    assert player.start_s("b") is None
    assert player.playing(now_s=1.5) == "b"
    assert player.start_s("b") == 1.0
    assert player.position_s("b", now_s=1.5) == 0.5
    assert player.position_s("a", now_s=1.5) == 1.0


def test_what_waited_when_it_was_cut_was_not_heard_at_all() -> None:
    player = VirtualPlayer()
    player.feed("a", 1.0, now_s=0.0)
    player.feed("b", 1.0, now_s=0.0)
    assert player.stop(now_s=0.5) == ("a", 0.5)
    player.feed("b", 1.0, now_s=0.6)
    assert player.playing(now_s=0.7) is None
    assert player.position_s("b", now_s=9.0) == 0.0


def test_another_item_sounds_after_a_cut() -> None:
    player = VirtualPlayer()
    player.feed("a", 1.0, now_s=0.0)
    player.stop(now_s=0.5)
    player.feed("b", 1.0, now_s=2.0)
    assert player.playing(now_s=2.5) == "b"


def test_a_new_request_starts_with_a_silent_player() -> None:
    player = VirtualPlayer()
    player.feed("a", 5.0, now_s=0.0)
    player.feed("b", 3.0, now_s=0.0)
    player.skip(now_s=1.0)
    assert player.playing(now_s=1.0) is None
    assert positions(player, 1.0) == {"a": 5.0, "b": 3.0, "c": 0.0}
    assert player.start_s("b") == 1.0
    player.feed("c", 1.0, now_s=1.0)
    assert player.playing(now_s=1.5) == "c"


def test_nothing_sounds_before_anything_came() -> None:
    player = VirtualPlayer()
    assert player.stop(now_s=1.0) is None
    assert player.playing(now_s=1.0) is None
    assert player.position_s("a", now_s=1.0) == 0.0
    assert player.start_s("a") is None
    player.skip(now_s=1.0)


def test_a_real_player_that_reports_the_end_is_silent() -> None:
    player = VirtualPlayer()
    player.attach(now_s=0.0)
    player.feed("a", 1.0, now_s=0.0)
    player.feed("b", 0.5, now_s=0.0)
    player.report("a", 0.4, now_s=5.0)
    assert player.playing(now_s=9.0) == "a" and player.position_s("a", now_s=9.0) == 0.4
    player.report("b", 0.1, now_s=9.5)
    assert player.playing(now_s=9.5) == "b" and player.position_s("a", now_s=9.5) == 1.0
    player.report("b", 0.4995, now_s=10.0)
    assert player.playing(now_s=10.0) is None
    player.feed("b", 0.5, now_s=10.1)
    assert player.playing(now_s=10.2) == "b"
    player.detach(now_s=11.0)
    assert player.position_s("b", now_s=11.2) == pytest.approx(0.7, abs=0.01)
