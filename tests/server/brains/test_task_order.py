"""What an out-of-band response is told to do, and what with."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.base import BrainRequest, Message
from rtnb.server.brains.task_order import Order, Said, about_of, in_form, is_summary, json_keys, order_of, task_in


def order(instructions: str = "", *messages: Message) -> Order | None:
    return order_of(BrainRequest(messages=messages, instructions=instructions, in_conversation=False))


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("# Task: Verbatim Transcription of the Latest User Turn\nDo not summarize.", "transcribe"),
        ("Write down exactly what the caller said.", "transcribe"),
        ('Analyze the conversation so far. If it is related to support, output "support".', "classify"),
        ("What is the sentiment of the last message?", "classify"),
        ("Flag the message if it is against the content policy.", "moderate"),
        ("Give a recap for the next agent.", "summarise"),
        ("Never summarise. Be kind.", None),
        ("You are an insurance agent. " * 40 + "Summarise each field.", None),
        ("", None),
    ],
)
def test_the_first_thing_asked_for_is_the_task(text: str, task: str | None) -> None:
    assert task_in(text) == task


def test_a_pasted_transcript_is_read_by_its_speakers() -> None:
    text = "Summarise this conversation:\n\nUser: I lost my card.\nAssistant: It is blocked.\nthe new one follows"
    found = order("Be nice.", Message(role="user", text=text))
    assert found is not None and found.task == "summarise"
    assert [(said.role, said.text) for said in found.about] == [
        ("user", "I lost my card."),
        ("assistant", "It is blocked."),
        ("assistant", "the new one follows"),
    ]


def test_tools_and_other_system_messages_are_not_what_it_is_about() -> None:
    messages = (
        Message(role="system", text="You may call me Sam."),
        Message(role="assistant", name="look_up", call_id="c", text="{}"),
        Message(role="tool", call_id="c", text="secret"),
        Message(role="user", text="Hello!", heard=True),
    )
    assert list(about_of(messages)) == [Said("user", "Hello!", True)]


def test_a_summary_is_read_as_what_each_side_said() -> None:
    quotes = "The user asked: “Why?” The assistant answered: “So.”"
    text = f"Summary of the conversation so far:\nThe user's name is Sam. {quotes}"
    assert is_summary(text) and not is_summary("Summarise the conversation.")
    assert [(s.role, s.text) for s in about_of([Message(role="system", text=text)])] == [
        ("user", "My name is Sam."),
        ("user", "Why?"),
        ("assistant", "So."),
    ]


def test_members_are_found_by_the_names_that_the_order_uses() -> None:
    asked = Order("classify", 'JSON: {"explanation": "", "intent": "", "score": 0}', ())
    assert json_keys(asked.text) == ("explanation", "intent", "score")
    found = json.loads(in_form(asked, {"label": "sales", "reason": "price", "confidence": 0.5}, "sales"))
    assert found == {"explanation": "price", "intent": "sales", "score": 0.5}
    assert in_form(Order("classify", "Answer plainly, no JSON.", ()), {"label": "a"}, "a") == "a"


@given(st.text(max_size=300), st.lists(st.text(max_size=80), max_size=4))
def test_no_text_breaks_it(instructions: str, texts: list[str]) -> None:
    found = order(instructions, *(Message(role="user", text=text) for text in texts))
    assert found is None or found.task in ("transcribe", "classify", "moderate", "summarise")
