"""Words that two passes agree on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.input.agreement import Agreement, aligned_end, pieces

WORDS = st.sampled_from(["what", "is", "the", "weather", "Weather,", "in", "Paris", "paris?", "5%", "–", "...", "né"])
TEXTS = st.one_of(st.lists(WORDS, max_size=40).map(" ".join), st.text(max_size=30))


@given(st.lists(TEXTS, max_size=8), TEXTS, st.integers(0, 4))
def test_what_is_out_is_never_taken_back(passes: list[str], final: str, held_words: int) -> None:
    agreement = Agreement(held_words)
    out = ""
    for text in passes:
        out += agreement.push(text)
        assert agreement.text == out
    out += agreement.finish(final)
    assert agreement.text == out


@given(st.lists(TEXTS, max_size=5), TEXTS)
def test_one_pass_alone_says_nothing(passes: list[str], final: str) -> None:
    agreement = Agreement()
    assert agreement.push(passes[0] if passes else "") == ""
    assert agreement.finish(final) == final


@given(st.lists(WORDS, min_size=1, max_size=60), st.integers(1, 5), st.integers(0, 3))
def test_a_text_that_only_grows_comes_out_as_it_is(words: list[str], step: int, held_words: int) -> None:
    agreement = Agreement(held_words)
    deltas = [agreement.push(" ".join(words[:end])) for end in range(0, len(words) + 1, step)]
    # All but the last step, and what is held back, is out.
    assert len(agreement.text.split()) >= len(words) - 2 * step - held_words
    deltas.append(agreement.finish(" ".join(words)))
    assert "".join(deltas) == " ".join(words)
    assert not deltas[0].startswith(" ")


@pytest.mark.parametrize(
    ("passes", "deltas"),
    [
        # The end of a sentence is no end while one speaks.
        (["What is.", "What is the.", "What is the weather."], ["", "What is", " the"]),
        (["Well.", "Well.", "Well, I think so.", "Well, I think so too."], ["", "Well", "", ", I think so"]),
        (["I went to", "I went too", "I went too far"], ["", "I went", " too"]),
        (["one two", "three four", "one two"], ["", "", ""]),
    ],
)
def test_deltas(passes: list[str], deltas: list[str]) -> None:
    agreement = Agreement()
    assert [agreement.push(text) for text in passes] == deltas


def test_words_are_held_back() -> None:
    agreement = Agreement(held_words=2)
    assert [agreement.push("one two three four") for _ in range(2)] == ["", "one two"]


@pytest.mark.parametrize(
    ("out", "final", "text"),
    [
        ("Hello there", "Hello there.", "Hello there."),
        ("hello there", "Hello there, Bob.", "hello there, Bob."),
        ("I saw an ice cream van", "I saw an icecream van there.", "I saw an ice cream van there."),
        ("I saw", "", "I saw"),
        ("the weather in", "Whether in Paris or not", "the weather in Paris or not"),
    ],
)
def test_the_rest_follows_where_the_texts_match(out: str, final: str, text: str) -> None:
    agreement = Agreement()
    agreement.push(out + " x")
    agreement.push(out + " y")
    assert agreement.text == out
    agreement.finish(final)
    assert agreement.text == text


@given(st.lists(st.sampled_from("abc"), max_size=60), st.lists(st.sampled_from("abc"), max_size=60))
def test_the_end_lies_within(said: list[str], words: list[str]) -> None:
    end = aligned_end(said, words)
    assert 0 <= end <= len(words)
    assert aligned_end(words, words + said) == len(words)


def test_long_texts_are_compared_at_their_end() -> None:
    said = [str(n) for n in range(1000)]
    assert aligned_end(said, ["intro", *said, "more"]) == 1001
    assert aligned_end(said, [*said[:500], *said[501:], "more"]) == 999


@given(st.text())
def test_pieces_joined_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == (text if text.split() else "")
