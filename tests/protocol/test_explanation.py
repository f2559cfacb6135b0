"""How an explanation reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.protocol.explain import explain
from rtnb.protocol.explanation import SEVERAL, Explanation, explanation_text, shortened


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_of_words_is_wider_than_the_terminal(width: int) -> None:
    for name in ("response.done", "cannot_update_voice", "1006", "threshold"):
        for line in explanation_text(explain(name), width=width).splitlines():
            assert len(line) <= width or " " not in line.strip(), line


def test_a_terminal_that_is_too_narrow_wraps_by_itself() -> None:
    assert explanation_text(explain("1006"), width=3) == explanation_text(explain("1006"), width=40)


@given(st.lists(st.text(st.characters(categories=["L"]), min_size=1, max_size=5), max_size=20), st.integers(1, 9))
def test_long_lists_are_counted(names: list[str], most: int) -> None:
    text = shortened(names, most)
    hidden = int(text.split()[-2]) if text.endswith(" more") else 0
    assert hidden == 0 or hidden >= 2
    assert hidden == (len(names) - most if len(names) > most + 1 else 0)


def test_parts_follow_each_other() -> None:
    parts = tuple(Explanation(name=name, kind="value", means=f"{name.upper()}.") for name in "ab")
    whole = Explanation(name="x", kind=SEVERAL, means="Two things.", parts=parts)
    assert repr(whole).splitlines() == ["Two things.", "", "a (value)", "  A.", "", "b (value)", "  B."]
    assert whole.as_dict()["parts"][1] == {"name": "b", "kind": "value", "means": "B."}
