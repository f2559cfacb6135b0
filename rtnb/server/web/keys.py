"""Who may in: the key that a client presents, wherever it does, against the one that is wanted."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rtnb.protocol import Problem
from rtnb.server.web import refusals
from rtnb.server.web.secrets import PREFIX, ClientSecret, ClientSecrets

__all__ = ["KEY_PROTOCOL", "Access", "Keyring", "NoAccess", "presented_key"]

KEY_PROTOCOL = "openai-insecure-api-key."
"""Subprotocol by which browsers, which cannot set headers, hand over a key."""


@dataclass(frozen=True, slots=True)
class Access:
    """Let in; with what the client secret stands for, when it was one."""

    secret: ClientSecret | None = None


@dataclass(frozen=True, slots=True)
class NoAccess:
    """Not let in; `absent` when no key was presented at all."""

    problem: Problem
    absent: bool = False


def presented_key(headers: Mapping[str, str], offered: Sequence[str] = ()) -> str | None:
    """The key of a request: a bearer token, an ``api-key`` header (Azure), or a subprotocol (browsers).

    Parameters
    ----------
    headers : mapping
        Of the request, by lower-case name.
    offered : sequence of str
        The subprotocols it offers.

    Returns
    -------
    str or None
        The first of these that is there; None when there is none.

    Examples
    --------
    >>> presented_key({"authorization": "Bearer sesame"})
    'sesame'
    >>> presented_key({}, ["realtime", "openai-insecure-api-key.sesame"])
    'sesame'
    """
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    if key := headers.get("api-key", "").strip():
        return key
    for name in offered:
        if name.startswith(KEY_PROTOCOL) and len(name) > len(KEY_PROTOCOL):
            return name.removeprefix(KEY_PROTOCOL)
    return None


class Keyring:
    """The server's key, and the client secrets that it gave out.

    Parameters
    ----------
    api_key : str or None
        The only key that is let in; None lets in any, and none at all.
    secrets : ClientSecrets
        A key that looks like one of these must be one, whatever `api_key` is.
    """

    __slots__ = ("_api_key", "_secrets")

    def __init__(self, api_key: str | None, secrets: ClientSecrets) -> None:
        self._api_key = api_key
        self._secrets = secrets

    def check(self, key: str | None) -> Access | NoAccess:
        """Whether the holder of `key` may open a session."""
        if key is None:
            return Access() if self._api_key is None else NoAccess(refusals.missing_key(), absent=True)
        if self._api_key is not None and _same(key, self._api_key):
            return Access()
        if key.startswith(PREFIX):
            secret = self._secrets.find(key)
            return NoAccess(refusals.bad_key(key)) if secret is None else Access(secret)
        return Access() if self._api_key is None else NoAccess(refusals.bad_key(key))

    def check_owner(self, key: str | None) -> Access | NoAccess:
        """Whether the holder of `key` may call REST: with the API key, not with a client secret."""
        access = self.check(key)
        if isinstance(access, Access) and access.secret is not None:
            return NoAccess(refusals.secret_may_not())
        return access


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(errors="surrogatepass"), wanted.encode(errors="surrogatepass"))
