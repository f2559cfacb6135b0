"""Proxies of the environment, read as websockets reads them; their addresses may hold passwords, which stay here."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["CURE", "Proxy", "is_address", "proxy_for"]

CURE: Final = (
    "Write it as http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with a / # ? @ of a password as %2F %23 %3F %40."
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """One that a session would go through.

    Parameters
    ----------
    variable : str
        Which names it; "the system's settings" where no variable does.
    host : str
        Empty where it is no address.
    port : int
    tls : bool
        Whether one speaks TLS with the proxy itself.
    """

    variable: str
    host: str = ""
    port: int = 0
    tls: bool = False
    login: str = field(default="", repr=False)

    @property
    def header(self) -> str:
        """The header by which it lets one in, with its line's end; empty without a login."""
        if not self.login:
            return ""
        return f"Proxy-Authorization: Basic {base64.b64encode(self.login.encode()).decode()}\r\n"


def is_address(value: str) -> bool:
    """Whether websockets takes it for a proxy's address.

    Examples
    --------
    >>> is_address("http://user:secret@proxy:3128"), is_address("http://user:se/cret@proxy:3128"), is_address("proxy")
    (True, False, False)
    """
    from websockets.exceptions import InvalidProxy
    from websockets.proxy import parse_proxy

    try:
        parse_proxy(value)
    except (InvalidProxy, ValueError):  # a port that is none, half an IPv6 address, a host that is no name
        return False
    return True


def proxy_for(host: str, port: int, *, tls: bool, environment: Mapping[str, str] | None = None) -> Proxy | None:
    """The HTTP proxy between here and there, as websockets chooses it; of SOCKS proxies another check speaks."""
    from websockets.proxy import get_proxy, parse_proxy
    from websockets.uri import parse_uri

    if host in ("127.0.0.1", "localhost", "::1"):
        return None
    name = f"[{host}]" if ":" in host else host
    found = get_proxy(parse_uri(f"{'wss' if tls else 'ws'}://{name}:{port}/"))
    if not found:
        return None
    given = os.environ if environment is None else environment
    variable = next(
        (each for each, value in given.items() if each.lower().endswith("_proxy") and value == found),
        "the system's settings",
    )
    if not is_address(found):
        return Proxy(variable)
    parsed = parse_proxy(found)
    if parsed.scheme not in ("http", "https"):
        return None
    login = "" if parsed.username is None else f"{parsed.username}:{parsed.password}"
    return Proxy(variable, parsed.host, parsed.port, parsed.scheme == "https", login)
