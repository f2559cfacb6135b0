from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.answer.rates import WINDOW_S, TokenMinute

USES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 500)), max_size=30)


@given(USES)
def test_what_is_left_is_the_limit_less_the_last_minute(uses: list[tuple[int, int]]) -> None:
    minute, now_s, all_of_them = TokenMinute(2000), 0, list[tuple[int, int]]()
    for gap_s, tokens in uses:
        now_s += gap_s
        minute.use(tokens, now_s=now_s)
        all_of_them.append((now_s, tokens))
        told = minute.to_wire(now_s=now_s)
        used = sum(tokens for at_s, tokens in all_of_them if at_s > now_s - WINDOW_S)
        assert told["remaining"] == max(0, 2000 - used)
        assert told["reset_seconds"] == pytest.approx(WINDOW_S)
    assert minute.to_wire(now_s=now_s + WINDOW_S)["remaining"] == 2000
    assert minute.to_wire(now_s=now_s + WINDOW_S)["reset_seconds"] == 0
