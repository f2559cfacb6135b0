"""The way to the API, as far as it goes without a request: name, connection, certificate. Nothing is spent."""

from __future__ import annotations

import base64
import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from rtnb.checkup.report import Finding
from rtnb.errors import ConfigError
from rtnb.session.wire.endpoint import OPENAI_URL, url_endpoint

__all__ = ["Route", "Target", "judge_route", "route", "target_of"]

TIMEOUT_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where sessions would go."""

    host: str
    port: int
    tls: bool
    named: bool
    """Whether ``RTNB_ENDPOINT`` names it: then sessions without an address depend on it."""


@dataclass(frozen=True, slots=True)
class Route:
    """How far it went."""

    target: Target | None
    """None where ``RTNB_ENDPOINT`` is no address."""
    failed: Literal["", "name", "connection", "proxy", "certificate", "tls"] = ""
    said: str = ""
    proxy: str = ""
    """The host of the proxy it went through."""


def target_of(environment: Mapping[str, str]) -> Target | None:
    """What ``RTNB_ENDPOINT`` names, else the API; None where it is no address.

    Examples
    --------
    >>> target_of({"RTNB_ENDPOINT": "ws://127.0.0.1:8765/v1/realtime"})
    Target(host='127.0.0.1', port=8765, tls=False, named=True)
    >>> target_of({})
    Target(host='api.openai.com', port=443, tls=True, named=False)
    """
    said = environment.get("RTNB_ENDPOINT", "").strip()
    url = OPENAI_URL if said in ("", "local", "openai") else said
    try:
        parts = urlsplit(url_endpoint(url).url)
    except ConfigError:
        return None
    tls = parts.scheme == "wss"
    return Target(parts.hostname or "", parts.port or (443 if tls else 80), tls, said not in ("", "local"))


def route(environment: Mapping[str, str] | None = None) -> Route:
    """Try it, for at most three seconds a step."""
    target = target_of(os.environ if environment is None else environment)
    if target is None:
        return Route(None)
    proxy = _proxy_of(target)
    there = urlsplit(proxy) if proxy else None
    through = there.hostname or "" if there is not None else ""
    host, port = (through, there.port or 3128) if there is not None else (target.host, target.port)
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return Route(target, "name", error.strerror or "no such name", through)
    try:
        connection = socket.create_connection((host, port), timeout=TIMEOUT_S)
    except OSError as error:
        said = "no answer in 3 s" if isinstance(error, TimeoutError) else (error.strerror or "refused").lower()
        return Route(target, "connection", said, through)
    with connection:
        if there is not None and (said := _tunnelled(connection, target, there.username, there.password)):
            return Route(target, "proxy", said, through)
        if not target.tls:
            return Route(target, proxy=through)
        try:
            with ssl.create_default_context().wrap_socket(connection, server_hostname=target.host):
                return Route(target, proxy=through)
        except ssl.SSLCertVerificationError as error:
            return Route(target, "certificate", error.verify_message or "not verified", through)
        except OSError as error:
            why = error.reason if isinstance(error, ssl.SSLError) else error.strerror
            return Route(target, "tls", why or "no answer in 3 s", through)


def _proxy_of(target: Target) -> str | None:
    """The HTTP proxy that websockets would go through; of SOCKS proxies another check speaks."""
    from websockets.proxy import get_proxy
    from websockets.uri import parse_uri

    if target.host in ("127.0.0.1", "localhost", "::1"):
        return None
    host = f"[{target.host}]" if ":" in target.host else target.host
    found = get_proxy(parse_uri(f"{'wss' if target.tls else 'ws'}://{host}:{target.port}/"))
    return found if found and urlsplit(found).scheme in ("http", "https") else None


def _tunnelled(connection: socket.socket, target: Target, user: str | None, password: str | None) -> str:
    """Ask the proxy for a tunnel; why it gives none, empty where it does."""
    login = f"{unquote(user)}:{unquote(password or '')}" if user else ""
    header = f"Proxy-Authorization: Basic {base64.b64encode(login.encode()).decode()}\r\n" if login else ""
    place = f"{target.host}:{target.port}"
    try:
        connection.sendall(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{header}\r\n".encode())
        answer = b""
        # Byte by byte: what comes after the head belongs to the handshake.
        while not answer.endswith(b"\r\n\r\n") and len(answer) < 8192 and (byte := connection.recv(1)):
            answer += byte
    except OSError:
        return "it does not answer"
    status = answer.split(b" ", 2)[1:2]
    return (
        ""
        if status and status[0].startswith(b"2")
        else f"HTTP {(status[0] if status else b'?').decode('ascii', 'replace')}"
    )


def judge_route(facts: Route) -> list[Finding]:
    """What it means.

    Examples
    --------
    >>> judge_route(Route(Target("api.openai.com", 443, True, False)))[0].found
    'api.openai.com:443 is reached, and its certificate is good'
    """
    target = facts.target
    if target is None:
        return [Finding("way to the API", "problem", "RTNB_ENDPOINT is no address",
                        'Use "local", "openai", or such as ws://127.0.0.1:8765/v1/realtime, or unset it.')]  # fmt: skip
    where = f"{target.host}:{target.port}"
    through = f" through the proxy {facts.proxy}" if facts.proxy else ""
    if not facts.failed:
        good = ", and its certificate is good" if target.tls else ""
        return [Finding("way to the API", "ok", f"{where} is reached{through}{good}")]
    # The embedded server needs no network: who does not name the API loses nothing.
    verdict: Literal["problem", "note"] = "problem" if target.named else "note"
    local = "" if target.named else " The embedded server works without it."
    who = facts.proxy or target.host
    if facts.failed == "name":
        return [Finding("way to the API", verdict, f"the name {who} is not found",
                        f"No network, or no name service here.{local}")]  # fmt: skip
    if facts.failed == "connection":
        if target.host in ("127.0.0.1", "localhost", "::1"):
            remedy = f"Start the server: rtnb serve --port {target.port}"
        else:
            remedy = f"A firewall may be in the way; behind a proxy set HTTPS_PROXY.{local}"
        return [Finding("way to the API", verdict, f"{where} cannot be reached{through}: {facts.said}", remedy)]
    if facts.failed == "proxy":
        return [Finding("way to the API", verdict, f"the proxy {facts.proxy} gives no tunnel to {where}: {facts.said}",
                        f"Check HTTPS_PROXY (a login?), or ask for {target.host} to be allowed.{local}")]  # fmt: skip
    if facts.failed == "certificate":
        return [Finding("way to the API", verdict, f"the certificate of {where} is not trusted: {facts.said}",
                        "A proxy looks inside: set SSL_CERT_FILE to its certificate. Or the clock errs.")]  # fmt: skip
    return [Finding("way to the API", verdict, f"{where} answers, but not by TLS: {facts.said}",
                    f"Check the port, and whether wss:// should be ws://.{local}")]  # fmt: skip
