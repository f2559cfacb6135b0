"""Addresses of chat endpoints."""

from __future__ import annotations

import pytest

from rtnb.errors import ConfigError
from rtnb.server.brains.chat.address import endpoint_of, is_loopback, shown


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/chat/completions"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/v1/chat/completions"),
        (" HTTP://localhost:11434/v1 ", "http://localhost:11434/v1/chat/completions"),
        ("http://[::1]:1234/v1/", "http://[::1]:1234/v1/chat/completions"),
        ("https://example.org/api/v1/chat/completions", "https://example.org/api/v1/chat/completions"),
        ("https://example.org/v1/chat/completions/", "https://example.org/v1/chat/completions"),
        ("https://example.org/team?api-version=7#x", "https://example.org/team/chat/completions?api-version=7"),
    ],
)
def test_it_is_written_in_several_ways(url: str, endpoint: str) -> None:
    assert endpoint_of(url) == endpoint
    assert endpoint_of(endpoint) == endpoint


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "needs the address"),
        (None, "needs the address"),
        ("127.0.0.1:8080", "with http or https"),
        ("localhost/v1", "with http or https"),
        ("ws://127.0.0.1:8080/v1", "with http or https"),
        ("file:///etc/passwd", "with http or https"),
        ("http://", "with http or https"),
        ("http://host:port/v1", "cannot be read"),
        ("http://[::1/v1", "cannot be read"),
    ],
)
def test_what_is_none(url: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        endpoint_of(url)


@pytest.mark.parametrize(
    "url",
    ["https://me:hunter2@example.org/v1", "https://example.org/v1?api_key=hunter2", "ftp://hunter2@example.org/v1"],
)
def test_a_key_in_it_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(ConfigError, match="RTNB_CHAT_KEY") as caught:
        endpoint_of(url)
    assert "hunter2" not in str(caught.value)


def test_messages_show_it_without_its_query() -> None:
    assert shown("https://example.org/v1/chat/completions?user=7") == "https://example.org/v1/chat/completions"


def test_loopback() -> None:
    assert is_loopback("http://127.0.0.2/v1") and is_loopback("http://app.localhost:1/v1")
    assert not is_loopback("http://localhost.example.org/v1")
