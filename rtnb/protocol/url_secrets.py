"""Addresses without the credentials that some carry: a user's name and password, and query values such as a token."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

__all__ = ["BLANK", "url_without_secrets", "urls_without_secrets"]

BLANK = "[redacted]"

_WORDS = frozenset({
    "auth", "authorization", "bearer", "code", "cred", "creds", "credential", "credentials", "jwt", "key", "pass",
    "pat", "pwd", "secret", "sig", "signature",
})  # fmt: skip
"""Words of a name whose value is a credential: ``api_key``, ``X-Amz-Signature``, ``authToken``; ``sig`` and ``code``
are those of shared access signatures and function keys of Azure."""
_ENDS = ("token", "secret", "password", "passwd", "apikey", "signature", "credential")
"""The same at the end of a name that is written in one."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_QUERY = re.compile(r"([?&;#])([^=&;#\s\"'<>\\]+)=([^&;#\s\"'<>\\]+)")
_USER = re.compile(r"(\b[a-z][a-z0-9+.\-]*:/{2})([^/?#\s\"'<>\\]+)@", re.IGNORECASE)
_URL = re.compile(r"\b[a-z][a-z0-9+.\-]*:/{2}[^\s\"'<>\\]+", re.IGNORECASE)


def _secret(name: str) -> bool:
    name = unquote_plus(name)
    words = [word.lower() for word in _WORD.findall(name)]
    return any(word in _WORDS or word.endswith(_ENDS) for word in words) or "".join(words).endswith(_ENDS)


def url_without_secrets(url: str) -> str:
    """The address with what is secret in it blanked; the same string where there is nothing.

    Examples
    --------
    >>> url_without_secrets("https://user:pass@mcp.example.com/sse?version=2&api_key=abc")
    'https://[redacted]@mcp.example.com/sse?version=2&api_key=[redacted]'
    >>> url_without_secrets("https://mcp.example.com/sse?author=me&monkey=1")
    'https://mcp.example.com/sse?author=me&monkey=1'
    """
    found = _USER.sub(rf"\g<1>{BLANK}@", url)
    return _QUERY.sub(lambda part: f"{part[1]}{part[2]}={BLANK}" if _secret(part[2]) else part[0], found)


def urls_without_secrets(text: str) -> str:
    """A text with the addresses in it blanked in the same way.

    Examples
    --------
    >>> urls_without_secrets("Cannot reach 'https://a.example/?token=abc'; is token=abc right?")
    "Cannot reach 'https://a.example/?token=[redacted]'; is token=abc right?"
    """
    return _URL.sub(lambda found: url_without_secrets(found[0]), text) if "://" in text else text
