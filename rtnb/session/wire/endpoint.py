"""Where a session connects to."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rtnb.errors import ConfigError

__all__ = ["OPENAI_URL", "Endpoint", "openai_endpoint", "openai_url", "url_endpoint"]

OPENAI_URL = "wss://api.openai.com/v1/realtime"

KEY_VARIABLE = "OPENAI_API_KEY"
BASE_VARIABLE = "OPENAI_BASE_URL"
"""Of REST, ``https://HOST/v1``: the ``openai`` package reads it, and finds the WebSocket by it (openai 3.52)."""

SCHEMES = {"https": "wss", "wss": "wss", "http": "ws", "ws": "ws"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address and what it takes to be let in. Nothing secret appears in its repr.

    Parameters
    ----------
    url : str
        ``ws://`` or ``wss://`` address without the model.
    label : str
        In words, for cards and recordings: ``"embedded server"``, ``"api.openai.com"``.
    key : str, optional
        Bearer key.
    headers : mapping, optional
        More headers; they replace the Authorization header if they name one.
    paid : bool
        Whether it was called ``"openai"``: what listens there may pass everything on to the paid API, wherever it is.
    notes : tuple of str
        What the user should know of it; a session tells it when it opens.
    """

    url: str = field(repr=False)
    label: str
    key: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    paid: bool = False
    notes: tuple[str, ...] = field(default=(), repr=False)

    @property
    def address(self) -> str:
        """The address without a query or a user's name and password, which may be secrets."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()

    @property
    def loopback(self) -> bool:
        """Whether it is on this machine."""
        return _loopback(self.url)


def _loopback(url: str) -> bool:
    return (urlsplit(url).hostname or "") in ("127.0.0.1", "localhost", "::1")


def openai_url(environ: Mapping[str, str] | None = None) -> str:
    """Where ``"openai"`` is: the real API, or where ``OPENAI_BASE_URL`` says, as for the ``openai`` package.

    Parameters
    ----------
    environ : mapping, optional
        The environment; that of the process if not given.

    Raises
    ------
    ConfigError
        The variable holds no address, or that of another machine without encryption: a key is sent there.

    Examples
    --------
    >>> openai_url({})
    'wss://api.openai.com/v1/realtime'
    >>> openai_url({"OPENAI_BASE_URL": "https://gateway.example.com/v1"})
    'wss://gateway.example.com/v1/realtime'
    """
    base = (os.environ if environ is None else environ).get(BASE_VARIABLE, "").strip()
    if not base:
        return OPENAI_URL
    try:
        parts = urlsplit(base)
        known = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ConfigError(
            f'{BASE_VARIABLE} holds no address such as "https://api.openai.com/v1": unset it, or mend it.'
        )
    if SCHEMES[parts.scheme] == "ws" and not _loopback(base):
        raise ConfigError(
            f"{BASE_VARIABLE} names {parts.hostname} without encryption, so that whoever is on the way would read the "
            'key: use https://, unset it, or say so in the call, as in rtnb.connect("ws://HOST/v1/realtime", key=...).'
        )
    return parts._replace(scheme=SCHEMES[parts.scheme], path=parts.path.rstrip("/") + "/realtime").geturl()


def openai_endpoint(
    *,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
    ask: Callable[[str], str],
) -> Endpoint:
    """The real API; the key from the argument, ``OPENAI_API_KEY``, or asked for.

    Raises
    ------
    ConfigError
        No key was given, or ``OPENAI_BASE_URL`` holds no address, or one where a key could be read on the way.
    """
    url = openai_url()
    host = urlsplit(url).hostname or url
    elsewhere = host != urlsplit(OPENAI_URL).hostname
    whereto = f"; goes to {host}, which {BASE_VARIABLE} names" if elsewhere else ""
    found = (key or os.environ.get(KEY_VARIABLE) or "").strip()
    if not found:
        try:
            found = ask(f"{KEY_VARIABLE} (not shown, not stored{whereto}): ").strip()
        except (EOFError, OSError, NotImplementedError, RuntimeError):
            found = ""
    if not found:
        raise ConfigError(
            f"The OpenAI endpoint needs a key: set {KEY_VARIABLE} in the environment, or pass key=.\n"
            "rtnb.connect() without an endpoint uses the embedded server, which needs none."
        )
    notes = (f'"openai" is {host} here, which {BASE_VARIABLE} names: the key goes there.',) if elsewhere else ()
    return Endpoint(url=url, label=host, key=found, headers=dict(headers or {}), paid=True, notes=notes)


def url_endpoint(url: str, *, key: str | None = None, headers: Mapping[str, str] | None = None) -> Endpoint:
    """Anything that speaks the protocol."""
    try:
        parts = urlsplit(url)
        known = (
            not any(map(str.isspace, url))
            and parts.scheme in ("ws", "wss")
            and bool(parts.hostname)
            and parts.port != 0
        )
    except ValueError:  # half an IPv6 address, a port that is none
        known = False
    if not known:
        raise ConfigError(
            f'\'{url}\' is no endpoint: use "local" (the embedded server), "openai", or an address such as '
            '"ws://127.0.0.1:8765/v1/realtime".'
        )
    key = (key or "").strip() or None
    return Endpoint(url=url, label=parts.netloc.rpartition("@")[2], key=key, headers=dict(headers or {}))
