"""Saying what one is told to say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.base import Message
from rtnb.server.brains.repeating import answer_repeating
from rtnb.server.brains.skill import Utterance


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Repeat after me: the quick brown fox", "The quick brown fox."),
        ("repeat after me the quick brown fox", "The quick brown fox."),
        ("Please repeat: server VAD is not a person!", "Server VAD is not a person!"),
        ("Say good morning", "Good morning!"),
        ("Say hello to the user.", "Hello!"),
        ("Could you say hello to the class, please?", "Hello, class!"),
        ("say hello to Sam", "Hello, Sam!"),
        ('Say "the lesson starts now".', "The lesson starts now."),
        ("say exactly: 1 2 3", "1 2 3."),
        ("Repeat after me.", "Tell me what to repeat."),
    ],
)
def test_repeats(asked: str, said: str) -> None:
    answer = answer_repeating(Utterance(asked))
    assert answer is not None
    assert answer.sentences == (said,)


@pytest.mark.parametrize("asked", ["Say that again", "Could you repeat that, please?", "What did you say?", "Pardon?"])
def test_says_the_last_answer_again(asked: str) -> None:
    call = Message(role="assistant", name="lookup", call_id="c1", text="{}")
    before = (Message(role="assistant", text="It is 84."), call, Message(role="user", text="Hm?"))
    again, nothing_yet = answer_repeating(Utterance(asked), before), answer_repeating(Utterance(asked))
    assert again is not None
    assert again.sentences == ("It is 84.",)
    assert nothing_yet is not None
    assert nothing_yet.sentences == ("I have not said anything yet.",)


@pytest.mark.parametrize(
    "text", ["say what server VAD is", "they say it is cold", "What is repeat?", "say", "I said hello"]
)
def test_other_sentences_are_left_to_others(text: str) -> None:
    assert answer_repeating(Utterance(text)) is None


@given(text=st.text(max_size=3000))
def test_what_is_repeated_is_bounded_and_not_empty(text: str) -> None:
    answer = answer_repeating(Utterance(f"Repeat after me: {text}"))
    assert answer is not None
    assert 0 < len(answer.sentences[0]) <= 401
