"""Names: told, asked for, and not mistaken for other things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.base import Message
from rtnb.server.brains.memory import answer_name, told_name
from rtnb.server.brains.skill import Utterance


def user(text: str) -> Message:
    return Message(role="user", text=text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is Sam.", "Sam"),
        ("my name's sam and I like boats", "Sam"),
        ("Hi, my name is Ada Lovelace!", "Ada Lovelace"),
        ("You may call me Jean-Luc.", "Jean-Luc"),
        ("I'm called O'Brien", "O'Brien"),
        ("Hello, I'm Sam.", "Sam"),
        ("I heard of the, this is Diane in New Jersey.", "Diane"),
        ("my name is Åsa", "Åsa"),
        ("My name is not important.", None),
        ("What is my name?", None),
        ("Hello, I'm tired.", None),
        ("This is great.", None),
        ("The name of the game is on the box.", None),
        ("my name is", None),
    ],
)
def test_names_are_found(text: str, name: str | None) -> None:
    assert told_name([user(text)]) == name


def test_the_last_name_counts_and_the_assistant_does_not() -> None:
    said = [user("My name is Sam."), Message(role="assistant", text="My name is rtnb."), user("No, call me Ada.")]
    assert told_name(said) == "Ada"


def test_the_system_may_tell_the_name() -> None:
    assert told_name([Message(role="system", text="The user's name is Grace.")]) == "Grace"


def test_asking_before_and_after_telling() -> None:
    asked = Utterance("Do you remember my name?")
    unknown, known = answer_name(asked), answer_name(asked, (user("My name is Sam."),))
    assert unknown is not None
    assert unknown.sentences == ("You have not told me your name yet.",)
    assert known is not None
    assert known.sentences == ("Your name is Sam.",)


@given(text=st.text(max_size=200))
def test_names_are_short(text: str) -> None:
    name = told_name([user(f"my name is {text}")])
    assert name is None or 0 < len(name) <= 40
