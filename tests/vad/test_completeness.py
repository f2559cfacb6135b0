"""The words' part in semantic turn detection, on utterances as a recogniser writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.vad.completeness import combined, completeness_of

FINISHED = [
    "What is the weather in Paris?",
    "Turn off the kitchen lights.",
    "Turn off the kitchen lights, please.",
    "Tell me a long story.",
    "Where are you from?",
    "What are you looking for?",
    "Who did you give it to?",
    "What is that?",
    "How are you?",
    "What does it look like?",
    "Yes.",
    "yeah",
    "No, thanks.",
    "Thank you very much.",
    "Okay",
    "I think so.",
    "That's all.",
    "I'd like a table for two at seven.",
    "I need eggs, milk, and bread.",
    "My number is 415 555 0132.",
    "It's five five five, oh one two three, four five six.",
    "If it rains tomorrow, cancel the picnic.",
    "If it rains then cancel the picnic.",
    "I have two.",
    "I was born in 1987.",
    "We were three.",
    "Set a timer for 10 minutes.",
    "He went home! I did not.",
    "Because I said so, that's why.",
    "can you tell me the time in Tokyo",
    "What time does the next train to Basel leave",
    "Book the ten o'clock one.",
]

UNFINISHED = [
    "I would like to fly to",
    "I would like to fly to.",
    "What is the weather in",
    "Tell me about the",
    "I need eggs and",
    "I need eggs, milk,",
    "I need eggs, milk, cheese.",
    "So I was thinking, um",
    "Um...",
    "Uh,",
    "Well,",
    "I want to book a flight for my",
    "The reason is because",
    "Can you",
    "Could you please",
    "I mean",
    "I was wondering if",
    "My number is five five five",
    "My number is 415.",
    "The code is 7 3",
    "four one five five five",
    "It's spelled J O H",
    "If it rains tomorrow.",
    "When I was in Paris last year",
    "I think that",
    "He said that he—",
    "Let me think.",
    "Hold on.",
    "The flight number is BA-",
    "I'd like",
    "We are looking for a hotel with...",
    "That was good. And then we",
]


@pytest.mark.parametrize("text", FINISHED)
def test_finished(text: str) -> None:
    assert completeness_of(text) >= 0.8


@pytest.mark.parametrize("text", UNFINISHED)
def test_unfinished(text: str) -> None:
    assert completeness_of(text) <= 0.4


@pytest.mark.parametrize("text", ["", " ", ".", "?!", "…", "Paris", "the blue one near the window"])
def test_neither(text: str) -> None:
    assert 0.4 < completeness_of(text) < 0.7


@given(st.text(max_size=60))
def test_any_text_has_a_completeness(text: str) -> None:
    assert 0 <= completeness_of(text) <= 1
    assert completeness_of(f" {text} ") == completeness_of(text)


PROBABILITY = st.floats(0, 1)


@given(PROBABILITY, PROBABILITY)
def test_two_judges_meet_between_their_judgements(text: float, sound: float) -> None:
    both = combined(text, sound)
    assert both is not None
    low, high = sorted(min(0.99, max(0.01, value)) for value in (text, sound))
    assert low - 1e-9 <= both <= high + 1e-9


@given(PROBABILITY)
def test_one_judge_is_enough(p: float) -> None:
    assert combined(p, None) == combined(None, p) == p


@pytest.mark.parametrize(
    ("text", "language", "like"),
    [
        ("Wie ist das Wetter in Paris?", "de", "What is it?"),
        ("今日の天気はどうですか？", "ja", "What is it?"),
        ("Je voudrais une table.", "fr", "I would like a table."),
        ("Je voudrais une table,", "fr", "I would like a table,"),
        # Words that would dangle in English.
        ("Ich bin an.", "de", "I would like a table."),
        ("", "fr", ""),
    ],
)
def test_other_languages_are_judged_by_their_marks(text: str, language: str, like: str) -> None:
    assert completeness_of(text, language) == completeness_of(like)
