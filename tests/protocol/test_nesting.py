from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.protocol.nesting import DEEPEST, nested_too_deeply

values = st.recursive(
    st.none() | st.integers() | st.text('ab[]{}"\\', max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab{[", max_size=3), inner, max_size=3),
    max_leaves=20,
)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@given(values, st.integers(0, 8))
def test_it_is_the_depth_that_counts(value: Any, deepest: int) -> None:
    assert nested_too_deeply(value, deepest=deepest) == (depth(value) > deepest)
    assert nested_too_deeply(value, json.dumps(value).encode(), deepest=deepest) == (depth(value) > deepest)


@pytest.mark.parametrize("more", [0, 1, 100_000])
@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"a": inner}], ids=["lists", "objects"])
def test_beyond_what_is_usual(wrap: Any, more: int) -> None:
    value: Any = 1
    for _ in range(DEEPEST + more):
        value = wrap(value)
    assert nested_too_deeply(value) == (more > 0)
    while isinstance(value, dict | list):  # or letting go of it would overflow
        value = value.pop() if isinstance(value, list) else value.popitem()[1]


def test_many_are_not_deep() -> None:
    value = [[] for _ in range(1000)]
    assert not nested_too_deeply(value, json.dumps(value).encode())


def test_what_holds_itself_is_too_deep() -> None:
    value: list[Any] = []
    value += [value, value, {"again": value}]
    assert nested_too_deeply(value)
