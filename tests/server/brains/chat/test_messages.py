"""A conversation as a chat model reads it."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains import BrainRequest, Image, Message
from rtnb.server.brains.chat.messages import (
    LOST,
    NOBODY,
    SILENCE,
    UNANSWERED,
    UNHEARABLE,
    UNHEARD,
    chat_messages,
    turns_of,
)

Json = dict[str, Any]


def user(text: str, **members: Any) -> Message:
    return Message(role="user", text=text, **members)


def said(text: str) -> Message:
    return Message(role="assistant", text=text)


def call(call_id: str | None, name: str = "f", arguments: str = "{}") -> Message:
    return Message(role="assistant", name=name, call_id=call_id, text=arguments)


def output(call_id: str, text: str) -> Message:
    return Message(role="tool", call_id=call_id, text=text)


def made(*messages: Message, images: bool = True, **request: Any) -> list[Json]:
    return chat_messages("", turns_of(BrainRequest(messages=messages, **request), images=images))


def short(messages: Sequence[Json]) -> list[tuple[str, Any]]:
    """Role and content, or the ids of the calls."""
    return [
        (
            each["role"],
            [each_call["id"] for each_call in each["tool_calls"]] if "tool_calls" in each else each["content"],
        )
        for each in messages
    ]


def test_a_plain_conversation() -> None:
    messages = (user("Hi"), said("Hello."), Message(role="system", text="Be brief."), user("Bye", heard=True))
    assert short(made(*messages)) == [
        ("user", "Hi"),
        ("assistant", "Hello."),
        ("system", "Be brief."),
        ("user", "Bye"),
    ]


def test_the_prompt_comes_first_and_only_if_there_is_one() -> None:
    turns = turns_of(BrainRequest(messages=(user("Hi"),)))
    assert short(chat_messages("Speak.", turns)) == [("system", "Speak."), ("user", "Hi")]
    assert short(chat_messages("", turns)) == [("user", "Hi")]


def test_words_that_were_not_understood() -> None:
    assert made(user(" ", heard=True))[0]["content"] == UNHEARD
    assert made(user("", heard=True), can_hear=False)[0]["content"] == UNHEARABLE


def test_what_is_empty_is_left_out() -> None:
    system = Message(role="system", text="")
    assert short(made(user("a"), said(""), system, user(" "), user("b"))) == [("user", "a\nb")]
    assert short(made(user("a"), said(" "))) == [("user", "a")]
    assert short(made(said(""))) == [("user", NOBODY)]


def test_nobody_speaks_twice_in_a_row() -> None:
    assert short(made(user("a"), user("b"), said("c"), said("d"), user("e"))) == [
        ("user", "a\nb"),
        ("assistant", "c\nd"),
        ("user", "e"),
    ]


def test_there_is_something_to_answer() -> None:
    assert short(made()) == [("user", NOBODY)]
    assert short(made(Message(role="system", text="x"))) == [("system", "x"), ("user", NOBODY)]
    assert short(made(said("Hello."))) == [("assistant", "Hello."), ("user", SILENCE)]
    assert short(made(user("a"), said("b")))[-1] == ("user", SILENCE)
    assert short(made(user("a"), Message(role="system", text="x")))[-1] == ("system", "x")


def test_calls_in_a_row_are_one_message_with_what_was_said_before_them() -> None:
    messages = made(
        user("?"), said("One moment."), call("a", "f", '{"x": 1}'), call("b", "g"), output("b", "B"), output("a", "A")
    )
    assert short(messages) == [("user", "?"), ("assistant", ["a", "b"]), ("tool", "A"), ("tool", "B")]
    assert messages[1]["content"] == "One moment."
    assert messages[1]["tool_calls"][0] == {
        "id": "a",
        "type": "function",
        "function": {"name": "f", "arguments": '{"x": 1}'},
    }
    assert [each["tool_call_id"] for each in messages[2:]] == ["a", "b"]


def test_rounds_of_calls_stay_apart() -> None:
    messages = made(user("?"), call("a"), output("a", "A"), call("b"), output("b", "B"))
    assert short(messages) == [("user", "?"), ("assistant", ["a"]), ("tool", "A"), ("assistant", ["b"]), ("tool", "B")]


def test_an_output_goes_to_its_call_wherever_it_stands() -> None:
    messages = made(call("a"), user("Hurry!"), output("a", "A"))
    assert short(messages) == [("assistant", ["a"]), ("tool", "A"), ("user", "Hurry!")]


def test_orphans() -> None:
    assert short(made(user("?"), call("a"))) == [("user", "?"), ("assistant", ["a"]), ("tool", UNANSWERED)]
    assert short(made(output("x", "42"), user("?"))) == [("user", LOST.format(text="42") + "\n?")]
    assert short(made(output("a", "early"), call("a"), user("?"))) == [
        ("user", LOST.format(text="early")),
        ("assistant", ["a"]),
        ("tool", UNANSWERED),
        ("user", "?"),
    ]
    assert made(user("?"), call("a"), output("a", ""))[-1]["content"] == UNANSWERED


def test_ids_that_come_twice_are_told_apart() -> None:
    messages = made(call("a"), output("a", "1"), call("a"), output("a", "2"), call(None))
    assert short(messages) == [
        ("assistant", ["a"]),
        ("tool", "1"),
        ("assistant", ["a_2"]),
        ("tool", "2"),
        ("assistant", ["call_1"]),
        ("tool", UNANSWERED),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}', {"a": 1}),
        ('{"a": NaN}', {"input": '{"a": NaN}'}),
        ("", {}),
        ("null", {}),
        ("[1]", {"input": [1]}),
        ("no JSON", {"input": "no JSON"}),
    ],
)
def test_arguments_are_an_object(text: str, expected: Json) -> None:
    (message, *_) = made(call("a", "f", text))
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == expected


def test_images() -> None:
    image = Image(kind="image/png", width=4, height=3, data=b"PNG", detail="low")
    url = f"data:image/png;base64,{base64.b64encode(b'PNG').decode()}"
    part = {"type": "image_url", "image_url": {"url": url, "detail": "low"}}
    assert made(user("What is it?", images=(image,)))[0]["content"] == [{"type": "text", "text": "What is it?"}, part]
    assert made(user("", images=(image,)))[0]["content"] == [part]
    joined = made(user("a"), user("b", images=(image,)), user(""))
    assert joined[0]["content"] == [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, part]
    blind = made(user("What is it?", images=(image,)), images=False)
    assert blind[0]["content"] == (
        "What is it?\n(The user sent an image, image/png, 4 by 3 pixels, which you cannot see.)"
    )


IDS = st.sampled_from(["a", "b", "c"])
MESSAGES = st.one_of(
    st.builds(user, st.sampled_from(["", "hi"]), heard=st.booleans()),
    st.builds(said, st.just("yes")),
    st.builds(lambda: Message(role="system", text="brief")),
    st.builds(call, st.none() | IDS),
    st.builds(output, IDS, st.sampled_from(["", "42"])),
)


@given(st.lists(MESSAGES, max_size=12))
def test_any_conversation_becomes_one_that_endpoints_take(messages: list[Message]) -> None:
    found = made(*messages)
    open_ids: list[str] = []
    seen: set[str] = set()
    for before, message in zip([None, *found], found, strict=False):
        if message["role"] == "tool":
            assert message["tool_call_id"] == open_ids.pop(0)
            assert message["content"]
            continue
        assert not open_ids
        open_ids = [each["id"] for each in message.get("tool_calls", ())]
        assert not seen & set(open_ids)
        seen.update(open_ids)
        assert len(set(open_ids)) == len(open_ids)
        assert message["content"] or open_ids
        if before is not None and message["role"] == "user":
            assert before["role"] != "user"
    assert not open_ids
    assert found[-1]["role"] in ("user", "tool", "system")
    assert any(message["role"] in ("user", "tool") for message in found)
    calls = [message for message in messages if message.role == "assistant" and message.name]
    assert len(seen) == len(calls)
    shown = json.dumps(found)
    assert shown.count("42") == sum(message.text == "42" for message in messages)
