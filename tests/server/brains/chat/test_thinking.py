"""Thoughts are not said."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.chat.thinking import Thoughtless


def say(*pieces: str) -> str:
    thoughts = Thoughtless()
    return "".join(map(thoughts.push, pieces)) + thoughts.end()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<think>Hm. 2 < 3 and <b></b></think>Two.", "Two."),
        ("One<THINKING>x</THINKING> two<thought>y</thought>.", "One two."),
        ("<think>never ends", ""),
        ("<think></thinking></think>ok", "ok"),
        ("</think>Two.", "Two."),
        ("1 < 2, <thin air>, a<b", "1 < 2, <thin air>, a<b"),
        ("<think>a</think><think>b</think>c", "c"),
        ("ends with <thi", "ends with <thi"),
    ],
)
def test_they_are_left_out(text: str, said: str) -> None:
    assert say(text) == said
    assert say(*text) == said


def test_nothing_else_is_held_back() -> None:
    thoughts = Thoughtless()
    assert thoughts.push("Two is < ") == "Two is < "
    assert thoughts.push("three.<") == "three."
    assert thoughts.push("b") == "<b"
    assert not thoughts.thought


@given(st.lists(st.sampled_from(["<think>", "</think>", "<", "th", "ink>", "a ", "</", ">"]), max_size=12), st.data())
def test_any_cutting_gives_the_same(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    edges = [0, *cuts, len(text)]
    assert say(*(text[a:b] for a, b in itertools.pairwise(edges))) == say(text)
    # What stands before the first thought is said, and nothing from inside of one.
    assert say(text).startswith(re.split("</?think>", text)[0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hm.</think>Two.", "Two."),
        ("<think>Hm.</thinking>Two.", "Two."),
        ("a</think>b<think>c</think>d", "bd"),
        ("Hm.", ""),
    ],
)
def test_a_thought_that_is_open_from_the_beginning(text: str, said: str) -> None:
    for pieces in ([text], list(text)):
        thoughts = Thoughtless(begun=True)
        assert "".join(map(thoughts.push, pieces)) + thoughts.end() == said
        assert thoughts.thought
