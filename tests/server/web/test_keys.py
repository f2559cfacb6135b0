"""Which key is presented, and whether it opens."""

from __future__ import annotations

import pytest

from rtnb.server.web.keys import Access, Keyring, NoAccess, presented_key
from rtnb.server.web.secrets import ClientSecrets


@pytest.mark.parametrize(
    ("headers", "offered", "expected"),
    [
        ({}, [], None),
        ({"authorization": "Bearer "}, [], None),
        ({"authorization": "Basic abc"}, [], None),
        ({"authorization": "bearer  key "}, [], "key"),
        ({"api-key": "azure"}, [], "azure"),
        ({"authorization": "Bearer one", "api-key": "two"}, ["openai-insecure-api-key.three"], "one"),
        ({}, ["realtime", "openai-insecure-api-key.ek_1"], "ek_1"),
        ({}, ["openai-insecure-api-key."], None),
    ],
)
def test_where_a_key_stands(headers: dict[str, str], offered: list[str], expected: str | None) -> None:
    assert presented_key(headers, offered) == expected


@pytest.mark.parametrize("wanted", [None, "sesame"])
def test_an_unknown_client_secret_is_refused_whatever_key_is_wanted(wanted: str | None) -> None:
    refused = Keyring(wanted, ClientSecrets()).check("ek_0123456789abcdefghij")
    assert isinstance(refused, NoAccess) and not refused.absent
    assert refused.problem.code == "invalid_api_key" and "0123456789abcdef" not in refused.problem.message


@pytest.mark.parametrize("wanted", [None, "sesame"])
def test_a_client_secret_opens_sessions_and_nothing_else(wanted: str | None) -> None:
    secrets = ClientSecrets()
    value, minted = secrets.mint()
    ring = Keyring(wanted, secrets)
    opened = ring.check(value)
    assert isinstance(opened, Access) and opened.secret == minted
    assert isinstance(ring.check_owner(value), NoAccess)


def test_a_secret_of_another_server_opens_with_the_same_key_only() -> None:
    value, minted = ClientSecrets(["x" * 32]).mint()
    opened = Keyring("sesame", ClientSecrets(["y" * 32, "x" * 32])).check(value)
    assert isinstance(opened, Access) and opened.secret == minted
    foreign, garbage = (Keyring("sesame", ClientSecrets(["z" * 32])).check(key) for key in (value, f"ek_{'A' * 105}"))
    assert isinstance(foreign, NoAccess) and isinstance(garbage, NoAccess)
    assert (foreign.problem.code, foreign.absent) == (garbage.problem.code, garbage.absent)


def test_without_a_key_of_its_own_a_server_lets_in_any_and_none() -> None:
    ring = Keyring(None, ClientSecrets())
    assert ring.check(None) == ring.check("anything") == ring.check_owner(None) == Access()


@pytest.mark.parametrize("key", ["", "Sesame", "sesame ", "sésame", "\udcff", "x" * 100_000])
def test_only_the_very_key_opens(key: str) -> None:
    ring = Keyring("sesame", ClientSecrets())
    assert isinstance(ring.check(key), NoAccess)
    assert ring.check("sesame") == Access()


def test_no_key_at_all_is_told_apart() -> None:
    refused = Keyring("sesame", ClientSecrets()).check(None)
    assert isinstance(refused, NoAccess) and refused.absent
    assert refused.problem.message == "Missing bearer or basic authentication in header"
