"""Sums inside sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.arithmetic import answer_arithmetic
from rtnb.server.brains.skill import Utterance


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("What is twelve times seven?", "12 times 7 is 84."),
        ("what's 12x7", "12 times 7 is 84."),
        ("Square root of 81.", "The square root of 81 is 9."),
        ("What is 15% of 80?", "15 percent of 80 is 12."),
        ("add 3 and 4", "3 plus 4 is 7."),
        ("Subtract 3 from 10, please.", "10 minus 3 is 7."),
        ("What's the sum of one hundred and five and three?", "105 plus 3 is 108."),
        ("multiply six by seven", "6 times 7 is 42."),
        ("Divide 10 by 4", "10 divided by 4 is 2.5."),
        ("What is the difference between 9 and 4?", "9 minus 4 is 5."),
        ("What is double 8?", "2 times 8 is 16."),
        ("Can you tell me what 9 times 9 is?", "9 times 9 is 81."),
        ("I have a question: what is 12 times 12?", "12 times 12 is 144."),
        ("minus five plus three", "Minus 5 plus 3 is minus 2."),
        ("1 / 3", "1 divided by 3 is about 0.3333."),
        ("What is 5 divided by zero?", "5 divided by 0 has no answer: nothing can be divided by zero."),
        ("+".join("1" * 20), "That is 20."),
    ],
)
def test_sums_are_worked_out_and_said_again(asked: str, said: str) -> None:
    answer = answer_arithmetic(Utterance(asked))
    assert answer is not None
    assert answer.sentences == (said,)


@pytest.mark.parametrize(
    "text",
    [
        "seven",
        "I have 3 plus points",
        "two of us",
        "What is a sum?",
        "",
        "count to ten",
        "at 8 o'clock",
        "add",
        "subtract from",
    ],
)
def test_other_sentences_are_left_to_others(text: str) -> None:
    assert answer_arithmetic(Utterance(text)) is None


@given(left=st.integers(0, 10**6), right=st.integers(0, 10**6))
def test_sums_of_two_are_right(left: int, right: int) -> None:
    answer = answer_arithmetic(Utterance(f"What is {left:,} plus {right}?"))
    assert answer is not None
    assert answer.sentences == (f"{left:,} plus {right:,} is {left + right:,}.",)
