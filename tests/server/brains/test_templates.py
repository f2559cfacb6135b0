"""Slots."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.brains.templates import UnsetError, fill, fill_all


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{a}", "1"),
        ("{d.x}{d.l.1}", "y20"),
        ("{d.none}", ""),
        ("{{a}}", "{a}"),
        ("{ a }", "{ a }"),
        ("{", "{"),
        ("{n:number} more", "21 more"),
        ("{d.l}", "[10, 20]"),
    ],
)
def test_fill(text: str, filled: str) -> None:
    assert fill(text, {"a": 1, "d": {"x": "y", "l": [10, 20], "none": None}, "n": "twenty-one"}) == filled


@pytest.mark.parametrize(("text", "name"), [("{b}", "b"), ("{a.b}", "a.b"), ("{l.9}", "l.9"), ("{a:number}", "a")])
def test_missing(text: str, name: str) -> None:
    with pytest.raises(UnsetError, match=name):
        fill(text, {"a": "x", "l": []})


@given(st.text())
def test_text_without_braces_stays(text: str) -> None:
    plain = text.replace("{", "").replace("}", "")
    assert fill(plain, {}) == plain == fill_all(plain, {})


@given(st.recursive(st.none() | st.booleans() | st.integers(), lambda inner: st.lists(inner), max_leaves=10))
def test_a_slot_alone_keeps_its_value(value: object) -> None:
    assert fill_all(["{v}"], {"v": value}) == [value]
