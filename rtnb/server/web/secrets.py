"""Client secrets: short-lived keys that a server hands to browsers, each with the session that it opens inside.

A secret is sealed: encrypted, so that its holder does not read what its owner has set, and authenticated, so that
nobody else can make one. Nothing is kept of it. Every server that has the key honours it::

    ek_ + base64url( version: 1 byte | nonce: 12 bytes | AES-256-GCM( expiry: 8 bytes | deflated JSON ) )
"""

from __future__ import annotations

import hashlib
import os
import re
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import orjson
import pybase64

from rtnb.errors import ConfigError
from rtnb.protocol.session_config import SessionKind

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = [
    "DEFAULT_TTL_S",
    "LARGEST_CONFIG_BYTES",
    "LONGEST_SECRET",
    "LONGEST_TTL_S",
    "PREFIX",
    "SHORTEST_KEY",
    "SHORTEST_TTL_S",
    "ClientSecret",
    "ClientSecrets",
    "ConfigTooLarge",
    "checked_keys",
]

PREFIX: Final = "ek_"
"""What every client secret begins with (protocol of the API)."""

DEFAULT_TTL_S = 600
SHORTEST_TTL_S = 10
LONGEST_TTL_S = 7200
"""How long a secret may be used to open sessions, in seconds (reference of ``POST /v1/realtime/client_secrets``)."""

LARGEST_CONFIG_BYTES = 256 * 1024
"""What the settings of one may have, in JSON. Own choice, because 16,384 tokens of instructions and tools, the most
that a session may have, are a fraction of it."""

LONGEST_SECRET = 48 * 1024
"""Characters that a secret may have: it travels in a header. Own choice, because 16,384 tokens of English have 70 kB,
which shrink to half of that, base64 included; the server takes heads of 64 KiB. What stands before it may take less:
nginx takes lines of 8 KiB (``large_client_header_buffers``), HAProxy heads of 15 KiB (``tune.bufsize``)."""

SHORTEST_KEY = 32
"""Characters that a key must have at least. Own choice: 16 random bytes in hexadecimal."""

VERSION: Final = 1
NONCE_BYTES: Final = 12
"""Of AES-GCM (NIST SP 800-38D, section 5.2.1.1). Random ones are safe for 2³² secrets of one key (section 8.3)."""

TAG_BYTES: Final = 16
EXPIRY_BYTES: Final = 8

SHAPE: Final = re.compile(rf"{PREFIX}([A-Za-z0-9_-]+)")

SALT: Final = b"rtnb client secrets, version 1"
SCRYPT: Final = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
"""Cost of making a key of a text, as RFC 7914 names the parameters: 16 MiB and a twentieth of a second, once. Holders
of a secret could try texts on it at home, and this is what each try costs them."""


class ConfigTooLarge(Exception):
    """The settings are larger than those of one secret may be; `packed` where it is the secret that is too long."""

    def __init__(self, limit_bytes: int, *, packed: bool) -> None:
        super().__init__()
        self.limit_bytes = limit_bytes
        self.packed = packed


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
    """Makes client secrets and reads them; any thread may call it.

    Parameters
    ----------
    keys : iterable of str
        Texts; all of them open a secret, the first makes one. By default a random one, which nobody else has.
    clock : callable
        Gives Unix time in seconds.

    Raises
    ------
    ConfigError
        A key is too short.

    Examples
    --------
    >>> here, there = (ClientSecrets(["correct horse battery staple, 123"], clock=lambda: 1000.0) for _ in range(2))
    >>> value, secret = here.mint(ttl_s=60, model="gpt-realtime-2.1")
    >>> value[:3], secret.expires_at, there.find(value).model
    ('ek_', 1060, 'gpt-realtime-2.1')
    >>> ClientSecrets().find(value) is None
    True
    """

    def __init__(self, keys: Iterable[str] = (), *, clock: Callable[[], float] = time.time) -> None:
        made = [hashlib.scrypt(text.encode(), salt=SALT, **SCRYPT) for text in checked_keys(keys)]
        self._keys = made or [os.urandom(SCRYPT["dklen"])]
        self._clock = clock

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
            raise ConfigTooLarge(LARGEST_CONFIG_BYTES, packed=False)
        plain = secret.expires_at.to_bytes(EXPIRY_BYTES, "big") + zlib.compress(data, 9)
        value = PREFIX + _sealed(plain, self._ciphers[0])
        if len(value) > LONGEST_SECRET:
            raise ConfigTooLarge(LONGEST_SECRET, packed=True)
        return value, secret

    def find(self, value: str) -> ClientSecret | None:
        """What a value stands for; None when it is none of a server with one of these keys, or has expired."""
        sealed = _bytes_of(value)
        if sealed is None:
            return None
        # All keys are tried in any case: how long it takes tells nothing of which one fits.
        opened = [plain for cipher in self._ciphers if (plain := _opened(sealed, cipher)) is not None]
        return self._read(opened[0]) if opened else None

    @cached_property
    def _ciphers(self) -> tuple[AESGCM, ...]:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        # When first needed: most servers never mint a secret, and the import takes a while.
        return tuple(AESGCM(key) for key in self._keys)

    def _read(self, plain: bytes) -> ClientSecret | None:
        """It was made by a holder of the key, and yet maybe by another version of rtnb."""
        expires_at = int.from_bytes(plain[:EXPIRY_BYTES], "big")
        if self._clock() >= expires_at:
            return None
        try:
            unpacked = zlib.decompressobj()
            data = unpacked.decompress(plain[EXPIRY_BYTES:], LARGEST_CONFIG_BYTES)
            kind, model, config, temperature = orjson.loads(data)
        except (zlib.error, ValueError, TypeError):
            return None
        if kind not in ("realtime", "transcription") or not (isinstance(model, str) and isinstance(config, dict)):
            return None
        return ClientSecret(expires_at=expires_at, kind=kind, model=model, config=config, temperature=temperature)


def checked_keys(keys: Iterable[str]) -> tuple[str, ...]:
    """The keys, without the space around them.

    Raises
    ------
    ConfigError
        One is too short to be safe; it is not shown.

    Examples
    --------
    >>> checked_keys(["0123456789abcdef0123456789abcdef "])
    ('0123456789abcdef0123456789abcdef',)
    """
    found = tuple(key.strip() for key in keys)
    for place, key in enumerate(found, start=1):
        if len(key) < SHORTEST_KEY:
            raise ConfigError(
                f"Key {place} for client secrets has {len(key)} characters, and fewer than {SHORTEST_KEY} are not "
                "safe: make one with 'openssl rand -hex 32'."
            )
        try:
            key.encode()
        except UnicodeEncodeError:
            raise ConfigError(f"Key {place} for client secrets is no valid text: use letters and digits.") from None
    return found


def _sealed(plain: bytes, cipher: AESGCM) -> str:
    nonce = os.urandom(NONCE_BYTES)
    head = bytes([VERSION])
    whole = head + nonce + cipher.encrypt(nonce, plain, head)
    return _text_of(whole)


def _bytes_of(value: str) -> bytes | None:
    if len(value) > LONGEST_SECRET or (found := SHAPE.fullmatch(value)) is None:
        return None
    text = found[1]
    try:
        whole = pybase64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    if len(whole) < 1 + NONCE_BYTES + EXPIRY_BYTES + TAG_BYTES or whole[0] != VERSION:
        return None
    # The last character may hold bits that count for nothing: one secret has one value.
    return whole if _text_of(whole) == text else None


def _text_of(whole: bytes) -> str:
    return pybase64.urlsafe_b64encode(whole).decode("ascii").rstrip("=")


def _opened(whole: bytes, cipher: AESGCM) -> bytes | None:
    from cryptography.exceptions import InvalidTag

    try:
        return cipher.decrypt(whole[1 : 1 + NONCE_BYTES], whole[1 + NONCE_BYTES :], whole[:1])
    except InvalidTag:
        return None
