from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.session.conversation.reading import at, parts, string, whole

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(JSON, st.lists(st.text(max_size=5), max_size=4))
def test_nothing_raises(value: Any, path: list[str]) -> None:
    at(value, *path)
    assert isinstance(string(value), str)
    assert type(whole(value)) is int
    assert all(isinstance(part, dict) for part in parts({"content": value}))


def test_members_at_any_depth() -> None:
    session = {"audio": {"input": {"format": None}}}
    assert at(session) is session
    assert at(session, "audio", "input") == {"format": None}
    assert at(session, "audio", "output") is None
    assert at(session, "audio", "input", "format", "rate") is None
    assert at([session], "audio") is None


@pytest.mark.parametrize(("value", "expected"), [("x", "x"), ("", ""), (None, ""), (5, ""), (["x"], "")])
def test_strings(value: object, expected: str) -> None:
    assert string(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(5, 5), (-2.9, -2), (True, 0), (None, 0), ("5", 0), ([5], 0)])
def test_whole_numbers(value: object, expected: int) -> None:
    assert whole(value) == expected


@pytest.mark.parametrize("item", [{}, {"content": None}, {"content": "text"}, {"content": {"type": "x"}}])
def test_an_item_without_parts(item: dict[str, Any]) -> None:
    assert parts(item) == []
