"""Summaries made of a conversation's own sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.summarising import summary_of
from rtnb.server.brains.task_order import Said
from rtnb.tokens import count_text

TALK = (
    Said("user", "Hello! What is server VAD?"),
    Said("assistant", "Server VAD ends your turn after a fixed silence. Ask me more!"),
    Said("user", "And what does a minute of audio cost?"),
    Said("assistant", "A minute of your speech is 600 tokens."),
)


def test_greetings_are_left_out_and_the_order_is_kept() -> None:
    text = " ".join(summary_of(TALK))
    assert "Hello" not in text
    assert text.index("server VAD?") < text.index("fixed silence") < text.index("600 tokens")


@pytest.mark.parametrize(
    ("order", "lines"),
    [("Summarise in one sentence.", 1), ("Summarise in at most two sentences.", 2), ("A single-sentence recap.", 1)],
)
def test_it_keeps_the_number_of_sentences(order: str, lines: int) -> None:
    assert len(summary_of(TALK, order)) == lines


def test_it_keeps_the_number_of_words() -> None:
    assert 5 < len(" ".join(summary_of(TALK, "Summarise in at most 30 words.")).split()) <= 30


def test_bullets() -> None:
    assert all(line.startswith("- ") and line.endswith("\n") for line in summary_of(TALK, "As bullet points."))


def test_speech_is_shorter() -> None:
    spoken, written = summary_of(TALK, most_tokens=300, spoken=True), summary_of(TALK, most_tokens=300)
    assert count_text(" ".join(spoken)) < count_text(" ".join(written))


def test_nothing_said() -> None:
    assert summary_of(()) == summary_of((Said("user", ""),)) == ("Nothing has been said yet.",)


roles = st.sampled_from(["user", "assistant"])


@given(st.lists(st.builds(Said, roles, st.text(max_size=120)), max_size=6), st.integers(12, 300))
def test_any_conversation_has_a_summary_within_its_limit(about: list[Said], most: int) -> None:
    lines = summary_of(about, most_tokens=most)
    assert lines and all(lines)
