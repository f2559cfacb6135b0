"""Client secrets: found while they are valid, by nobody else, and not without bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.web.secrets import ClientSecrets, StoreFull


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_secret_is_valid_until_it_expires_and_never_again() -> None:
    clock = Clock()
    secrets = ClientSecrets(clock=clock)
    value, minted = secrets.mint(ttl_s=10, model="m", config={"instructions": "x"})
    assert value.startswith("ek_") and minted.expires_at == 1_000_010
    clock.now += 9.9
    found = secrets.find(value)
    assert found is minted and found.config == {"instructions": "x"}
    clock.now += 0.1
    assert secrets.find(value) is None
    clock.now -= 5
    assert secrets.find(value) is None


@given(st.text())
def test_what_nobody_minted_is_never_found(guess: str) -> None:
    secrets = ClientSecrets()
    value, _ = secrets.mint()
    assert guess == value or secrets.find(guess) is None
    assert secrets.find(value + guess) is None or not guess


def test_the_store_is_bounded_and_expired_ones_make_room() -> None:
    clock = Clock()
    secrets = ClientSecrets(clock=clock, most=3)
    values = [secrets.mint(ttl_s=60)[0] for _ in range(3)]
    with pytest.raises(StoreFull):
        secrets.mint()
    assert all(secrets.find(value) for value in values)
    clock.now += 61
    secrets.mint()
    assert len(secrets) == 1


def test_no_value_is_kept_and_no_config_is_shown() -> None:
    secrets = ClientSecrets()
    value, minted = secrets.mint(config={"instructions": "the recipe"})
    assert value not in repr(vars(secrets)) and "recipe" not in repr(minted)
