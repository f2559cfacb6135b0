"""Honest answers to what cannot be known here."""

from __future__ import annotations

import pytest

from rtnb.server.brains.skill import Utterance
from rtnb.server.brains.unknowable import answer_unknowable


@pytest.mark.parametrize(
    ("text", "heard", "said"),
    [
        (
            "What is the weather in Paris?",
            True,
            "I heard a question about the weather in Paris. I have no weather tool here, so I cannot know.",
        ),
        ("what's the weather in new york today", False, "You asked about the weather in New York."),
        ("Will it rain tomorrow?", False, "You asked about the weather."),
        ("How cold is it in the Swiss Alps right now?", True, "I heard a question about the weather in Swiss Alps."),
        ("What time is it in Tokyo?", True, "I heard a question about the time in Tokyo. I have no clock here"),
        ("Do you have the time?", False, "You asked about the time."),
        ("What day is it?", False, "You asked about the date. I have no calendar here, so I cannot know."),
        ("What's in the news?", True, "I heard a question about the news."),
        ("Who won the world cup?", True, "I heard a question about sports."),
    ],
)
def test_says_what_was_asked_and_why_there_is_no_answer(text: str, heard: bool, said: str) -> None:
    answer = answer_unknowable(Utterance(text, heard=heard))
    assert answer is not None
    assert " ".join(answer.sentences).startswith(said)
    assert "cannot know" in answer.sentences[1]


@pytest.mark.parametrize("text", ["What is a session?", "The weather was nice so we went out to the old harbor"])
def test_other_sentences_are_left_to_others(text: str) -> None:
    assert answer_unknowable(Utterance(text)) is None


def test_a_brief_answer_keeps_the_reason() -> None:
    answer = answer_unknowable(Utterance("What is the weather in Paris?", heard=True))
    assert answer is not None
    assert answer.cut().sentences == (
        "I heard a question about the weather in Paris, but I have no weather tool here, so I cannot know.",
    )
