"""Word error rates."""

from __future__ import annotations

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


def test_rates() -> None:
    assert word_errors("", "").rate == 0 and word_errors("", "a").rate == 1 and word_errors("a b", "c d e").rate == 1.5


@given(WORDS, WORDS)
def test_it_is_a_distance(left: str, right: str) -> None:
    there, back = word_errors(left, right), word_errors(right, left)
    assert there.errors == back.errors and (there.errors == 0) == (left == right)
    assert abs(there.words - back.words) <= there.errors <= max(there.words, back.words)
    assert there.words - there.deleted + there.inserted == back.words
