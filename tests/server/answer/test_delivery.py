from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.answer.delivery import Delivery

SECONDS = st.floats(0, 600)
DELIVERIES = st.builds(Delivery, lead_s=st.floats(0, 10), factor=st.floats(0.1, 20))


@given(DELIVERIES, SECONDS, SECONDS)
def test_later_audio_is_never_due_earlier(delivery: Delivery, one: float, other: float) -> None:
    early, late = sorted([one, other])
    assert 0 <= delivery.due_s(early) <= delivery.due_s(late)


@given(DELIVERIES, SECONDS)
def test_the_head_start_leaves_at_once_and_the_rest_at_the_pace(delivery: Delivery, position_s: float) -> None:
    due_s = delivery.due_s(position_s)
    if position_s <= delivery.lead_s:
        assert due_s == 0
    else:
        assert due_s * delivery.factor == pytest.approx(position_s - delivery.lead_s)


@given(SECONDS)
def test_what_is_played_has_always_arrived(position_s: float) -> None:
    assert Delivery().due_s(position_s) <= position_s
    assert Delivery(lead_s=0, factor=1).due_s(position_s) == position_s


@pytest.mark.parametrize("factor", [0, 0.0, -1])
def test_without_a_pace_everything_leaves_at_once(factor: float) -> None:
    assert Delivery(factor=factor).due_s(1e6) == 0.0
