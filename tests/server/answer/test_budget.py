from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.answer.budget import Budget
from rtnb.tokens import assistant_audio_tokens, count_text

WORDS = st.lists(st.text(alphabet="abc é ", min_size=1, max_size=8), max_size=12).map(" ".join)


@given(st.integers(1, 40), st.lists(st.tuples(WORDS, st.floats(0, 900)), max_size=6))
def test_never_more_than_the_limit_and_always_a_beginning(limit: int, pieces: list[tuple[str, float]]) -> None:
    budget, taken, audio_ms = Budget(limit), "", 0.0
    for text, duration_ms in pieces:
        fitting = budget.fitting(text, duration_ms)
        assert text.startswith(fitting)
        share = duration_ms * len(fitting) / len(text) if text else 0.0
        if fitting != text and not fitting:
            break
        budget.take(fitting, share)
        taken, audio_ms = taken + fitting, audio_ms + share
        assert count_text(taken) + assistant_audio_tokens(audio_ms) <= limit
        if fitting != text:
            break


def test_each_output_item_is_counted_by_itself() -> None:
    budget = Budget(6)
    for _ in range(3):
        assert budget.fitting("one two") == "one two"
        budget.take("one two")
        budget.begin()
    assert budget.fitting("three") == ""


def test_without_a_limit_nothing_is_counted() -> None:
    budget = Budget("inf")
    budget.take("word " * 10_000, 1e9)
    assert budget.fitting("more", 1e9) == "more"
