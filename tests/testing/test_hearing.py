"""Words found in what was heard, as a listener would find them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.testing.hearing import matches, word_errors

WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=6)


@pytest.mark.parametrize(
    ("wanted", "heard", "tolerance", "found"),
    [
        ("Table for two.", "a TABLE, for two", 0, True),
        ("table for two", "a table for to", 0, False),
        ("table for two", "a table for to", 0.34, True),
        ("order seven", "order eleven", 0.34, False),
        ("", "anything", 0, True),
        ("Friday", "", 0.34, False),
        ("größer", "Größer!", 0, True),
        ("order number seven", "Where is order number 7?", 0, True),
    ],
)
def test_matching(wanted: str, heard: str, tolerance: float, found: bool) -> None:
    assert matches(wanted, heard, tolerance) is found


@given(WORDS, WORDS, WORDS)
def test_what_is_there_is_found(before: list[str], wanted: list[str], after: list[str]) -> None:
    assert word_errors(wanted, before + wanted + after) == 0


@given(WORDS, WORDS)
def test_no_more_errors_than_words(wanted: list[str], heard: list[str]) -> None:
    assert 0 <= word_errors(wanted, heard) <= len(wanted)
    assert (word_errors(wanted, heard) == 0) == any(heard[i : i + len(wanted)] == wanted for i in range(len(heard) + 1))
