"""Results as text for the model."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.session.tools.results import ResultError, error_text, output_text, traceback_text, worded


@dataclasses.dataclass
class Order:
    id: str
    due: datetime.date


class Model(pydantic.BaseModel):
    n: int


class Pair(NamedTuple):
    a: int
    b: int


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        (None, "null"),
        (True, "true"),
        (3.5, "3.5"),
        (float("nan"), "null"),
        ([1, {"a": ()}], '[1,{"a":[]}]'),
        (Order("A", datetime.date(2026, 11, 21)), '{"id":"A","due":"2026-11-21"}'),
        ([Model(n=1)], '[{"n":1}]'),
        (Pair(1, 2), "[1,2]"),
        (Colour.RED, '"red"'),
        (decimal.Decimal("1.10"), '"1.10"'),
        (datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC), '"2026-01-02T03:00:00Z"'),
        (np.int64(3), "3"),
        (np.float32(1.5), "1.5"),
        (np.bool_(True), "true"),
        (np.arange(3), "[0,1,2]"),
        ({"x": np.ones((1, 2))}, '{"x":[[1.0,1.0]]}'),
        (pd.DataFrame({"a": [1, 2]}), '[{"a":1},{"a":2}]'),
        (pd.Series([1, 2], index=["x", "y"]), '{"x":1,"y":2}'),
        (pd.DataFrame({"t": pd.to_datetime(["2026-01-01", None])}), '[{"t":"2026-01-01T00:00:00"},{"t":null}]'),
        ({"a": pd.NaT, "b": pd.NA}, '{"a":null,"b":null}'),
        (pd.Timestamp("2026-01-01"), '"2026-01-01T00:00:00"'),
        (b"\xff\x00", '"_wA="'),
        ("half a pair: \ud800", "half a pair: ?"),
    ],
)
def test_results(value: Any, expected: str) -> None:
    assert output_text(value) == expected


def endless() -> Any:
    while True:
        yield 1


@pytest.mark.parametrize("value", [object(), len, endless(), {"a": object()}, open])
def test_what_has_no_json_is_one_error(value: Any) -> None:
    with pytest.raises(ResultError, match="return") as caught:
        output_text(value)
    assert "pydantic" not in str(caught.value)


def test_a_circle_is_one_error() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ResultError, match="cannot be turned into JSON"):
        output_text({"a": value})


def test_long_ones_are_cut_and_say_so() -> None:
    text = output_text(list(range(100_000)))
    assert len(text) < 20_100 and text.endswith("[cut: the first 20,000 of 588,891 characters]")


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
        max_leaves=10,
    ).filter(lambda value: not isinstance(value, str))
)
def test_json_comes_back_as_it_was(value: Any) -> None:
    assert json.loads(output_text(value, max_chars=10**9)) == value


def test_errors_hide_their_traceback_and_have_it() -> None:
    def inner() -> None:
        raise LookupError("no order A-1")

    try:
        inner()
    except LookupError as error:
        said, trace = worded(error), traceback_text(error)
    assert json.loads(error_text(said)) == {"error": "LookupError: no order A-1"}
    assert json.loads(error_text(said, trace=trace))["traceback"] == trace
    assert "in inner" in trace and trace.endswith("LookupError: no order A-1")
