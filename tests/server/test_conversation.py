from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.conversation import Conversation, Item, Refused
from rtnb.server.intake import take_in

PCM = bytes(range(96)) * 100  # 200 ms


def text(item_id: str | None = None, said: str = "hello") -> dict[str, Any]:
    wire: dict[str, Any] = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": said}]}
    return wire if item_id is None else {"id": item_id, **wire}


def audio(data: bytes, item_id: str = "item_a", **members: Any) -> dict[str, Any]:
    part = {"type": "input_audio", "audio": base64.b64encode(data).decode(), **members}
    return {"id": item_id, "type": "message", "role": "user", "content": [part]}


def spoken(item_id: str = "item_s", data: bytes = PCM, status: str = "completed") -> Item:
    content = [{"type": "output_audio", "transcript": "Hello there."}]
    wire = {"id": item_id, "type": "message", "role": "assistant", "status": status, "content": content}
    return Item(wire, bytearray(data))


def create(
    conversation: Conversation, wire: dict[str, Any], previous_item_id: str | None = None
) -> tuple[Item, str | None]:
    item = take_in(wire)
    return item, conversation.place(item, previous_item_id)


def ids(conversation: Conversation) -> list[str]:
    return [item.id for item in conversation]


def test_items_come_one_after_another() -> None:
    conversation = Conversation()
    assert conversation.append(Item(text("a"))) is None
    assert conversation.append(Item(text("b"))) == "a"
    assert ids(conversation) == ["a", "b"]
    assert len(conversation) == 2
    assert conversation.id.startswith("conv_")


@given(st.lists(st.tuples(st.sampled_from(["append", "root", "after", "delete"]), st.integers(0, 9)), max_size=25))
def test_places_are_those_of_a_list(moves: list[tuple[str, int]]) -> None:
    conversation, model = Conversation(), list[str]()
    for number, (move, at) in enumerate(moves):
        name = f"item_{number}"
        if move in ("after", "delete") and not model:
            continue
        anchor = model[at % len(model)] if model else ""
        if move == "delete":
            conversation.delete(anchor)
            model.remove(anchor)
            continue
        previous = {"append": None, "root": "root", "after": anchor}[move]
        item, before = create(conversation, text(name), previous)
        place = {"append": len(model), "root": 0, "after": model.index(anchor) + 1 if anchor else 0}[move]
        model.insert(place, name)
        assert item.id == name
        assert before == (model[place - 1] if place else None)
    assert ids(conversation) == model


def test_an_output_answers_a_call_that_is_there() -> None:
    conversation = Conversation()
    output = {"type": "function_call_output", "call_id": "call_1", "output": "1"}
    call = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
    with pytest.raises(Refused) as caught:
        create(conversation, output)
    problem = caught.value.problem
    assert (problem.code, problem.param) == ("invalid_tool_call_id", None)
    assert problem.message == "Tool call ID 'call_1' not found in conversation."
    first, _ = create(conversation, call)
    second, _ = create(conversation, call)
    result, before = create(conversation, output)
    assert (result.wire["call_id"], before, result.role) == ("call_1", second.id, "")
    conversation.delete(first.id)
    assert conversation.has_call("call_1")
    conversation.delete(second.id)
    assert not conversation.has_call("call_1")


def test_retrieving_brings_the_audio_back() -> None:
    item, _ = create(Conversation(), audio(PCM))
    shown = item.with_audio()
    assert base64.b64decode(shown["content"][0]["audio"]) == PCM
    assert "audio" not in item.wire["content"][0]
    plain, _ = create(Conversation(), text("t"))
    assert plain.with_audio() == plain.wire
    assert plain.with_audio() is not plain.wire


@pytest.mark.parametrize(
    ("item_id", "previous", "code"),
    [
        ("taken", None, "item_create_duplicate_item_id"),
        ("new", "gone", "item_create_invalid_previous_item_id"),
        ("taken", "root", "item_create_duplicate_item_id"),
    ],
)
def test_an_item_that_cannot_be_placed_is_refused(item_id: str, previous: str | None, code: str) -> None:
    conversation = Conversation()
    create(conversation, text("taken"))
    with pytest.raises(Refused) as caught:
        create(conversation, text(item_id), previous)
    assert caught.value.problem.code == code
    assert ids(conversation) == ["taken"]


@pytest.mark.parametrize("verb", ["delete", "retrieve", "truncate"])
def test_an_unknown_item_is_refused_in_the_words_of_the_verb(verb: str) -> None:
    with pytest.raises(Refused) as caught:
        Conversation().get("item_x", verb=verb)
    assert caught.value.problem.code == f"item_{verb}_invalid_item_id"
    assert "'item_x' does not exist" in str(caught.value)
    assert Conversation().find("item_x") is None


def test_a_deleted_id_is_free_again() -> None:
    conversation = Conversation()
    create(conversation, text("a"))
    conversation.delete("a")
    assert create(conversation, text("a"))[0].id == "a"


@given(audio_end_ms=st.integers(0, 200))
def test_truncating_keeps_what_was_heard_and_forgets_the_words(audio_end_ms: int) -> None:
    conversation = Conversation()
    item = spoken()
    conversation.append(item)
    announced = dict(item.wire)
    conversation.truncate("item_s", audio_end_ms)
    assert bytes(item.audio) == PCM[: audio_end_ms * 48]
    assert item.wire["content"] == [{"type": "output_audio"}]
    assert item.truncated
    assert "Hello there.".startswith(item.kept)
    assert announced["content"] == [{"type": "output_audio", "transcript": "Hello there."}]


def test_truncating_past_the_end_is_refused() -> None:
    conversation = Conversation()
    conversation.append(spoken())
    with pytest.raises(Refused, match="Audio content of 200ms is already shorter than 201ms"):
        conversation.truncate("item_s", 201)
    assert conversation.find("item_s").wire["content"][0]["transcript"] == "Hello there."  # type: ignore[union-attr]


def test_an_item_that_is_still_being_spoken_can_be_truncated() -> None:
    conversation = Conversation()
    item = spoken(status="in_progress")
    item.wire["content"] = []
    item.growing = lambda: [{"type": "output_audio", "transcript": "Hel"}]
    conversation.append(item)
    assert conversation.truncate("item_s", 50) == 150
    assert item.audio_ms == 50


@pytest.mark.parametrize(
    "item",
    [
        Item(audio(PCM, "x"), bytearray(PCM)),
        Item({"id": "x", "type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "t"}]}),
        Item({"id": "x", "type": "function_call", "name": "f", "call_id": "c", "arguments": "{}"}),
    ],
    ids=["user audio", "assistant text", "function call"],
)
def test_only_what_the_assistant_spoke_can_be_truncated(item: Item) -> None:
    conversation = Conversation()
    conversation.append(item)
    with pytest.raises(Refused, match="Only model output audio messages can be truncated"):
        conversation.truncate("x", 0)


def test_a_transcript_joins_the_audio_it_belongs_to() -> None:
    audio = base64.b64encode(bytes(4800)).decode()
    parts = [{"type": "input_text", "text": "listen"}, {"type": "input_audio", "audio": audio}]
    item, _ = create(Conversation(), {"type": "message", "role": "user", "content": parts})
    before = dict(item.wire)
    item.set_transcript(item.audio_index, "hello")
    assert item.wire["content"] == [parts[0], {"type": "input_audio", "transcript": "hello"}]
    assert item.with_audio()["content"][1] == {"type": "input_audio", "transcript": "hello", "audio": audio}
    assert before["content"][1]["transcript"] is None, "an event that is out does not change"


def test_each_audio_part_has_its_own_audio() -> None:
    parts = [audio(PCM[:96])["content"][0], {"type": "input_text", "text": "and"}, audio(PCM[96:480])["content"][0]]
    item, _ = create(Conversation(), {"type": "message", "role": "user", "content": parts})
    shown = item.with_audio()["content"]
    assert [base64.b64decode(part["audio"]) for part in (shown[0], shown[2])] == [PCM[:96], PCM[96:480]]
    assert bytes(item.audio) == PCM[:480]


def test_what_was_heard_of_a_truncated_answer_is_kept_for_the_brain() -> None:
    item = spoken()
    item.truncate(100)
    assert item.kept == "Hello"
    item.truncate(0)
    assert item.kept == ""


def test_an_item_knows_whether_it_is_still_there() -> None:
    conversation = Conversation()
    item, _ = create(conversation, text("a"))
    assert item in conversation and item.id not in conversation
    conversation.delete("a")
    again, _ = create(conversation, text("a"))
    assert item not in conversation and again in conversation


def test_only_an_audio_part_can_be_truncated() -> None:
    conversation = Conversation()
    conversation.append(spoken())
    for index in (1, 7, -1):
        with pytest.raises(Refused) as caught:
            conversation.truncate("item_s", 50, index)
        assert caught.value.problem.param == "content_index"


def test_root_is_no_id() -> None:
    with pytest.raises(Refused) as caught:
        Conversation().place(Item({"id": "root", "type": "message", "role": "user", "content": []}), None)
    assert caught.value.problem.param == "item.id"
