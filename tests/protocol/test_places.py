"""Where members are."""

from __future__ import annotations

from rtnb.protocol.catalogue import Choice, Map, OneOf, Ref, Scalar, catalogue
from rtnb.protocol.places import members_of, places, type_words


def test_paths_pass_through_lists_and_alternatives() -> None:
    found = places()
    assert found["item.content.transcript"].events >= {"conversation.item.create", "conversation.item.retrieved"}
    assert found["response.output.tools.input_schema"].types == ("any JSON value",)
    assert "session.audio.input.turn_detection.eagerness" in found
    assert found["session.expires_at"].events == {"session.created", "session.updated"}


def test_types_in_words() -> None:
    assert type_words(OneOf((Scalar("integer"), Choice(("inf",))))) == 'integer | "inf"'
    assert type_words(Choice(("a", 5), is_open=True)) == '"a" | 5 | ...'
    assert type_words(Choice(tuple(range(20)))).endswith("11 | ...")
    assert type_words(Map(Ref("Anything"))) == "map of string to object"
    assert type_words(OneOf((Ref("A"), Ref("B")))) == "object"


def test_optional_members_say_so() -> None:
    members = dict(members_of(catalogue().client_event("conversation.item.delete")))
    assert members["item_id"] == "string" and members["event_id"] == "string, optional"
