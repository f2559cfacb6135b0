from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.protocol.url_secrets import BLANK, url_without_secrets, urls_without_secrets

SECRET = "S3CRET"


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{SECRET}@h.example/sse",
        f"https://{SECRET}@h.example",
        f"https://a@b:{SECRET}@h.example/",
        *(
            f"https://h.example/sse?version=2&{name}={SECRET}&x=1"
            for name in (
                "token", "access_token", "accessToken", "ACCESS-TOKEN", "mytoken", "key", "api_key", "apiKey", "apikey",
                "subscription-key", "secret", "client_secret", "auth", "authToken", "authorization", "sig",
                "X-Amz-Signature", "X-Amz-Credential", "password", "passwd", "pwd", "code", "client%5Ftoken", "jwt",
            )
        ),
        f"https://h.example/sse#access_token={SECRET}",
        f"https://h.example/sse;password={SECRET}",
    ],
)  # fmt: skip
def test_what_logs_in_is_blanked(url: str) -> None:
    shown = url_without_secrets(url)
    assert SECRET not in shown and BLANK in shown and "h.example" in shown
    assert url_without_secrets(shown) == shown
    told = urls_without_secrets(f"Cannot reach '{url}': refused ({url}).")
    assert SECRET not in told and told.startswith("Cannot reach '")


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example/sse?author=me&monkey=1&design=2&tokens=5&version=2&keyboard=a&x",
        "https://h.example/a@b?to=me@example.org",
        "mcp.example.com",
        "",
        "https://h.example/?token=",
    ],
)
def test_the_rest_stays(url: str) -> None:
    assert url_without_secrets(url) == url


@given(st.text("ab:/?&=@#; %token", max_size=40))
def test_it_is_done_once(text: str) -> None:
    shown = url_without_secrets(text)
    assert url_without_secrets(shown) == shown
    urls_without_secrets(text)
