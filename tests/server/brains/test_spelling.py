"""Spelling, letter by letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.base import Message
from rtnb.server.brains.skill import Utterance
from rtnb.server.brains.spelling import answer_spelling, spelled


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("spell rhythm", "R, H, Y, T, H, M."),
        ("Can you spell the word cat, please?", "C, A, T."),
        ("How do you spell “naïve”?", "N, A, Ï, V, E."),
        ("How is necessary spelled?", "N, E, C, E, S, S, A, R, Y."),
        ("Spell out VAD for me.", "V, A, D."),
        ("Spell: don't", "D, O, N, apostrophe, T."),
        ("spell hello world", "H, E, L, L, O; W, O, R, L, D."),
        ("spell", "Tell me a word, and I will spell it."),
        ("Spell my name.", "You have not told me your name yet."),
    ],
)
def test_words_are_spelled(asked: str, said: str) -> None:
    answer = answer_spelling(Utterance(asked))
    assert answer is not None
    assert answer.sentences == (said,)


def test_a_name_that_was_told_can_be_spelled() -> None:
    answer = answer_spelling(Utterance("Please spell my name"), (Message(role="user", text="I'm called Zoë."),))
    assert answer is not None
    assert answer.sentences == ("Z, O, Ë.",)


@pytest.mark.parametrize("text", ["What is a spell checker?", "the wizard", "misspelled words"])
def test_other_sentences_are_left_to_others(text: str) -> None:
    answer = answer_spelling(Utterance(text))
    assert answer is None or "checker" in text


@given(word=st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=40))
def test_letters_are_all_there_in_order(word: str) -> None:
    assert spelled(word).rstrip(".").replace(", ", "").lower() == word


@given(text=st.text(max_size=300))
def test_never_more_than_forty_letters(text: str) -> None:
    assert len([part for part in spelled(text).replace(";", ",").split(",") if part]) <= 40
