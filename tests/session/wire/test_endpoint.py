from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.session.wire.endpoint import (
    BASE_VARIABLE,
    KEY_VARIABLE,
    OPENAI_URL,
    Endpoint,
    openai_endpoint,
    openai_url,
    url_endpoint,
)

SECRET = "sk-very-secret"


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.delenv(BASE_VARIABLE, raising=False)


def never(prompt: str) -> str:
    raise AssertionError(f"asked: {prompt}")


def test_a_given_key_is_taken_before_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "sk-environment")
    assert openai_endpoint(key=f" {SECRET}\n", ask=never).key == SECRET
    assert openai_endpoint(ask=never).key == "sk-environment"


@pytest.mark.parametrize("environment", ["", "  \n"])
def test_a_key_that_is_nowhere_is_asked_for(monkeypatch: pytest.MonkeyPatch, environment: str) -> None:
    monkeypatch.setenv(KEY_VARIABLE, environment)
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return f" {SECRET} "

    endpoint = openai_endpoint(ask=ask)
    assert endpoint.key == SECRET
    assert asked == [f"{KEY_VARIABLE} (not shown, not stored): "]


@pytest.mark.parametrize("error", [EOFError, OSError, NotImplementedError, RuntimeError])
def test_where_nobody_can_be_asked_the_message_says_what_to_do(error: type[Exception]) -> None:
    def ask(prompt: str) -> str:
        raise error

    with pytest.raises(ConfigError, match=f"(?s)set {KEY_VARIABLE}.*embedded server"):
        openai_endpoint(ask=ask)
    with pytest.raises(ConfigError):
        openai_endpoint(ask=lambda prompt: "  ")


def test_the_real_api_is_where_it_is() -> None:
    endpoint = openai_endpoint(key=SECRET, headers={"OpenAI-Project": "p"}, ask=never)
    assert endpoint.url == OPENAI_URL == "wss://api.openai.com/v1/realtime"
    assert endpoint.label == "api.openai.com"
    assert endpoint.headers == {"OpenAI-Project": "p"}
    assert not endpoint.loopback
    assert endpoint.notes == ()


@pytest.mark.parametrize(
    ("base", "url", "loopback"),
    [
        ("https://eu.api.openai.com/v1", "wss://eu.api.openai.com/v1/realtime", False),
        ("http://127.0.0.1:8765/v1/", "ws://127.0.0.1:8765/v1/realtime", True),
        (
            "wss://gate.example.com/openai/v1?region=eu",
            "wss://gate.example.com/openai/v1/realtime?region=eu",
            False,
        ),
        (" ", OPENAI_URL, False),
    ],
)
def test_the_address_of_the_openai_package_holds(
    monkeypatch: pytest.MonkeyPatch, base: str, url: str, loopback: bool
) -> None:
    monkeypatch.setenv(BASE_VARIABLE, base)
    endpoint = openai_endpoint(key=SECRET, ask=never)
    assert (endpoint.url, endpoint.loopback) == (url, loopback)
    assert openai_url({BASE_VARIABLE: base}) == url
    assert openai_url({}) == OPENAI_URL, "the environment that is given, and no other"


@pytest.mark.parametrize("base", ["https://gw.example/v1", f"https://me:{SECRET}@GW.example:8443/v1?k={SECRET}"])
def test_where_the_key_goes_instead_is_said(monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    monkeypatch.setenv(BASE_VARIABLE, base)
    asked: list[str] = []
    endpoint = openai_endpoint(ask=lambda prompt: asked.append(prompt) or "sk-typed")  # type: ignore[func-returns-value]
    (note,) = endpoint.notes
    assert "gw.example" in note and BASE_VARIABLE in note and SECRET not in note
    assert asked == [f"{KEY_VARIABLE} (not shown, not stored; goes to gw.example, which {BASE_VARIABLE} names): "]


@pytest.mark.parametrize(
    "base", ["http://gw.example:81/v1", "ws://10.0.0.7/v1", f"http://{SECRET}@127.0.0.1.example.com/v1"]
)
def test_no_key_goes_to_another_machine_in_clear_text(monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    monkeypatch.setenv(BASE_VARIABLE, base)
    for key in (None, SECRET):
        with pytest.raises(ConfigError, match=f"{BASE_VARIABLE}.*without encryption") as raised:
            openai_endpoint(key=key, ask=never)
        assert SECRET not in str(raised.value)
    with pytest.raises(ConfigError, match="without encryption"):
        openai_url({BASE_VARIABLE: base})


@pytest.mark.parametrize("base", ["api.openai.com/v1", "https://", "ftp://x/v1", f"https://user:{SECRET}@[x/v1"])
def test_what_is_no_address_is_refused_before_a_key_is_asked_for(monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    monkeypatch.setenv(BASE_VARIABLE, base)
    with pytest.raises(ConfigError, match=BASE_VARIABLE) as raised:
        openai_endpoint(ask=never)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "label", "address", "loopback"),
    [
        ("ws://127.0.0.1:8765/v1/realtime", "127.0.0.1:8765", "ws://127.0.0.1:8765/v1/realtime", True),
        ("ws://LOCALHOST:1/x", "LOCALHOST:1", "ws://LOCALHOST:1/x", True),
        ("ws://[::1]:8765/v1/realtime", "[::1]:8765", "ws://[::1]:8765/v1/realtime", True),
        ("wss://example.com/v1?api-key=sk-very-secret", "example.com", "wss://example.com/v1", False),
        ("wss://me:sk-very-secret@example.com/v1#sk-very-secret", "example.com", "wss://example.com/v1", False),
        ("wss://127.0.0.1.example.com/v1", "127.0.0.1.example.com", "wss://127.0.0.1.example.com/v1", False),
    ],
)
def test_addresses(url: str, label: str, address: str, loopback: bool) -> None:
    endpoint = url_endpoint(url)
    assert (endpoint.url, endpoint.label, endpoint.address, endpoint.loopback) == (url, label, address, loopback)
    assert SECRET not in endpoint.label + endpoint.address + repr(endpoint)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "opnai",
        "http://127.0.0.1:8765/v1",
        "https://x",
        "ws://",
        "ws:///path",
        "ws://[::1",
        "ws://h:port/",
        "ws://h:0",
    ],
)
def test_what_is_no_address_is_refused_with_what_would_be_one(url: str) -> None:
    with pytest.raises(ConfigError, match=r'"local".*"openai".*ws://127.0.0.1') as caught:
        url_endpoint(url)
    assert repr(url)[1:-1] in str(caught.value)


@given(st.text(max_size=30) | st.text(max_size=20).map("ws://".__add__))
@example("ws://[")
@example("ws://a:99999")
@example("ws://a\n")
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        endpoint = url_endpoint(text)
    except ConfigError:
        return
    assert endpoint.address.lower().startswith(("ws://", "wss://"))
    assert isinstance(endpoint.loopback, bool)
    assert endpoint.label


def test_secrets_show_nowhere() -> None:
    headers = {"Authorization": f"Bearer {SECRET}"}
    for endpoint in (
        url_endpoint("ws://h/", key=SECRET, headers=headers),
        openai_endpoint(key=SECRET, headers=headers, ask=never),
        Endpoint(url=f"ws://h/?key={SECRET}", label="h", key=SECRET, headers=headers),
    ):
        assert SECRET not in repr(endpoint) + str(endpoint)


@pytest.mark.parametrize(("key", "expected"), [(None, None), ("", None), ("  ", None), (f"{SECRET}\n", SECRET)])
def test_a_key_for_an_address_is_optional_and_trimmed(key: str | None, expected: str | None) -> None:
    assert url_endpoint("ws://h/", key=key).key == expected


def test_the_callers_headers_are_copied() -> None:
    headers = {"a": "1"}
    endpoint = url_endpoint("ws://h/", headers=headers)
    headers["b"] = "2"
    assert endpoint.headers == {"a": "1"}
