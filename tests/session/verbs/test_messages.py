"""Messages of every usual shape become items; what cannot be taken is said."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pybase64
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from rtnb.audio.formats import PCMU
from rtnb.errors import ConfigError
from rtnb.protocol.validation import check_client_event
from rtnb.session.verbs.history import history_items

PNG = "data:image/png;base64,iVBORw0KGgo="


def one(message: Any) -> dict[str, Any]:
    loaded = history_items([message])
    assert len(loaded.items) == 1, loaded
    return {name: value for name, value in loaded.items[0].items() if name != "id"}


def said(role: str, text: str) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


@pytest.mark.parametrize(
    ("message", "item"),
    [
        ({"role": "user", "content": "Hi."}, said("user", "Hi.")),
        ({"role": "developer", "content": "Be brief."}, said("system", "Be brief.")),
        ({"role": "assistant", "content": [{"type": "text", "text": "Yes."}]}, said("assistant", "Yes.")),
        ({"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}, said("assistant", "No.")),
        ({"role": "assistant", "audio": {"id": "a", "transcript": "Spoken."}}, said("assistant", "Spoken.")),
        (("ai", "Yes."), said("assistant", "Yes.")),
        (
            {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Spoken."}]},
            said("assistant", "Spoken."),
        ),
        (
            {
                "itemId": "x",
                "type": "message",
                "role": "user",
                "content": [{"type": "input_audio", "transcript": "Hi."}],
            },
            said("user", "Hi."),
        ),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG, "detail": "low"}}]},
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_image", "image_url": PNG, "detail": "low"}],
            },
        ),
        (
            {"role": "user", "content": [{"type": "input_image", "image_url": PNG}]},
            {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": PNG}]},
        ),
    ],
)
def test_a_message(message: Any, item: dict[str, Any]) -> None:
    assert one(message) == item


def test_ids_are_kept_where_the_api_takes_them_and_once() -> None:
    messages = [{"id": "mine", "role": "user", "content": "One."}, {"id": "mine", "role": "user", "content": "Two."}]
    messages += [
        {"id": "x" * 33, "role": "user", "content": "Three."},
        {"item_id": "b", "role": "user", "content": "4"},
    ]
    ids = [item["id"] for item in history_items(messages).items]
    assert ids[0] == "mine" and ids[3] == "b" and len(set(ids)) == 4 and all(len(name) <= 32 for name in ids)


def test_sound_files_of_chat_messages_become_the_sessions_audio() -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(16000, dtype=np.float32), 16000, format="WAV")
    held = {"data": pybase64.b64encode(file.getvalue()).decode(), "format": "wav"}
    (item,) = history_items([{"role": "user", "content": [{"type": "input_audio", "input_audio": held}]}], PCMU).items
    assert len(pybase64.b64decode(item["content"][0]["audio"])) == 8000


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}, "data: URI"),
        ({"role": "user", "content": [{"type": "file", "file": {}}]}, "'file'"),
        ({"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AAAA"}}]}, "cannot be read"),
        ({"role": "assistant", "content": [{"type": "output_audio", "audio": "AAAA"}]}, "no audio of the assistant"),
        ({"role": "user", "content": ""}, "nothing in it"),
        ({"role": "user", "content": None}, "nothing in it"),
        ({"type": "reasoning", "summary": []}, "thought"),
        ({"type": "web_search_call", "status": "completed"}, "web_search_call"),
        ({"role": "tool", "tool_call_id": "call_9", "content": "x"}, "has no call"),
        ({"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}, "no output"),
    ],
)
def test_what_cannot_be_taken_is_said(message: Any, why: str) -> None:
    loaded = history_items([message])
    assert not loaded.items and len(loaded.left_out) == 1 and why in loaded.left_out[0]


@pytest.mark.parametrize("given", [5, "Hello", {"role": "user"}, None])
def test_what_is_no_history_is_an_error(given: Any) -> None:
    with pytest.raises(ConfigError, match="list of messages"):
        history_items(given)


@pytest.mark.parametrize("message", [5, {}, {"content": "Hi."}, {"role": "narrator", "content": "Hi."}])
def test_a_message_that_is_none_is_an_error_with_its_number(message: Any) -> None:
    with pytest.raises(ConfigError, match="Message 2"):
        history_items([("user", "Hi."), message])


def test_tool_calls_of_every_kind_come_with_their_outputs() -> None:
    chat = [
        {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "look", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "seen"}]},
        {"role": "assistant", "function_call": {"name": "look", "arguments": "{}"}},
        {"role": "function", "name": "look", "content": "seen"},
        {
            "type": "function_call",
            "item_id": "x",
            "call_id": "b",
            "name": "look",
            "arguments": {"at": 1},
            "output": "seen",
        },
        {"type": "function_call", "callId": "c", "name": "look", "arguments": "{}"},
        {"type": "function_call_result", "callId": "c", "output": {"type": "text", "text": "seen"}},
    ]
    items = history_items(chat).items
    assert [item["type"] for item in items] == ["function_call", "function_call_output"] * 4
    for call, out in zip(items[::2], items[1::2], strict=True):
        assert call["call_id"] == out["call_id"] and out["output"] == "seen"
    assert items[4]["arguments"] == '{"at": 1}'


def test_call_ids_that_the_api_would_refuse_are_replaced_on_both_sides() -> None:
    chat = [
        {"type": "function_call", "call_id": "call:1/α", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call:1/α", "output": "seen"},
    ]
    loaded = history_items(chat)
    assert loaded.items[0]["call_id"] == loaded.items[1]["call_id"] != "call:1/α"
    assert "call:1/α" in loaded.left_out[0] and len(loaded.left_out) == 1


def test_objects_of_pydantic_are_messages_too() -> None:
    class Message:
        def model_dump(self, **options: Any) -> dict[str, Any]:
            return {"role": "user", "content": "Hi."}

    assert one(Message()) == said("user", "Hi.")


PARTS = st.one_of(
    st.text(max_size=20),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["text", "input_text", "refusal", "input_audio", "image_url", "file", 5])},
        optional={
            "text": st.text(max_size=10) | st.none(),
            "transcript": st.text(max_size=5),
            "image_url": st.sampled_from([PNG, "http://x", None, 5]),
            "input_audio": st.none() | st.just({"data": "AAAA"}),
        },
    ),
)
MESSAGES = st.one_of(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "system", "developer", "tool"])},
        optional={
            "content": st.none() | st.text(max_size=20) | st.lists(PARTS, max_size=3),
            "tool_call_id": st.sampled_from(["a", "b", None, 5]),
            "id": st.text(max_size=40),
            "tool_calls": st.lists(
                st.fixed_dictionaries({"id": st.sampled_from(["a", "b", "ü"]), "function": st.just({"name": "f"})}),
                max_size=2,
            ),
        },
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["function_call", "function_call_output", "reasoning"])},
        optional={
            "call_id": st.sampled_from(["a", "b"]),
            "name": st.just("f"),
            "output": st.text(max_size=5) | st.none(),
        },
    ),
)


@given(st.lists(MESSAGES, max_size=6))
@settings(deadline=None)
def test_every_item_is_one_that_the_api_takes(messages: list[Any]) -> None:
    loaded = history_items(messages)
    calls = set[str]()
    for item in loaded.items:
        assert check_client_event({"type": "conversation.item.create", "item": item}) is None, item
        if item["type"] == "function_call":
            calls.add(item["call_id"])
        assert item["type"] != "function_call_output" or item["call_id"] in calls
    assert len({item["id"] for item in loaded.items}) == len(loaded.items)
