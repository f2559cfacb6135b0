"""Greetings and company."""

from __future__ import annotations

import pytest

from rtnb.server.brains.base import Message
from rtnb.server.brains.skill import Utterance
from rtnb.server.brains.smalltalk import answer_small_talk, greeting

SAM = Message(role="user", text="My name is Sam.")
ANSWERED = Message(role="assistant", text="Hello!")


@pytest.mark.parametrize(
    ("words", "before", "said"),
    [
        ("hello", (), "Hello! I am rtnb's demo brain. What would you like to know?"),
        ("good evening", (), "Good evening! I am rtnb's demo brain. What would you like to know?"),
        ("hello", (SAM,), "Hello, Sam! I am rtnb's demo brain. What would you like to know?"),
        ("hi", (SAM, ANSWERED), "Hello again, Sam! What would you like to know?"),
    ],
)
def test_greets_by_hour_name_and_acquaintance(words: str, before: tuple[Message, ...], said: str) -> None:
    assert " ".join(greeting(words, before).sentences) == said


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Thanks!", "thanks"),
        ("okay, thank you very much", "thanks"),
        ("Thanks, bye!", "goodbye"),
        ("No, thank you.", "no"),
        ("Who are you?", "identity"),
        ("Are you a robot?", "human"),
        ("What can you do?", "abilities"),
        ("Yeah, okay.", "yes"),
        ("Stop!", "stop"),
        ("wait a moment please", "wait"),
        ("Do you speak French?", "language"),
        ("Who made you?", "maker"),
        ("How are you?", "greeting-how-are-you"),
        ("I'm fine, thanks.", "feeling"),
    ],
)
def test_intents(text: str, intent: str) -> None:
    answer = answer_small_talk(Utterance(text))
    assert answer is not None
    assert answer.intent == intent


def test_says_that_it_hears_only_when_it_does() -> None:
    heard = answer_small_talk(Utterance("Can you hear me?", heard=True))
    typed = answer_small_talk(Utterance("Can you hear me?"))
    assert heard is not None
    assert heard.sentences[0] == "Yes, I hear you."
    assert typed is not None
    assert typed.sentences[0] == "Yes, I am here."


def test_says_what_it_is() -> None:
    answer = answer_small_talk(Utterance("What are you?"))
    assert answer is not None
    assert answer.sentences[0].startswith("I am rtnb's demo brain")


def test_goodbye_uses_the_name() -> None:
    answer = answer_small_talk(Utterance("Bye bye."), (SAM,))
    assert answer is not None
    assert answer.sentences[0] == "Goodbye, Sam."


def test_other_sentences_are_left_to_others() -> None:
    assert answer_small_talk(Utterance("What is server VAD?")) is None
