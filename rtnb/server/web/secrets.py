"""Client secrets: short-lived keys that a server hands to browsers, each with the session that it opens."""

from __future__ import annotations

import hashlib
import heapq
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from rtnb.protocol.session_config import SessionKind

__all__ = [
    "DEFAULT_TTL_S",
    "LARGEST_CONFIG_BYTES",
    "LONGEST_TTL_S",
    "PREFIX",
    "SHORTEST_TTL_S",
    "ClientSecret",
    "ClientSecrets",
    "ConfigTooLarge",
    "StoreFull",
]

PREFIX = "ek_"
"""What every client secret begins with (protocol of the API)."""

DEFAULT_TTL_S = 600
SHORTEST_TTL_S = 10
LONGEST_TTL_S = 7200
"""How long a secret may be used to open sessions, in seconds (reference of ``POST /v1/realtime/client_secrets``)."""

MOST = 10_000
"""Secrets valid at once. Own choice: ten a second for a quarter of an hour."""

MOST_BYTES = 32 * 1024 * 1024
"""What their settings may have together, in JSON. Own choice: 3 kB each, where all are there that may be."""

LARGEST_CONFIG_BYTES = 256 * 1024
"""What the settings of one may have, in JSON. Own choice, because 16,384 tokens of instructions and tools, the most
that a session may have, are a fraction of it."""


class StoreFull(Exception):
    """As many secrets as there may be are valid, or `of_bytes` of their settings are as large as they may be."""

    def __init__(self, *, of_bytes: bool) -> None:
        super().__init__()
        self.of_bytes = of_bytes


class ConfigTooLarge(Exception):
    """The settings are larger than those of one secret may be."""


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


@dataclass(frozen=True, slots=True)
class _Kept:
    expires_at: int
    # JSON takes a tenth of the memory of the objects it describes, and its size is known.
    data: bytes = field(repr=False)


class ClientSecrets:
    """The secrets of a server, in memory; it keeps their digests, so that nothing here can leak one.

    Any thread may call it.

    Parameters
    ----------
    clock : callable
        Gives Unix time in seconds.
    most : int
        How many may be valid at once.
    most_bytes : int
        How large their settings may be together, as JSON.

    Examples
    --------
    >>> kept = ClientSecrets(clock=lambda: 1000.0)
    >>> value, secret = kept.mint(ttl_s=60, model="gpt-realtime-2.1")
    >>> value[:3], secret.expires_at, kept.find(value).model
    ('ek_', 1060, 'gpt-realtime-2.1')
    >>> kept.find("ek_guessed") is None
    True
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.time, most: int = MOST, most_bytes: int = MOST_BYTES
    ) -> None:
        self._clock = clock
        self.most = most
        self.most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: dict[bytes, _Kept] = {}
        self._ends: list[tuple[int, bytes]] = []
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

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
        ConfigTooLarge
            Its settings are too large.
        StoreFull
            Too many are valid, or too much is kept of them.
        """
        secret = ClientSecret(
            expires_at=int(self._clock() + ttl_s),
            kind=kind,
            model=model,
            config=dict(config or {}),
            temperature=temperature,
        )
        data = orjson.dumps([kind, model, secret.config, temperature])
        if len(data) > LARGEST_CONFIG_BYTES:
            raise ConfigTooLarge
        value = PREFIX + secrets.token_hex(16)
        digest = _digest(value)
        with self._lock:
            self._forget_expired()
            if len(self._kept) >= self.most:
                raise StoreFull(of_bytes=False)
            if self._bytes + len(data) > self.most_bytes:
                raise StoreFull(of_bytes=True)
            self._kept[digest] = _Kept(secret.expires_at, data)
            self._bytes += len(data)
            heapq.heappush(self._ends, (secret.expires_at, digest))
        return value, secret

    def find(self, value: str) -> ClientSecret | None:
        """What a value stands for; None when nobody minted it, or it has expired."""
        # Looking up a digest takes as long for a near miss as for any other: nothing can be learnt by timing it.
        digest = _digest(value)
        with self._lock:
            kept = self._kept.get(digest)
            if kept is None:
                return None
            if self._clock() >= kept.expires_at:
                # For good, even if the clock is set back.
                self._forget(digest)
                return None
        kind, model, config, temperature = orjson.loads(kept.data)
        return ClientSecret(expires_at=kept.expires_at, kind=kind, model=model, config=config, temperature=temperature)

    def _forget_expired(self) -> None:
        now = self._clock()
        while self._ends and self._ends[0][0] <= now:
            self._forget(heapq.heappop(self._ends)[1])

    def _forget(self, digest: bytes) -> None:
        kept = self._kept.pop(digest, None)
        if kept is not None:
            self._bytes -= len(kept.data)


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode(errors="surrogatepass")).digest()
