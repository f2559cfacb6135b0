"""Client secrets: short-lived keys that a server hands to browsers, each with the session that it opens."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rtnb.protocol.session_config import SessionKind

__all__ = ["DEFAULT_TTL_S", "LONGEST_TTL_S", "PREFIX", "SHORTEST_TTL_S", "ClientSecret", "ClientSecrets", "StoreFull"]

PREFIX = "ek_"
"""What every client secret begins with (protocol of the API)."""

DEFAULT_TTL_S = 600
SHORTEST_TTL_S = 10
LONGEST_TTL_S = 7200
"""How long a secret may be used to open sessions, in seconds (reference of ``POST /v1/realtime/client_secrets``)."""

MOST = 10_000
"""Secrets valid at once: ten a second for a quarter of an hour; a session patch of a kilobyte each is 10 MB."""


class StoreFull(Exception):
    """As many secrets as there may be are valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSecret:
    """What a secret stands for; its value is known to its holder only.

    Parameters
    ----------
    expires_at : int
        Unix time in seconds.
    kind : {"realtime", "transcription"}
        What it opens.
    model : str
        The realtime model; empty for transcription.
    config : mapping
        GA session patch that the connection starts from.
    temperature : float, optional
        Of a secret of the beta.
    """

    expires_at: int
    kind: SessionKind = "realtime"
    model: str = ""
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)
    temperature: float | None = None


class ClientSecrets:
    """The secrets of a server, in memory; it keeps their digests, so that nothing here can leak one.

    Parameters
    ----------
    clock : callable
        Gives Unix time in seconds.
    most : int
        How many may be valid at once.

    Examples
    --------
    >>> kept = ClientSecrets(clock=lambda: 1000.0)
    >>> value, secret = kept.mint(ttl_s=60, model="gpt-realtime-2.1")
    >>> value[:3], secret.expires_at, kept.find(value).model
    ('ek_', 1060, 'gpt-realtime-2.1')
    >>> kept.find("ek_guessed") is None
    True
    """

    def __init__(self, *, clock: Callable[[], float] = time.time, most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._kept: dict[bytes, ClientSecret] = {}

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def most(self) -> int:
        """How many may be valid at once."""
        return self._most

    def mint(
        self,
        *,
        ttl_s: int = DEFAULT_TTL_S,
        kind: SessionKind = "realtime",
        model: str = "",
        config: Mapping[str, Any] | None = None,
        temperature: float | None = None,
    ) -> tuple[str, ClientSecret]:
        """A new secret, valid for `ttl_s` seconds: its value, and what it stands for.

        Raises
        ------
        StoreFull
            Too many are valid.
        """
        if len(self._kept) >= self._most:
            self._forget_expired()
            if len(self._kept) >= self._most:
                raise StoreFull
        value = PREFIX + secrets.token_hex(16)
        secret = ClientSecret(
            expires_at=int(self._clock() + ttl_s),
            kind=kind,
            model=model,
            config=dict(config or {}),
            temperature=temperature,
        )
        self._kept[_digest(value)] = secret
        return value, secret

    def find(self, value: str) -> ClientSecret | None:
        """What a value stands for; None when nobody minted it, or it has expired."""
        # Looking up a digest takes as long for a near miss as for any other: nothing can be learnt by timing it.
        digest = _digest(value)
        secret = self._kept.get(digest)
        if secret is not None and self._clock() >= secret.expires_at:
            del self._kept[digest]
            return None
        return secret

    def _forget_expired(self) -> None:
        now = self._clock()
        self._kept = {digest: secret for digest, secret in self._kept.items() if secret.expires_at > now}


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode(errors="surrogatepass")).digest()
