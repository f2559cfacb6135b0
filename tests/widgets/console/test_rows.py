"""Rows in the order in which a reader meets them, from any events at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rtnb.session.conversation.reducer import Conversation
from rtnb.session.record.log import EventLog
from rtnb.widgets.console.rows import Rows


class Talk:
    """A conversation that hears what a test says."""

    def __init__(self) -> None:
        self.log, self.talk = EventLog(start_s=0, start_wall_s=0), Conversation()
        self.rows = Rows(self.talk, self.log)

    def hear(self, *events: Mapping[str, Any], way: Any = "received") -> list[dict[str, Any]]:
        for event in events:
            self.talk.apply(self.log.record(event, way, now_s=float(len(self.log))))
        self.rows.catch_up()
        self.rows.changed()
        return [self.rows.row(each) for each in self.rows.order]


def message(item_id: str, role: str = "user", text: str = "Hi", previous: str | None = None) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    item = {"id": item_id, "type": "message", "role": role, "content": [{"type": kind, "text": text}]}
    return {"type": "conversation.item.added", "previous_item_id": previous, "item": item}


def test_items_stand_where_the_conversation_has_them() -> None:
    talk = Talk()
    talk.hear(message("a"), message("c", previous="a"))
    assert [row["id"] for row in talk.hear(message("b", previous="a"))] == ["a", "b", "c"]
    note = {"type": "rtnb.notice", "text": "Connected again."}
    talk.hear(note, way="local")
    rows = talk.hear(message("d", previous="c"))
    assert [row["text"] for row in rows] == ["Hi", "Hi", "Hi", "Connected again.", "Hi"]
    rows = talk.hear({"type": "conversation.item.deleted", "item_id": "b"})
    assert [row["id"] for row in rows if row["kind"] == "message"] == ["a", "c", "d"]


def test_what_is_sent_is_there_at_once_and_says_if_it_was_refused() -> None:
    talk = Talk()
    item = message("mine")["item"]
    sent = {"type": "conversation.item.create", "event_id": "e1", "item": item}
    (row,) = talk.hear(sent, way="sent")
    assert (row["note"], row["deletable"]) == ("on its way", False)
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": "No.", "event_id": "e1"}}
    row, problem = talk.hear(error)
    assert row["note"] == "refused by the server" and problem["kind"] == "error" and problem["text"].startswith("No.")


def test_responses_beside_the_conversation_and_races_have_no_row() -> None:
    talk = Talk()
    response = {"id": "r", "conversation_id": None, "status": "in_progress", "output": []}
    item = message("x", "assistant")["item"]
    lost = {"code": "response_cancel_not_active", "message": "Cancellation failed: no active response found"}
    race = {"type": "error", "error": lost}
    rows = talk.hear(
        {"type": "response.created", "response": response},
        {"type": "response.output_item.added", "response_id": "r", "item": item},
        race,
    )
    assert rows == []


def test_an_approval_waits_and_then_says_what_became_of_it() -> None:
    talk = Talk()
    request = {
        "id": "q",
        "type": "mcp_approval_request",
        "server_label": "shop",
        "name": "refund",
        "arguments": '{"n": 1}',
    }
    (row,) = talk.hear({"type": "conversation.item.added", "item": request})
    assert (row["open"], row["approval"], row["server"], row["text"]) == (True, True, "shop", "refund(n=1)")
    (row,) = talk.hear({"type": "rtnb.approval", "request_id": "q", "approve": True, "reason": ""}, way="local")
    assert (row["open"], row["note"]) == (False, "approved")


def test_what_a_new_connection_does_not_have_says_so() -> None:
    talk = Talk()
    talk.hear({"type": "session.created", "session": {"id": "1"}}, message("a"), message("b"))
    again = {"type": "session.created", "event_id": "e2", "session": {"id": "2"}}
    rows = talk.hear(again, message("b"))
    assert [row["note"][:25] for row in rows] == ["not on the new connection", ""]
    assert [row["deletable"] for row in rows] == [False, True]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "type", "item_id"]), inner),
    max_leaves=4,
)
TYPES = (
    "conversation.item.added", "conversation.item.deleted", "response.created", "response.done", "error",
    "response.output_item.added", "response.output_text.delta", "input_audio_buffer.speech_started",
    "input_audio_buffer.committed", "rtnb.notice", "rtnb.approval", "session.created",
)  # fmt: skip
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES)},
    optional=dict.fromkeys(("item", "item_id", "response", "response_id", "error", "text", "delta"), JUNK),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=8))
def test_no_event_breaks_the_rows(events: list[dict[str, Any]]) -> None:
    talk = Talk()
    rows = talk.hear(*events)
    assert len({row["id"] for row in rows}) == len(rows) == len(talk.rows.order)
