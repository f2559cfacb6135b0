"""Text to be spoken, without marks."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.chat.plain import Plain


def say(*pieces: str) -> str:
    plain = Plain()
    return "".join(map(plain.push, pieces)) + plain.end()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It is **very** nice, *really* _nice_.", "It is very nice, really nice."),
        ("***Both*** and __this__ and ~~that~~.", "Both and this and that."),
        ("**Done.** Next.", "Done. Next."),
        ("**Note:** yes", "Note: yes"),
        ("3 * 4 is 12, and 3*4 too; 2**3 is 8.", "3 * 4 is 12, and 3*4 too; 2**3 is 8."),
        ("call look_up_it and _private", "call look_up_it and private"),
        ("Use `pip install`.\n```python\nx = 1\n```", "Use pip install.\npython\nx = 1\n"),
        ("# Title\n\n- one\n* two\n  + three\n> four", "Title\n\none\ntwo\nthree\nfour"),
        ("-5 degrees - or #1", "-5 degrees - or #1"),
        ("See [the *docs*](http://x.y/z) now [1].", "See the docs now [1]."),
        ("Hello 👋🏽 there! 😀 How are you? ☀️", "Hello there! How are you? "),
        ("👨‍👩‍👧 family 🇫🇷 flag 1️⃣", "family flag 1"),
        ("~5 and a ~ b", "~5 and a ~ b"),
        ("ends with *", "ends with *"),
        ("ends with [a", "ends with [a"),
        ("- ", ""),
        ("", ""),
    ],
)
def test_marks_go_and_words_stay(text: str, said: str) -> None:
    assert say(text).lstrip(" ") == said
    assert say(*text).lstrip(" ") == said


def test_the_end_of_a_sentence_is_not_held_back() -> None:
    plain = Plain()
    assert plain.push("It is nine.") == "It is nine."
    assert plain.push(" ") == " "
    assert plain.push("Or") == "Or"
    assert plain.push(" **ten") == " ten"
    assert plain.push(".**") == "."
    assert plain.push(" So") == " So"


@given(st.text("ab1 *_`~[]()\n-#😀.!", max_size=40), st.data())
def test_any_cutting_gives_the_same(text: str, data: st.DataObject) -> None:
    edges = [0, *sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6))), len(text)]
    assert say(*(text[a:b] for a, b in itertools.pairwise(edges))) == say(text)


@given(st.text(st.characters(categories=["L", "Nd"]), max_size=30))
def test_words_are_left_alone(text: str) -> None:
    assert say(text) == text


@pytest.mark.parametrize(
    "part", [" ", "\t", "*", "_", "`", "[", "[]", "[](", "[a](b", "#", "- ", "😀", "\n ", " *", "~"]
)
@pytest.mark.parametrize("begin", ["", "Hi.\n"])
@pytest.mark.timeout(60)  # What takes a time that grows with the square would take hours.
def test_a_flood_is_work_in_proportion_to_its_length(begin: str, part: str) -> None:
    say(begin + part * (300_000 // len(part)) + "x")


@pytest.mark.parametrize("part", [" ", "- ", "*", "[", "[a](", "\t#"])
def test_little_is_held_back_of_a_flood(part: str) -> None:
    plain, most = Plain(), 0
    plain.push("\n")
    for _ in range(3000):
        plain.push(part)
        most = max(most, len(plain._rest))
    assert most < 1000


def test_deep_indentation_is_one_space() -> None:
    assert say("\n" + " " * 500 + "- x") == "\n - x"
    assert say("\n" + " " * 20 + "- x") == "\nx"
