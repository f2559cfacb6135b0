from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.mcp.policy import McpPolicy


@pytest.mark.parametrize(
    ("allowed", "url", "may"),
    [
        ("https://a.example/v1", "https://a.example/v1", True),
        ("https://a.example/v1/", "https://a.example/v1/mcp", True),
        ("https://a.example/v1", "https://a.example/v1/../admin", False),
        ("https://a.example/v1", "https://a.example/v1/%2e%2e/admin", False),
        ("https://a.example/v1", "https://a.example/v10", False),
        ("https://a.example/v1", "http://a.example/v1", False),
        ("https://a.example", "https://a.example:443/x", True),
        ("https://a.example", "https://a.example:8443/x", False),
        ("https://a.example", "https://a.example.evil.example/x", False),
        ("https://a.example", "https://a.example@evil.example/x", False),
        ("a.example", "http://A.example:99/x", True),
        ("*.a.example", "https://b.a.example", True),
        ("*.a.example", "https://ba.example", False),
        ("not a url://", "https://a.example", False),
    ],
)
def test_what_is_allowed(allowed: str, url: str, may: bool) -> None:
    assert (McpPolicy(allow=(allowed,)).problem(url) is None) == may


@given(st.text() | st.from_regex(r"https?://\S*"))
def test_any_text_is_an_address_or_none(url: str) -> None:
    assert isinstance(McpPolicy(allow=("https://a.example",)).problem(url), str | None)


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("http://127.0.0.1:8000/mcp", True),
        ("http://[::1]/mcp", True),
        ("http://10.0.0.1/mcp", True),
        ("http://169.254.169.254/latest", True),
        ("http://8.8.8.8/mcp", False),
    ],
)
def test_addresses_of_this_network(url: str, private: bool) -> None:
    found = asyncio.run(McpPolicy(private=False).private_problem(url))
    assert (found is not None) == private
    assert asyncio.run(McpPolicy().private_problem(url)) is None
