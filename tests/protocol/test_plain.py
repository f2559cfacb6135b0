from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.protocol.plain import MAX_DEPTH, is_plain

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=20,
)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@given(JSON)
def test_what_is_plain_can_be_written_out_and_read_again(value: Any) -> None:
    if is_plain(value):
        assert orjson.loads(orjson.dumps(value)) == value


def test_depth_is_bounded_and_nothing_recurses() -> None:
    assert is_plain(nested(MAX_DEPTH))
    assert not is_plain(nested(MAX_DEPTH + 1))
    assert not is_plain(nested(100_000))


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**64, -(2**63) - 1, "\ud800", {"\udfff": 1}, {1: 2}, (1,), b"x", 10**5000],
    ids=range(10),
)
def test_what_no_strict_parser_takes(value: object) -> None:
    assert not is_plain(value)
    assert not is_plain({"a": [value]})


@pytest.mark.parametrize("value", [2**64 - 1, -(2**63), 1e308, "😀", "", {}, [], None, True])
def test_what_one_takes(value: object) -> None:
    assert is_plain(value)
