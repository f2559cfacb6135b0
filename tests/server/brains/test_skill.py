"""What skills take and give."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.skill import Answer, Utterance


@given(text=st.text(max_size=5000))
def test_utterances_are_one_bounded_line(text: str) -> None:
    said = Utterance(text)
    assert len(said.text) <= 1200
    assert said.text == " ".join(said.text.split())
    assert said == Utterance(text)


def test_a_cut_answer_is_its_first_sentence_unless_it_must_be_whole() -> None:
    assert Answer("x", ("One.", "Two.")).cut().sentences == ("One.",)
    assert Answer("x", ("One.", "Two."), brief="In short.").cut().sentences == ("In short.",)
    assert Answer("x", ("One.", "Two."), whole=True).cut().sentences == ("One.", "Two.")
