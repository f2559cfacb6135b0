"""Client secrets: honoured by who has the key while they are valid, and by nobody else."""

from __future__ import annotations

import os
import re
import string
import zlib
from typing import Any

import pybase64
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.server.web import secrets as module
from rtnb.server.web.secrets import (
    LARGEST_CONFIG_BYTES,
    LONGEST_SECRET,
    PREFIX,
    ClientSecrets,
    ConfigTooLarge,
    checked_keys,
)

OLD, NEW, OTHER = ("old" * 11, "new" * 11, "other" * 7)

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""RFC 7230, section 3.2.6: what a subprotocol may consist of."""

CHARACTERS = string.ascii_letters + string.digits + "-_=+/. \n\x00é"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
CONFIGS = st.dictionaries(st.text(max_size=8), JSON, max_size=4)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_secret_is_valid_until_it_expires() -> None:
    clock = Clock()
    secrets = ClientSecrets(clock=clock)
    value, minted = secrets.mint(ttl_s=10, model="m", config={"instructions": "x"})
    assert value.startswith("ek_") and minted.expires_at == 1_000_010
    clock.now += 9.9
    found = secrets.find(value)
    assert found == minted and found.config == {"instructions": "x"}
    clock.now += 0.1
    assert secrets.find(value) is None


@given(CONFIGS, st.sampled_from(["realtime", "transcription"]), st.text(max_size=9), st.none() | st.just(0.7))
def test_whoever_has_the_key_finds_what_was_minted(config: Any, kind: Any, model: str, temperature: float) -> None:
    here, there = ROOMS
    value, minted = here.mint(kind=kind, model=model, config=config, temperature=temperature)
    assert TOKEN.fullmatch(value) and there.find(value) == here.find(value) == minted
    assert STRANGER.find(value) is None


ROOMS = ClientSecrets([OLD]), ClientSecrets([OLD])
STRANGER = ClientSecrets([OTHER])


@given(st.text())
def test_what_nobody_minted_is_never_found(guess: str) -> None:
    secrets = ROOMS[0]
    value, _ = secrets.mint()
    for each in (guess, PREFIX + guess, value + guess):
        assert each == value or secrets.find(each) is None


@given(st.data())
def test_a_secret_that_was_changed_is_none(data: st.DataObject) -> None:
    secrets = ROOMS[0]
    value, _ = secrets.mint(config={"instructions": "Be brief."})
    place = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(
        st.sampled_from(string.ascii_letters + string.digits + "-_=+/. \n\x00é").filter(value[place].__ne__)
    )
    assert secrets.find(value[:place] + other + value[place + 1 :]) is None
    assert secrets.find(value[:place]) is None and secrets.find(value[: place + 1] + value[place:]) is None


@pytest.mark.parametrize("garbage", ["", "ek_", "ek_AQ", "ek_" + "A" * 3, "ek_" + "A" * 100_000, "ek_\udcff", "sk-x"])
def test_garbage_is_none(garbage: str) -> None:
    assert ClientSecrets().find(garbage) is None


def test_a_later_version_is_none_and_so_is_what_a_holder_of_the_key_made_otherwise() -> None:
    secrets = ClientSecrets([OLD])
    value, _ = secrets.mint()
    whole = pybase64.urlsafe_b64decode(value.removeprefix(PREFIX) + "=" * (-len(value[3:]) % 4))
    assert whole[0] == 1 and secrets.find(PREFIX + module._text_of(whole)) is not None
    assert secrets.find(PREFIX + module._text_of(b"\2" + whole[1:])) is None
    cipher = secrets._ciphers[0]
    end = (2**40).to_bytes(8, "big")
    bomb = zlib.compress(b"[" + b" " * 10_000_000)
    for plain in (
        b"",
        end,
        end + b"{}",
        end + zlib.compress(b"{}"),
        end + zlib.compress(b'[1,"",{},null]'),
        end + bomb,
    ):
        assert secrets.find(PREFIX + module._sealed(plain + b"", cipher)) is None
    good = end + zlib.compress(b'["realtime","",{},null]')
    assert secrets.find(PREFIX + module._sealed(good, cipher)) is not None
    assert secrets.find(PREFIX + module._sealed(os.urandom(8), cipher)) is None


def test_keys_are_rotated_without_a_gap() -> None:
    before, during, after = ClientSecrets([OLD]), ClientSecrets([NEW, OLD]), ClientSecrets([NEW])
    old, new = before.mint()[0], during.mint()[0]
    assert during.find(old) and during.find(new) and after.find(new)
    assert after.find(old) is None and before.find(new) is None


def test_without_a_key_each_server_has_its_own() -> None:
    here, there = ClientSecrets(), ClientSecrets()
    assert there.find(here.mint()[0]) is None


@pytest.mark.parametrize("key", ["", "short", " " * 40, "x" * 31, "x" * 31 + "\udcff"])
def test_a_bad_key_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ConfigError, match="Key 2 for client secrets") as refused:
        ClientSecrets([NEW, key])
    assert not key.strip() or key not in str(refused.value)
    assert checked_keys([f" {NEW}\n"]) == (NEW,)


def test_settings_have_to_fit() -> None:
    secrets = ClientSecrets()
    with pytest.raises(ConfigTooLarge) as whole:
        secrets.mint(config={"instructions": "x" * LARGEST_CONFIG_BYTES})
    assert not whole.value.packed
    with pytest.raises(ConfigTooLarge) as packed:
        secrets.mint(config={"instructions": "".join(map(chr, range(0x4E00, 0x9000))) * 2})
    assert packed.value.packed and packed.value.limit_bytes == LONGEST_SECRET
    # As many tokens as a session may have.
    words = [f"{word}{number % 97}" for number, word in enumerate(["prompt", "voice", "reply", "colour"] * 2700)]
    value, minted = secrets.mint(config={"instructions": " ".join(words)})
    assert secrets.find(value) == minted


def test_what_the_owner_set_is_hidden_from_the_holder() -> None:
    secrets = ClientSecrets()
    config = {"tools": [{"type": "mcp", "authorization": "a-bearer-token", "server_url": "https://mcp.example"}]}
    value, minted = secrets.mint(config=config)
    sealed = pybase64.urlsafe_b64decode(value.removeprefix(PREFIX) + "=" * (-len(value[3:]) % 4))
    assert b"bearer" not in sealed and "bearer" not in repr(minted) and "bearer" not in repr(vars(secrets))
    # The same session twice is not the same secret.
    assert secrets.mint(config=config)[0] != value
