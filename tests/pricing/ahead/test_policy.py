from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.pricing.ahead.policy import Policy, policies
from rtnb.tokens import Summarise, Truncation


def test_a_policy_of_whatever_says_one() -> None:
    mine = Policy("mine", Truncation("disabled"))
    assert Policy.of(mine) is mine
    assert Policy.of("disabled") == Policy("refuses when the window is full", Truncation("disabled"))
    assert Policy.of({"type": "retention_ratio", "retention_ratio": 0.5}).truncation.retention_ratio == 0.5
    told = Policy.of(Summarise(700))
    assert (told.truncation, told.summarise) == (Truncation(), Summarise(700))
    with pytest.raises(ConfigError, match="is no truncation"):
        Policy.of(5)  # type: ignore[arg-type]


@given(st.integers(1, 500_000))
def test_the_grid_has_no_two_of_a_kind_and_stays_within_the_talk(tokens: int) -> None:
    grid = policies(tokens)
    assert len({policy.name for policy in grid}) == len(grid)
    assert grid[0].truncation == Truncation()
    for policy in grid:
        limit = policy.truncation.post_instructions
        assert limit is None or 1 <= limit <= tokens
        if policy.summarise:
            assert policy.summarise.above_tokens <= tokens


def test_limits_are_round_numbers() -> None:
    found = [policy.truncation.post_instructions for policy in policies(7_913)]
    assert list(dict.fromkeys(found)) == [None, 5900, 4000, 2000, 990]


@pytest.mark.parametrize("tokens", [0, -1, 2.5, "9", True])
def test_lengths_that_are_none(tokens: int) -> None:
    with pytest.raises(ConfigError, match="limit_tokens"):
        policies(tokens)


def test_a_length_beyond_reason() -> None:
    with pytest.raises(ConfigError, match="limit_tokens"):
        policies(10**400)
