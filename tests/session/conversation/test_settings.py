"""Connections that follow each other, errors, and whose they are."""

from __future__ import annotations

import pytest
from support.logs import Script, Step, answer, append, got, pcm, request, sent, session, speech_started, user_item

CREATED = got("session.created", session={"id": "sess_2", "type": "realtime", "expires_at": 123.0})
LOST: Step = ("local", {"type": "rtnb.connection.lost", "code": 1006, "reason": ""})


def refused(event_id: str | None, code: str | None) -> Step:
    return got("error", error={"type": "invalid_request_error", "code": code, "message": "No.", "event_id": event_id})


def test_an_error_knows_what_it_is_about_and_how_bad_it_is() -> None:
    script = Script(
        session(),
        sent("response.cancel", event_id="event_c"),
        refused("event_c", "response_cancel_not_active"),
        sent("session.update", event_id="event_u", session={}),
        refused("event_u", "cannot_update_voice"),
        refused(None, None),
    )
    benign, config, unknown = script.talk.errors
    assert (benign.cause, benign.severity) == ("response.cancel", "benign")
    assert (config.cause, config.severity) == ("session.update", "config")
    assert (unknown.cause, unknown.code) == ("", None)


@pytest.mark.parametrize("named", [True, False])
def test_only_a_turn_that_the_client_named_is_asked_again_after_a_lost_race(named: bool) -> None:
    params = {"metadata": {"rtnb_turn": "turn_x"}} if named else {}
    script = Script(session(), sent("response.create", event_id="event_1", response=params))
    script.play(refused("event_1", "conversation_already_has_active_response"))
    (turn,) = script.talk.turns
    assert turn.blocked is named and (turn.failure is None) is named
    assert script.talk.over(turn) is not named and not script.talk.requested()


def test_a_drop_ends_what_was_under_way_and_nothing_else() -> None:
    first = Script(session(), user_item("item_a", "one"), request("turn_1"), answer(1, key="turn_1"))
    first.play(user_item("item_b", "two"), request("turn_2"), answer(2, key="turn_2")[:2])
    first.play(user_item("item_c", "three"), LOST)
    done, cut = first.talk.turns
    assert [first.talk.responses[r].status for r in done.responses] == ["completed"]
    assert [first.talk.responses[r].status for r in cut.responses] == ["failed"]
    assert first.talk.over(cut) and first.talk.active_response() is None
    (connection,) = first.talk.connections
    assert (connection.code, connection.lost_s) == (1006, first.now_s)


def test_a_request_that_had_left_fails_with_the_connection() -> None:
    script = Script(session(), user_item("item_a", "one"), request("turn_1"), LOST)
    assert script.talk.turns[0].failure is not None
    assert script.talk.turns[0].failure["code"] == "connection_lost"


def test_the_next_connection_has_an_empty_conversation_and_the_same_items_come_again() -> None:
    script = Script(session(), user_item("item_a", "one"), request("turn_1"), answer(1, key="turn_1"))
    script.play(got("conversation.item.added", item={"id": "item_a", "type": "message", "role": "user", "content": []}))
    assert "item_a" in script.talk.order
    script.play(CREATED)
    assert not list(script.talk.order) and len(script.talk.connections) == 2
    assert script.talk.connections[-1].expires_at == 123.0
    script.play(user_item("item_a", "one"))
    script.play(got("conversation.item.added", item={"id": "item_a", "type": "message", "role": "user", "content": []}))
    assert list(script.talk.order) == ["item_a"]
    script.play(request("turn_2"))
    assert script.talk.turns[1].user_items == []


def test_speech_on_the_next_connection_counts_from_its_own_first_byte() -> None:
    script = Script(session(), append(pcm(1000)), CREATED, append(pcm(400)), speech_started("item_s", 100))
    (span,) = script.talk.speech
    assert span.audio_start_ms == 1100


def test_a_doubled_greeting_is_no_new_connection() -> None:
    opened: Step = ("local", {"type": "rtnb.connection.opened"})
    doubled = Script(opened, CREATED, user_item("item_a", "one"), request("turn_1"), answer(1, key="turn_1"), CREATED)
    assert len(doubled.talk.connections) == 1 and len(doubled.talk.order)
    foreign = Script(CREATED, user_item("item_a", "one"), request("turn_1"), answer(1, key="turn_1"), CREATED)
    assert len(foreign.talk.connections) == 1 and len(foreign.talk.order)
    doubled.play(opened, CREATED)
    assert len(doubled.talk.connections) == 2


def test_an_error_about_nothing_is_about_the_only_request() -> None:
    outside = sent("response.create", event_id="event_o", response={"conversation": "none"})
    script = Script(session(), outside, refused(None, "invalid_value"))
    assert not script.talk.requests and not script.talk.turns
    both = Script(session(), outside, user_item("item_a", "one"), request("turn_1"), refused(None, "invalid_value"))
    assert both.talk.turns[0].failure is None and len(both.talk.requests) == 2


def test_a_real_player_is_not_skipped_and_neither_is_what_comes_before_a_tool() -> None:
    player: Step = ("local", {"type": "rtnb.player", "attached": True})
    script = Script(
        session(), user_item("item_a", "one"), request("turn_1"), answer(1, ["a"], [pcm(4000)], key="turn_1")
    )
    script.play(request("turn_1"))
    assert script.talk.player.playing(now_s=script.now_s) == "item_r1"
    script = Script(session(), player, user_item("item_a", "one"), request("turn_1"))
    script.play(answer(1, ["a"], [pcm(4000)], key="turn_1"), user_item("item_b", "two"), request("turn_2"))
    assert script.talk.player.playing(now_s=script.now_s) == "item_r1"
