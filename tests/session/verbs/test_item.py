"""An item as a value."""

from __future__ import annotations

import pytest

from rtnb.session.conversation.state import ItemState
from rtnb.session.verbs.item import Item, audio_index, described, text_of


def test_an_item_shows_itself_shortly() -> None:
    assert repr(Item("item_1", "message", "user", "word " * 30)) == f"Item(user '{('word ' * 30)[:59]}…', item_1)"
    assert repr(Item("c", "function_call", "", "look({})")) == "Item(function_call 'look({})', c)"
    assert Item("a", "message", "user", "").audio is None


def test_the_text_of_audio_is_its_transcript_beside_what_was_typed() -> None:
    state = ItemState("u", role="user", transcript="Spoken.")
    content = [{"type": "input_text", "text": "Typed."}, {"type": "input_audio", "transcript": None}]
    assert text_of(state, {"type": "message", "content": content}) == "Typed.\nSpoken."
    assert text_of(state, {}) == "Spoken."


def test_the_text_of_tools_is_what_was_asked_and_told() -> None:
    state = ItemState("c", "function_call")
    assert text_of(state, {"type": "function_call", "name": "look", "arguments": "{}"}) == "look({})"
    assert text_of(state, {"type": "function_call_output", "output": "seen"}) == "seen"
    asked = {"type": "mcp_approval_request", "name": "look", "arguments": "{}"}
    assert text_of(state, asked) == text_of(state, {**asked, "type": "mcp_call"}) == "look({})"
    assert text_of(state, {"type": "mcp_list_tools", "tools": [{"name": "look"}, {"name": "see"}]}) == "look, see"
    assert text_of(state, {"type": "mcp_list_tools", "tools": None}) == ""
    verdict = {"type": "mcp_approval_response", "approve": True}
    assert text_of(state, verdict) == "approved" and text_of(state, {**verdict, "approve": False}) == "denied"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (ItemState("a", role="assistant"), "an answer in text"),
        (ItemState("a", role="user"), "a user message"),
        (ItemState("a"), "a nameless message"),
        (ItemState("a", "mcp_call"), "a mcp_call"),
    ],
)
def test_what_it_is_in_words(state: ItemState, said: str) -> None:
    assert described(state) == said


def test_audio_behind_text_is_found() -> None:
    state = ItemState("a", role="assistant", wire={"content": [{"type": "output_text"}, {"type": "output_audio"}]})
    assert audio_index(state) == 1 and audio_index(ItemState("b")) == 0
