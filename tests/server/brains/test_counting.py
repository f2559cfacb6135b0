"""Counting up, down and in steps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.counting import answer_counting, counted
from rtnb.server.brains.skill import Utterance


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Count to five.", "1, 2, 3, 4, 5."),
        ("count from 3 to 7", "3, 4, 5, 6, 7."),
        ("Can you count down from five?", "5, 4, 3, 2, 1."),
        ("Count backwards from 3 to minus 1", "3, 2, 1, 0, -1."),
        ("count from two to ten by twos", "2, 4, 6, 8, 10."),
        ("Count to 20 in steps of 5", "1, 6, 11, 16."),
        ("Please count.", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10."),
        ("count down", "10, 9, 8, 7, 6, 5, 4, 3, 2, 1."),
        ("count from 8", "8, 9, 10, 11, 12, 13, 14, 15, 16, 17. 18."),
    ],
)
def test_counts(asked: str, said: str) -> None:
    answer = answer_counting(Utterance(asked))
    assert answer is not None
    assert " ".join(answer.sentences) == said


@pytest.mark.parametrize(
    "text", ["How do you count tokens?", "I count on you", "Does silence count?", "the count of Monte Cristo"]
)
def test_other_sentences_are_left_to_others(text: str) -> None:
    assert answer_counting(Utterance(text)) is None


@given(first=st.integers(-(10**9), 10**9), last=st.integers(-(10**9), 10**9), step=st.integers(-1000, 1000))
def test_counting_is_what_range_gives_and_ends(first: int, last: int, step: int) -> None:
    stride = max(1, abs(step))
    wanted = range(first, last + 1, stride) if first <= last else range(first, last - 1, -stride)
    said = counted(first, last, step)
    numbers = [int(word) for line in said if line[0] in "-0123456789" for word in line.rstrip(".").split(", ")]
    assert numbers == list(wanted[:50])
    assert (len(wanted) > 50) == ("breath" in said[-1])
