"""Numbers on the command line."""

from __future__ import annotations

from argparse import ArgumentTypeError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.cli.vad_arguments import MOST_VALUES, constraint, decimals, seconds, wholes


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=20))
def test_lists_are_what_they_say_without_repetition(values: list[int]) -> None:
    assert wholes(",".join(map(str, values))) == tuple(dict.fromkeys(values))


@given(st.integers(0, 100), st.integers(0, 100), st.integers(1, 20))
def test_ranges_hold_their_first_and_no_more_than_their_last(first: int, more: int, step: int) -> None:
    found = decimals(f"{first / 100}:{(first + more) / 100}:{step / 100}")
    assert found[0] == first / 100 and found == tuple(
        round(first / 100 + i * step / 100, 9) for i in range(more // step + 1)
    )


@given(st.text(max_size=12))
def test_anything_else_is_refused_in_words(text: str) -> None:
    try:
        found = decimals(text)
    except ArgumentTypeError as error:
        assert str(error)
    else:
        assert found and len(found) <= MOST_VALUES * 12


def test_the_rest() -> None:
    assert seconds("0.7") == 0.7 and constraint(" merged = 0") == ("merged", 0.0)
    for text in ("0", "-1", "inf", "x"):
        with pytest.raises(ArgumentTypeError):
            seconds(text)
    for text in ("=1", "merged=", "merged=few"):
        with pytest.raises(ArgumentTypeError):
            constraint(text)
