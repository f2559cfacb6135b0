"""What is said when nothing fits."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from rtnb.server.brains.base import Message
from rtnb.server.brains.data import section
from rtnb.server.brains.fallback import answer_anyhow
from rtnb.server.brains.skill import Utterance
from rtnb.server.brains.words import is_speech


def test_tells_heard_from_written() -> None:
    heard, typed = answer_anyhow(Utterance("My cat is blue", heard=True)), answer_anyhow(Utterance("My cat is blue"))
    assert heard.sentences[0] == "I heard: “My cat is blue.”"
    assert typed.sentences[0] == "You wrote: “My cat is blue.”"


def test_a_long_dialogue_is_not_monotonous() -> None:
    message = Message(role="user", text="x")
    hints = [answer_anyhow(Utterance("My cat is blue."), (message,) * turn).sentences[1] for turn in range(20)]
    assert len(set(hints)) == len(section("fallback")["hints"]) >= 8
    assert all(first != second for first, second in pairwise(hints))


def test_its_own_words_are_few() -> None:
    texts = section("fallback")
    for hint in (*texts["hints"], texts["foreign"]):
        assert len(f"You wrote: {hint}".split()) <= 12


def test_says_which_language_it_knows() -> None:
    assert answer_anyhow(Utterance("你好吗")).sentences == ("You wrote: “你好吗.”", "I only understand English.")


@given(text=st.text(max_size=2000), heard=st.booleans())
def test_quotes_are_cut(text: str, heard: bool) -> None:
    assume(is_speech(text))
    first, _ = answer_anyhow(Utterance(text, heard=heard)).sentences
    assert len(first) <= 130
    assert len(first.split()) <= 2 + 15
    assert first.endswith(("”",))
