"""What a tool is made of; more of it in test_toolbox.py."""

from __future__ import annotations

import pytest

from rtnb.errors import ConfigError
from rtnb.session.tools.making import MISSING, checked_timeout, made_tool
from rtnb.session.tools.toolbox import tool


def test_what_is_not_given_leaves_what_there_was() -> None:
    @tool(background=True, timeout_s=5)
    def work() -> None:
        """Work."""

    made = made_tool(work)
    assert (made.background, made.timeout_s, made.description) == (True, 5.0, "Work.")
    assert made_tool(made) is made and repr(MISSING) == "not given"
    assert made_tool(made, timeout_s=60).timeout_s == 60.0 and made_tool(made, timeout_s=60).background
    assert made_tool(work, background=False).background is False
    by_hand = made_tool({"name": "by_hand"})
    assert made_tool(by_hand, name="other").wire == {"type": "function", "name": "other"}


def test_time_limits() -> None:
    assert [checked_timeout(limit) for limit in (None, 1, float("inf"))] == [None, 1.0, None]
    with pytest.raises(ConfigError, match="timeout_s is a number of seconds above 0"):
        checked_timeout(0)
