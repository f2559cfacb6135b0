from __future__ import annotations

from datetime import date

from support.logs import START_WALL_S, Script, answer, got, request, session, user_item

from rtnb.session.billing.ledger_fold import LedgerFold, day_of
from rtnb.tokens import ModalityCount, count_text


def fold(script: Script) -> LedgerFold:
    found = LedgerFold(script.talk)
    for event in script.log:
        found.apply(event)
    return found


def test_the_day_is_that_of_utc() -> None:
    assert day_of(START_WALL_S) == date(2026, 11, 18)
    assert day_of(86_399.9) == date(1970, 1, 1) and day_of(86_400) == date(1970, 1, 2)


def test_a_model_stays_where_an_update_does_not_name_it() -> None:
    assert fold(Script(session(), got("session.updated", session={"instructions": "Hi."}))).model == "gpt-realtime-2.1"


def test_drafts_of_all_responses_in_the_order_of_their_creation() -> None:
    script = Script(session(vad=False), user_item("item_1", "Go."), request("turn_1"), answer(1, key="turn_1"))
    script.play(got("conversation.item.added", item={"id": "item_2", "type": "message", "role": "user", "content": []}))
    script.play(answer(2), answer(2))
    found = fold(script)
    assert [draft.state.id for draft in found.settled()] == ["resp_1", "resp_2"]
    assert found.settled()[1].items == ("item_2",)


def test_changed_settings_are_told_against_the_last_response() -> None:
    found = fold(Script(session(vad=False, instructions="One."), request("t"), answer(1, key="t")))
    assert found.settings_edits("One.", None) == found.settings_edits("One.", []) == ()
    assert found.settings_edits("Two.", [{"name": "f"}]) == ("instructions changed", "tools changed")
    assert fold(Script(session())).settings_edits("Two.", None) == ()
    # No instructions and empty ones are the same prompt.
    assert fold(Script(session(), answer(1))).settings_edits("", None) == ()


def test_tokens_of_items_as_they_stand() -> None:
    script = Script(session(vad=False), user_item("item_1", "Go on."))
    found = fold(script)
    assert found.tokens(["item_1", "nobody"]) == ModalityCount(text=count_text("Go on.") + 2)
