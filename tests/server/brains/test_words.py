"""Spellings set aside."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rtnb.server.brains.words import is_question, is_speech, parts, plain, quoted, sentence, singular, tidy


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("What's server VAD?", "what is server vad"),
        ("what is server v a d", "what is server vad"),
        ("WHAT IS SERVER V.A.D.", "what is server vad"),
        ("server-side vat", "server side vad"),
        ("barge-in", "barge in"),
        ("What is Bargeon?", "what is barge in"),
        ("the real-time A.P.I.", "the realtime api"),
        ("What's RT&B?", "what is rtnb"),
        ("cash tokens", "cached tokens"),
        ("I can’t; you don't, I'm, we've, it's", "i can not you do not i am we have it is"),
        ("1,200 and 0.5 and 15%", "1200 and 0.5 and 15 percent"),
        ("The server's VAD.", "the server vad"),
        ("  ", ""),
    ],
)
def test_one_spelling_for_all(text: str, compared: str) -> None:
    assert plain(text) == compared


@given(text=st.text())
def test_plain_is_made_of_single_words_and_stays_as_it_is(text: str) -> None:
    once = plain(text)
    assert once == " ".join(once.split())
    assert not set(once) & set('?!,;:"“”\n\t')


@given(text=st.text())
def test_tidy_is_one_line_of_printable_text(text: str) -> None:
    once = tidy(text)
    assert once == tidy(once)
    once.encode()
    assert "\n" not in once


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What is VAD? And what is a turn?", ["What is VAD?", "And what is a turn?"]),
        ("Hi there, what is server VAD", ["Hi there", "what is server VAD"]),
        ("Hello world", ["Hello world"]),
        ("what is VAD and how does it work", ["what is VAD", "how does it work"]),
        ("two and two", ["two and two"]),
        ("It costs 0.5 dollars. Okay.", ["It costs 0.5 dollars.", "Okay."]),
    ],
)
def test_parts(text: str, found: list[str]) -> None:
    assert parts(text) == found


@given(text=st.text(min_size=1))
def test_there_is_always_a_part(text: str) -> None:
    assert parts(text)


@pytest.mark.parametrize("text", ["", " ", ".", "…", "[BLANK_AUDIO]", "(music) .", "♪", "*coughs*", "?!"])
def test_sounds_are_no_speech(text: str) -> None:
    assert not is_speech(text)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("What is VAD", True),
        ("so can you explain that to all of us", True),
        ("threshold", True),
        ("He said it was late when I came home last night", False),
        ("I do not like it when people interrupt me at dinner", False),
        ("I really wanted to go home early tonight?", True),
    ],
)
def test_questions(text: str, question: bool) -> None:
    assert is_question(text) is question


@given(text=st.text(max_size=500), most=st.integers(1, 20))
def test_quotes_hold_the_beginning(text: str, most: int) -> None:
    assume(is_speech(text))
    text = tidy(text)
    quote = quoted(text, most_words=most, most_characters=50)
    assert quote[0] == "“"
    assert quote[-1] == "”"
    assert len(quote) <= 54
    assert len(quote.split()) <= most


def test_short_words_keep_their_s() -> None:
    assert [singular(word) for word in ("this", "is", "his", "bus", "less", "cats")] == [
        "this",
        "is",
        "his",
        "bus",
        "less",
        "cat",
    ]


def test_sentences_end() -> None:
    assert [sentence(text) for text in ("one", "two!", "three…", "four,")] == ["One.", "Two!", "Three…", "Four."]
