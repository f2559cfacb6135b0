from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rtnb.plots.states import state_words


@pytest.mark.parametrize("status", ["new", "open", "reconnecting"])
def test_what_goes_on_is_said_with_its_moment(status: str) -> None:
    assert state_words(status, datetime(2026, 1, 2, 3, 4, tzinfo=UTC)).endswith(" as of 2026-01-02 03:04 UTC")
    assert " as of 20" in state_words(status)


@pytest.mark.parametrize("status", ["closed", "lost", "recording"])
def test_what_is_over_stays_true(status: str) -> None:
    assert "as of" not in state_words(status)
