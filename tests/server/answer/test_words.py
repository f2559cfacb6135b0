from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.answer.words import pieces_of, word_ends


@given(st.text(alphabet="ab. \n\t\u00a0é", max_size=40))
def test_pieces_are_the_text_and_cuts_are_behind_words(text: str) -> None:
    assert "".join(pieces_of(text)) == text
    ends = word_ends(text)
    assert ends == sorted(set(ends)) and ends[0] == 0
    assert [text[:end].split() for end in ends] == [text.split()[:count] for count in range(len(text.split()) + 1)]


@pytest.mark.timeout(60)  # What takes a time that grows with the square would take hours.
@pytest.mark.parametrize("text", [" " * 300_000, "\n" * 300_000, "x" * 300_000, " x" * 150_000])
def test_a_flood_is_work_in_proportion_to_its_length(text: str) -> None:
    assert "".join(pieces_of(text)) == text
    assert word_ends(text)[0] == 0
