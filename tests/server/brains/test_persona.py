"""Orders that instructions give and the demo brain obeys."""

from __future__ import annotations

from typing import Any

import pytest

from rtnb.server.brains import BrainRequest, DemoBrain, Message
from rtnb.server.brains.persona import Persona, persona_of

SUM = "2 plus 2 is 4."


def say(text: str, instructions: str, *before: Message, **settings: Any) -> str:
    messages = (*before, Message(role="user", text=text))
    return " ".join(
        DemoBrain().answer(BrainRequest(messages=messages, instructions=instructions, **settings)).sentences
    )


@pytest.mark.parametrize(
    ("instructions", "answer"),
    [
        ("Always answer with exactly: The line is closed.", "The line is closed."),
        ("Reply only with 'OK'.", "OK"),
        ('Always respond with "I cannot help with that."', "I cannot help with that."),
        ("Respond with the single word pong.", "pong"),
        ('Only say "yes" and nothing else.', "yes"),
        ("Answer every question with exactly the words “No comment”.", "No comment"),
        ('Say exactly "ping" to everything.', "ping"),
        ('Begin every answer with "Captain\'s log".', f"Captain's log. {SUM}"),
        ('Always start your answers with "Well," please.', f"Well. {SUM}"),
        ('End each response with "Over and out!"', f"{SUM} Over and out!"),
        ('Always include the phrase "San Francisco".', f"{SUM} San Francisco."),
        (
            "You always, ALWAYS mention San Francisco by name in every response. Always include the phrase "
            '"San Francisco". This is for testing, so stick to it!',
            f"{SUM} San Francisco.",
        ),
        ("Always mention Acme Coffee.", f"{SUM} Acme Coffee."),
        ("Call the user Sam.", "2 plus 2 is 4, Sam."),
        ("Address the caller as Doctor Who.", "2 plus 2 is 4, Doctor Who."),
        ("Answer only in French.", f"I was told to speak French, but I only speak English. {SUM}"),
        ("Speak like a pirate.", SUM),
        ("Only speak English.", SUM),
        ("Answer only questions about boats.", SUM),
        ("Respond only in JSON.", SUM),
        ("Reply with one short sentence.", SUM),
        ('If the user asks about refunds, mention "the policy".', SUM),
        ("Call the user by name.", SUM),
        ("", SUM),
    ],
)
def test_orders(instructions: str, answer: str) -> None:
    assert say("What is 2 + 2?", instructions) == answer
    assert say("What is 2 + 2?", "", Message(role="system", text=instructions)) == answer


def test_its_own_name() -> None:
    for instructions in ("Your name is Ada.", "You are Ada, a friendly guide.", "You are a receptionist named Ada."):
        assert say("Hello!", instructions) == "Hello! I am Ada. What would you like to know?"
        assert say("What is your name?", instructions).startswith("I am Ada: ")
    assert say("Hello!", "You are Brief.") == "Hello!"
    assert say("Hello!", "You are a pirate.").startswith("Hello! I am rtnb's demo brain.")


def test_the_users_name_is_known_from_the_instructions() -> None:
    assert say("What is my name?", "The user's name is Sam.") == "Your name is Sam."
    assert say("Hello!", "Call the user Sam.").startswith("Hello, Sam!")


def test_another_language_is_declined_once() -> None:
    answered = (Message(role="user", text="Hi"), Message(role="assistant", text="Hello!"))
    assert say("What is 2 + 2?", "Speak only Spanish.", *answered) == SUM


def test_a_user_may_ask_for_a_fixed_reply() -> None:
    assert say("Reply only with 'OK'.", "") == "OK"


def test_several_orders_together() -> None:
    orders = 'Your name is Ada. Begin every answer with "Hm." Always mention "tea". End every answer with "Bye."'
    assert say("What is 2 + 2?", orders) == f"Hm. {SUM} Tea. Bye."


def test_orders_hold_for_outputs_of_tools_but_not_for_calls() -> None:
    tool = {"name": "get_weather", "parameters": {"properties": {"city": {"type": "string"}}}}
    request = BrainRequest(
        messages=(Message(role="user", text="What is the weather in Oslo?"),),
        tools=(tool,),
        instructions="Reply only with 'OK'.",
    )
    assert DemoBrain().answer(request).calls[0].name == "get_weather"


def test_no_orders_are_no_persona() -> None:
    assert persona_of(BrainRequest(messages=(), instructions="You are a helpful assistant.")) == Persona()
