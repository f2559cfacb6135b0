"""Responses that are asked for when it is not the user who spoke last."""

from __future__ import annotations

import pytest

from rtnb.server.brains.base import BrainRequest, Message
from rtnb.server.brains.orders import answer_unprompted

GREETING = "Hello! I am rtnb's demo brain. What would you like to know?"


def system(text: str) -> Message:
    return Message(role="system", text=text)


def said(request: BrainRequest) -> str:
    return " ".join(answer_unprompted(request).sentences)


def test_an_empty_conversation_is_greeted() -> None:
    assert said(BrainRequest(messages=())) == GREETING


@pytest.mark.parametrize(
    ("order", "answer"),
    [
        ("Say hello to the user", GREETING),
        ("Greet the user.", GREETING),
        ("You are a friendly assistant. Always start by greeting the user.", GREETING),
        ('Greet the caller with "Welcome aboard".', "Welcome aboard."),
        ('Say: "The lesson starts now."', "The lesson starts now."),
        ("Count to three.", "1, 2, 3."),
        ("Spell cat.", "C, A, T."),
    ],
)
def test_simple_orders_are_followed(order: str, answer: str) -> None:
    assert said(BrainRequest(messages=(system(order),))) == answer
    assert said(BrainRequest(messages=(), instructions=order)) == answer


def test_introduces_itself_when_told_to() -> None:
    assert answer_unprompted(BrainRequest(messages=(system("Introduce yourself."),))).intent == "identity"


def test_greets_by_the_name_that_the_system_told() -> None:
    order = system("The user is called Ada. Greet the user.")
    assert said(BrainRequest(messages=(order,))).startswith("Hello, Ada!")


@pytest.mark.parametrize("order", ["You are a pirate.", "Speak like Shakespeare.", "", "?!"])
def test_other_orders_lead_to_a_greeting(order: str) -> None:
    assert said(BrainRequest(messages=(system(order),))) == GREETING


def test_after_an_answer_it_asks_how_to_go_on() -> None:
    messages = (Message(role="user", text="Hi"), Message(role="assistant", text="Hello!"))
    assert said(BrainRequest(messages=messages)) == "Is there anything else you would like to know?"


@pytest.mark.parametrize(
    ("output", "answer"),
    [
        ('{"status": "shipped", "days": 2}', "The status is shipped and the days are 2."),
        ("18 degrees, sunny.", "18 degrees, sunny."),
        ("", "The tool answers nothing."),
        ("[]", "Nothing was found."),
    ],
)
def test_a_tools_output_is_read_out(output: str, answer: str) -> None:
    messages = (Message(role="user", text="Where is it?"), Message(role="tool", call_id="c", text=output))
    assert said(BrainRequest(messages=messages)) == answer


def test_a_long_output_is_cut() -> None:
    assert len(said(BrainRequest(messages=(Message(role="tool", text="word " * 1000),)))) < 310
