"""Client secrets: found while they are valid, by nobody else, and not without bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.web.secrets import LARGEST_CONFIG_BYTES, ClientSecrets, ConfigTooLarge, StoreFull


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
    assert found == minted and found.config == {"instructions": "x"}
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


def test_their_settings_are_bounded_together_and_each() -> None:
    clock = Clock()
    secrets = ClientSecrets(clock=clock, most_bytes=1000)
    kept = [secrets.mint(ttl_s=60 + number, config={"instructions": "x" * 250})[0] for number in range(3)]
    with pytest.raises(StoreFull) as full:
        secrets.mint(config={"instructions": "x" * 250})
    assert full.value.of_bytes and all(secrets.find(value) for value in kept)
    clock.now += 60
    secrets.mint(config={"instructions": "x" * 250})
    assert len(secrets) == 3 and secrets.find(kept[0]) is None
    with pytest.raises(ConfigTooLarge):
        ClientSecrets().mint(config={"instructions": "x" * LARGEST_CONFIG_BYTES})


@given(st.lists(st.tuples(st.integers(10, 50), st.integers(0, 300), st.integers(0, 20)), max_size=30))
def test_expired_ones_are_swept_at_each_mint_and_room_is_never_lost(minted: list[tuple[int, int, int]]) -> None:
    clock = Clock()
    secrets, alive = ClientSecrets(clock=clock, most_bytes=2000), {}
    for ttl_s, size, wait_s in minted:
        clock.now += wait_s
        alive = {value: end for value, end in alive.items() if end > clock.now}
        try:
            value, secret = secrets.mint(ttl_s=ttl_s, config={"instructions": "x" * size})
        except StoreFull:
            assert alive
        else:
            alive[value] = secret.expires_at
        assert len(secrets) == len(alive)
        for value in alive:
            assert secrets.find(value)
    clock.now += 100
    assert all(secrets.find(value) is None for value in alive)
    secrets.mint()
    assert len(secrets) == 1 and secrets._bytes < 100


def test_no_value_is_kept_and_no_config_is_shown() -> None:
    secrets = ClientSecrets()
    value, minted = secrets.mint(config={"instructions": "the recipe"})
    assert value not in repr(vars(secrets)) and "recipe" not in repr(minted)
