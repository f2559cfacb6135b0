from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from rtnb.plots.vad.plot import number_ticks
from rtnb.plots.vad.words import MISTAKES, count, kinds_said, milliseconds, mistake_name, moment, share
from rtnb.vad.scores.definitions import KINDS


def test_every_kind_has_a_name() -> None:
    assert tuple(MISTAKES) == KINDS
    assert mistake_name("of_tomorrow") == "of tomorrow"
    assert kinds_said(["late", "of_tomorrow", "merged", "late"]) == "1 merged turn, 2 late ends, 1 of tomorrow"


@given(st.floats(-1e300, 1e300) | st.sampled_from([math.nan, math.inf, -math.inf]))
def test_what_is_no_number_is_never_shown_as_one(value: float) -> None:
    for words in (milliseconds(value), milliseconds(value, signed=True), share(value), count(value)):
        assert "nan" not in words
        assert "inf" not in words
        assert bool(words) == math.isfinite(value)


@given(st.floats(0, 100_000))
def test_moments_never_have_sixty_seconds(seconds: float) -> None:
    assert ":60" not in moment(seconds)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_round_and_within(low: float, span: float) -> None:
    found = number_ticks(low, low + span)
    assert len(found) <= 8
    # A millionth of what is shown is less than the width of a line.
    slack = 1e-6 * max(1, abs(low), span)
    assert all(low - slack <= tick <= low + span + slack for tick in found)
