"""Word error rates."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.session.verbs.word_errors import WordErrors, word_errors

WORDS = st.lists(st.sampled_from(["a", "b", "c", "don't", "7"]), max_size=8).map(" ".join)


@pytest.mark.parametrize(
    ("reference", "heard", "expected"),
    [
        ("a b c", "a b c", (0, 0, 0, 3)),
        ("a b c", "a x c", (1, 0, 0, 3)),
        ("a b c", "a c", (0, 1, 0, 3)),
        ("a c", "a b c", (0, 0, 1, 2)),
        ("", "a", (0, 0, 1, 0)),
        ("It’s 1,000 dollars.", "it's 1000 Dollars", (0, 0, 0, 3)),
    ],
)
def test_what_is_counted(reference: str, heard: str, expected: tuple[int, int, int, int]) -> None:
    assert word_errors(reference, heard) == WordErrors(*expected)


@pytest.mark.parametrize(
    ("reference", "heard", "expected"),
    [
        ("किताब पढ़ो", "किताब पढ़ो", (0, 0, 0, 2, "words")),
        ("किताब पढ़ो", "कताब पढ़ो", (1, 0, 0, 2, "words")),
        ("café", "cafe\u0301", (0, 0, 0, 1, "words")),
        ("می\u200cخواهم", "میخواهم", (0, 0, 0, 1, "words")),
        ("今天天气很好,我们去公园。", "今天天气很好我们去学校", (2, 0, 0, 11, "characters")),
        ("今日は天気がいいですね", "今日は天気が悪いですね", (1, 0, 0, 11, "characters")),
        ("ที่นี่", "ที่\u200bนี", (1, 0, 0, 2, "characters")),
        ("ភាសាខ្មែរ", "ភាសាខ្មែរ", (0, 0, 0, 5, "characters")),
        ("ຂອບໃຈ", "ຂອບ", (0, 2, 0, 5, "characters")),
        ("안녕하세요 여러분", "안녕하세요 여러본", (1, 0, 0, 2, "words")),
        ("我用 OpenAI", "我用 OpenAI", (0, 0, 0, 3, "words and characters")),
    ],
)
def test_scripts(reference: str, heard: str, expected: tuple[int, int, int, int, str]) -> None:
    assert word_errors(reference, heard) == WordErrors(*expected)


def test_what_is_counted_is_said() -> None:
    assert str(word_errors("天气", "天")) == "50.0% (1 of 2 characters)"


def plainly(left: list[str], right: list[str]) -> tuple[int, int]:
    """Errors, and how many of them are no substitutions where there are several ways."""
    row = list(accumulate(right, lambda cell, _: (cell[0] + 1, cell[1] + 1), initial=(0, 0)))
    for one in left:
        above, row = row, [(row[0][0] + 1, row[0][1] + 1)]
        for at, other in enumerate(right):
            (errors, unequal), up, beside = above[at], above[at + 1], row[-1]
            through = (errors + (one != other), unequal)
            row.append(min(through, (up[0] + 1, up[1] + 1), (beside[0] + 1, beside[1] + 1)))
    return row[-1]


@given(WORDS, WORDS)
def test_it_is_the_least(left: str, right: str) -> None:
    found = word_errors(left, right)
    assert (found.errors, found.deleted + found.inserted) == plainly(left.split(), right.split())
    assert min(found.substituted, found.deleted, found.inserted) >= 0


def test_an_hour_of_speech_is_compared() -> None:
    """81 million comparisons: seconds in NumPy, minutes word by word in Python."""
    said, heard = (" ".join(f"w{at * step % 700}" for at in range(9000)) for step in (1, 7))
    found = word_errors(said, heard)
    assert found.words == 9000 and 0.9 < found.rate <= 1


def test_rates() -> None:
    assert word_errors("", "").rate == 0 and word_errors("", "a").rate == 1 and word_errors("a b", "c d e").rate == 1.5


@given(WORDS, WORDS)
def test_it_is_a_distance(left: str, right: str) -> None:
    there, back = word_errors(left, right), word_errors(right, left)
    assert there.errors == back.errors and (there.errors == 0) == (left == right)
    assert abs(there.words - back.words) <= there.errors <= max(there.words, back.words)
    assert there.words - there.deleted + there.inserted == back.words
