"""Stretches as people write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import AudioError
from rtnb.widgets.waveform.stretches import sliced, spanned, within
from rtnb.widgets.waveform.tracks import Sheet

HOURS = Sheet((), now_s=40_000.0)


@given(st.floats(0, 40_000), st.floats(0, 40_000))
def test_what_is_written_is_what_was_meant(one: float, other: float) -> None:
    found = within(HOURS, min(one, other), max(one, other))
    assert tuple(float(each) for each in sliced(found).split(":")) == found
    assert abs(found[0] - min(one, other)) <= 1e-5


@pytest.mark.parametrize(
    ("stretch", "says"),
    [
        (("a", 2), "numbers; not 'a'"),
        (("a", "b"), "numbers; not 'a'"),
        ((0, float("nan")), "numbers; not nan"),
        ((float("-inf"), 1), "numbers; not -inf"),
        ((True, 2), "numbers; not True"),
        ((2, 1), "begins before it ends: not at 2.0 and 1.0 s"),
        ((1e9, 2e9), "goes from 0.0 to 40000.0 s"),
        ((1e9, None), "Nothing is there from 1000000000.0 on"),
        ((-2, -1), "Nothing is there from -2.0 to -1.0 s"),
    ],
)
def test_what_is_no_stretch_is_said(stretch: tuple[Any, Any], says: str) -> None:
    with pytest.raises(AudioError, match=says.replace("(", "\\(")):
        within(HOURS, *stretch)


@pytest.mark.parametrize("span", ["ab", 5, (1,), (1, 2, 3), {}])
def test_a_span_is_a_pair(span: Any) -> None:
    with pytest.raises(AudioError, match="span_s"):
        spanned(HOURS, span)
