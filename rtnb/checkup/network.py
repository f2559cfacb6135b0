"""The way to the API, as far as it goes without a request: name, connection, certificate. Nothing is spent."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from rtnb.checkup.proxy import CURE, Proxy, proxy_for
from rtnb.checkup.report import Finding
from rtnb.errors import ConfigError
from rtnb.session.wire.endpoint import openai_url, url_endpoint

__all__ = ["Route", "Target", "judge_route", "named", "route", "target_of"]

TIMEOUT_S: Final = 3.0

Variable = Literal["", "RTNB_ENDPOINT", "OPENAI_BASE_URL"]

HEAD: Final = 8192
"""Bytes of a proxy's answer that are read, at most."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where sessions would go."""

    host: str
    port: int
    tls: bool
    named: bool
    """Whether ``RTNB_ENDPOINT`` names it: then sessions without an address depend on it."""
    by: Variable = ""
    """The variable that holds the address; empty where it is the API's own."""


@dataclass(frozen=True, slots=True)
class Route:
    """How far it went."""

    target: Target | None
    """None where the variable holds no address."""
    failed: Literal["", "name", "connection", "proxy", "proxy address", "proxy tls", "certificate", "tls"] = ""
    said: str = ""
    proxy: str = ""
    """The host of the proxy it went through."""
    variable: str = ""
    """The variable that holds no address, of a proxy or of what sessions connect to."""


def named(environment: Mapping[str, str]) -> bool:
    """Whether ``RTNB_ENDPOINT`` names something else than the embedded server."""
    return environment.get("RTNB_ENDPOINT", "").strip() not in ("", "local")


def _variable(environment: Mapping[str, str]) -> Variable:
    if environment.get("RTNB_ENDPOINT", "").strip() not in ("", "local", "openai"):
        return "RTNB_ENDPOINT"
    return "OPENAI_BASE_URL" if environment.get("OPENAI_BASE_URL", "").strip() else ""


def target_of(environment: Mapping[str, str]) -> Target | None:
    """What ``RTNB_ENDPOINT`` names, else where ``"openai"`` is; None where that is no address.

    Examples
    --------
    >>> target_of({"RTNB_ENDPOINT": "ws://127.0.0.1:8765/v1/realtime"})
    Target(host='127.0.0.1', port=8765, tls=False, named=True, by='RTNB_ENDPOINT')
    >>> target_of({})
    Target(host='api.openai.com', port=443, tls=True, named=False, by='')
    """
    by = _variable(environment)
    try:
        url = environment["RTNB_ENDPOINT"].strip() if by == "RTNB_ENDPOINT" else openai_url(environment)
        parts = urlsplit(url_endpoint(url).url)
    except ConfigError:
        return None
    tls = parts.scheme == "wss"
    return Target(parts.hostname or "", parts.port or (443 if tls else 80), tls, named(environment), by)


def route(environment: Mapping[str, str] | None = None) -> Route:
    """Try it, for at most three seconds a step."""
    given = os.environ if environment is None else environment
    target = target_of(given)
    if target is None:
        return Route(None, variable=_variable(given))
    proxy = proxy_for(target.host, target.port, tls=target.tls)
    if proxy is not None and not proxy.host:
        return Route(target, "proxy address", variable=proxy.variable)
    through = "" if proxy is None else proxy.host
    host, port = (target.host, target.port) if proxy is None else (proxy.host, proxy.port)
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:  # two dots in a row, a part that is too long
        return Route(target, "name", "it is no name", through)
    except OSError as error:
        return Route(target, "name", error.strerror or "no such name", through)
    try:
        connection = socket.create_connection((host, port), timeout=TIMEOUT_S)
    except OSError as error:
        return Route(target, "connection", _said(error, "refused").lower(), through)
    with connection:
        if proxy is None:
            return _secured(connection, target, "")
        if not proxy.tls:
            return _through(connection, target, proxy)
        try:
            # Its login must not go in clear.
            inside = ssl.create_default_context().wrap_socket(connection, server_hostname=proxy.host)
        except OSError as error:
            return Route(target, "proxy tls", _said(error, "it ends the connection"), through)
        with inside:
            return _through(inside, target, proxy)


def _through(connection: socket.socket, target: Target, proxy: Proxy) -> Route:
    if said := _tunnelled(connection, target, proxy):
        return Route(target, "proxy", said, proxy.host)
    return _secured(connection, target, proxy.host)


def _tunnelled(connection: socket.socket, target: Target, proxy: Proxy) -> str:
    """Ask the proxy for a tunnel; why it gives none, empty where it does."""
    place = f"[{target.host}]:{target.port}" if ":" in target.host else f"{target.host}:{target.port}"
    answer = b""
    try:
        connection.sendall(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n{proxy.header}\r\n".encode())
        # Byte by byte: what comes after the head belongs to the handshake.
        while not answer.endswith(b"\r\n\r\n") and len(answer) < HEAD and (byte := connection.recv(1)):
            answer += byte
    except OSError:
        return "it does not answer"
    status = answer.split(b" ", 2)
    if len(status) < 2 or not status[0].startswith(b"HTTP/") or not status[1].isdigit():
        return "its answer is not HTTP" if answer else "it does not answer"
    return "" if status[1].startswith(b"2") else f"HTTP {status[1].decode('ascii')}"


def _secured(connection: socket.socket, target: Target, through: str) -> Route:
    """TLS with the target, and its certificate."""
    if not target.tls:
        return Route(target, proxy=through)
    try:
        _handshake(connection, target.host)
    except ssl.SSLCertVerificationError as error:
        return Route(target, "certificate", error.verify_message or "not verified", through)
    except UnicodeError:
        return Route(target, "name", "it is no name", through)
    except OSError as error:
        return Route(target, "tls", _said(error, "it ends the connection"), through)
    return Route(target, proxy=through)


def _handshake(connection: socket.socket, host: str) -> None:
    """Shake hands over a socket that may be one of TLS itself, which ``wrap_socket`` cannot go inside of."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    inside = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=host)
    while True:
        try:
            inside.do_handshake()
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            data = connection.recv(16384)
            if not data:
                raise ConnectionAbortedError from None
            incoming.write(data)
        else:
            connection.sendall(outgoing.read())
            return


def _said(error: OSError, otherwise: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message or "not verified"
    if isinstance(error, ssl.SSLError):
        return error.reason or otherwise
    if isinstance(error, TimeoutError):
        return f"no answer in {TIMEOUT_S:g} s"
    return error.strerror or otherwise


def judge_route(facts: Route) -> list[Finding]:
    """What it means.

    Examples
    --------
    >>> judge_route(Route(Target("api.openai.com", 443, True, False)))[0].found
    'api.openai.com:443 is reached, and its certificate is good'
    """
    target = facts.target
    if target is None and facts.variable == "OPENAI_BASE_URL":
        return [Finding("way to the API", "problem", "OPENAI_BASE_URL holds no address that rtnb takes",
                        "Unset it, or use one such as https://HOST/v1 (http:// only for this machine).")]  # fmt: skip
    if target is None:
        return [Finding("way to the API", "problem", "RTNB_ENDPOINT is no address",
                        'Use "local", "openai", or such as ws://127.0.0.1:8765/v1/realtime, or unset it.')]  # fmt: skip
    where = f"{target.host}:{target.port}" + (f" (which {target.by} names)" if target.by else "")
    through = f" through the proxy {facts.proxy}" if facts.proxy else ""
    if not facts.failed:
        good = ", and its certificate is good" if target.tls else ""
        return [Finding("way to the API", "ok", f"{where} is reached{through}{good}")]
    # The embedded server needs no network: who does not name the API loses nothing.
    verdict: Literal["problem", "note"] = "problem" if target.named else "note"
    local = "" if target.named else " The embedded server works without it."
    who = facts.proxy or target.host
    if facts.failed == "proxy address":
        told = f"{facts.variable} holds no address of a proxy that websockets takes; it is not shown"
        return [Finding("way to the API", verdict, told, f"{CURE}{local}")]
    if facts.failed == "name":
        remedy = "Mend the address" if facts.said == "it is no name" else "No network, or no name service here"
        return [Finding("way to the API", verdict, f"the name {who} is not found", f"{remedy}.{local}")]
    if facts.failed == "connection":
        if target.host in ("127.0.0.1", "localhost", "::1"):
            remedy = f"Start the server: rtnb serve --port {target.port}"
        else:
            remedy = f"A firewall may be in the way; behind a proxy set HTTPS_PROXY.{local}"
        return [Finding("way to the API", verdict, f"{where} cannot be reached{through}: {facts.said}", remedy)]
    if facts.failed == "proxy":
        return [Finding("way to the API", verdict, f"the proxy {facts.proxy} gives no tunnel to {where}: {facts.said}",
                        f"Check HTTPS_PROXY (a login?), or ask for {target.host} to be allowed.{local}")]  # fmt: skip
    if facts.failed == "proxy tls":
        return [Finding("way to the API", verdict, f"the proxy {facts.proxy} does not speak TLS well: {facts.said}",
                        f"A plain one is named with http:// in HTTPS_PROXY; no login was sent.{local}")]  # fmt: skip
    if facts.failed == "certificate":
        return [Finding("way to the API", verdict, f"the certificate of {where} is not trusted: {facts.said}",
                        "A proxy looks inside: set SSL_CERT_FILE to its certificate. Or the clock errs.")]  # fmt: skip
    return [Finding("way to the API", verdict, f"{where} answers, but not by TLS: {facts.said}",
                    f"Check the port, and whether wss:// should be ws://.{local}")]  # fmt: skip
