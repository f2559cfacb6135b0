"""Where a chat endpoint is asked: one address out of the several ways in which people write it."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from rtnb.errors import ConfigError

__all__ = ["endpoint_of", "is_loopback", "shown"]

PATH: Final = "/chat/completions"
_SECRETS: Final = frozenset({"key", "api_key", "api-key", "apikey", "access_token", "token"})


def endpoint_of(url: str) -> str:
    """The address that is asked for chat completions.

    Parameters
    ----------
    url : str
        The server (``http://127.0.0.1:8080``), its API (``.../v1``, or any other path), or the whole address
        (``.../v1/chat/completions``). Only a server without a path is taken to have its API at ``/v1``.

    Raises
    ------
    ConfigError
        It is no http or https address, or it holds a key.

    Examples
    --------
    >>> endpoint_of("http://127.0.0.1:11434")
    'http://127.0.0.1:11434/v1/chat/completions'
    >>> endpoint_of("https://gateway.example.org/team/v1/")
    'https://gateway.example.org/team/v1/chat/completions'
    """
    if not isinstance(url, str) or not url.strip():
        raise ConfigError("The chat brain needs the address of an endpoint, such as http://127.0.0.1:11434/v1.")
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigError(
            "The address of the chat endpoint cannot be read: write it as http://127.0.0.1:11434/v1."
        ) from None
    # Before anything of the address is quoted.
    if "@" in parts.netloc or any(name.lower() in _SECRETS for name, _ in parse_qsl(parts.query)):
        raise ConfigError(
            "The address of the chat endpoint holds a key or a password; leave it out and set RTNB_CHAT_KEY instead."
        )
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise ConfigError(
            f"{url.strip()!r:.200} is no address of a chat endpoint: write it as http://127.0.0.1:11434/v1, with "
            "http or https."
        )
    path = parts.path.rstrip("/")
    if not path.endswith(PATH):
        path = (path or "/v1") + PATH
    return parts._replace(scheme=parts.scheme.lower(), path=path, fragment="").geturl()


def shown(endpoint: str) -> str:
    """The address as messages name it: without its query.

    Examples
    --------
    >>> shown("https://gateway.example.org/v1/chat/completions?api-version=2")
    'https://gateway.example.org/v1/chat/completions'
    """
    return urlsplit(endpoint)._replace(query="").geturl()


def is_loopback(endpoint: str) -> bool:
    """Whether the address is this machine's own, which no proxy is asked for.

    Examples
    --------
    >>> is_loopback("http://[::1]:8080/v1"), is_loopback("http://localhost/v1"), is_loopback("http://10.0.0.7/v1")
    (True, True, False)
    """
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
