"""What a server allows itself with the MCP servers that its clients name."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from rtnb.server.mcp.failures import McpFailure

__all__ = ["McpPolicy"]

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class McpPolicy:
    """Which MCP servers may be called, and for how long they are waited for.

    Parameters
    ----------
    enabled : bool
        Whether any is; where not, every list of tools fails and the session goes on.
    allow : tuple of str
        Beginnings of URLs (``"https://tools.example.com/v1"``, with scheme, host, port and whole segments of the
        path) or host names (``"tools.example.com"``, ``"*.example.com"``); empty allows any.
    private : bool
        Whether addresses of this machine and of its own network may be called; not so for servers that strangers
        use, for whom they would be a way in. Where they may not, proxies of the environment are not used.
    list_timeout_s : float
        How long connecting and listing may take together.
    call_timeout_s : float
        How long one call may take.
    wait_s : float
        How long a response waits for lists that are still being made, and for approved calls; then it goes without
        those tools, or without what the calls give back.
    most_servers : int
        MCP servers that one session may be connected to.
    most_tools : int
        Tools that are taken of one server; the others are left out, which is logged.
    most_output_chars : int
        What one call may give back; the rest is cut off, and the model is told.

    Examples
    --------
    >>> policy = McpPolicy(allow=("https://tools.example.com/v1", "*.example.org"))
    >>> policy.problem("https://tools.example.com/v1/mcp") is None, policy.problem("https://a.example.org/mcp") is None
    (True, True)
    >>> policy.problem("https://tools.example.com/v10/mcp")
    'its address is not among those that this server may call'
    """

    enabled: bool = True
    allow: tuple[str, ...] = ()
    private: bool = True
    list_timeout_s: float = 10.0
    call_timeout_s: float = 30.0
    wait_s: float = 10.0
    most_servers: int = 16
    most_tools: int = 128
    most_output_chars: int = 100_000

    def problem(self, url: str) -> str | None:
        """Why an address is not called, as far as that can be told by looking at it; None where it is."""
        if not self.enabled:
            return "this server connects to no MCP servers"
        parts = _split(url)
        if parts is None:
            return "its address is no http:// or https:// URL"
        if self.allow and not any(_matches(parts, allowed) for allowed in self.allow):
            return "its address is not among those that this server may call"
        return None

    async def private_problem(self, url: str) -> str | None:
        """The same for what its name leads to."""
        if self.private or _split(url) is None:
            return None
        try:
            await self.public_address(url)
        except McpFailure as failure:
            return failure.message
        return None

    async def public_address(self, url: str) -> str:
        """The address that a request for this URL is sent to; the name is looked up each time.

        Raises
        ------
        McpFailure
            Its name leads nowhere, or into this machine's own network.
        """
        parts = _split(url)
        if parts is None:
            raise McpFailure("protocol_error", "its address is no http:// or https:// URL")
        port = parts.port or PORTS[parts.scheme]
        try:
            found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise McpFailure("protocol_error", "its name cannot be resolved") from None
        addresses = [str(info[4][0]).partition("%")[0] for info in found]
        if not addresses or not all(map(_is_public, addresses)):
            what = "its address is a private one, which this server may not call"
            raise McpFailure("protocol_error", what)
        return addresses[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text)
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_global and not address.is_multicast


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in PORTS and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return parts if usable else None


def _matches(parts: SplitResult, allowed: str) -> bool:
    host = parts.hostname or ""
    if "://" not in allowed:
        name = allowed.lower()
        return host.endswith(name[1:]) if name.startswith("*.") else host == name
    wanted = _split(allowed)
    if wanted is None or (wanted.scheme, wanted.hostname) != (parts.scheme, host):
        return False
    if (wanted.port or PORTS[wanted.scheme]) != (parts.port or PORTS[parts.scheme]):
        return False
    beginning, path = wanted.path.rstrip("/"), parts.path
    if any(segment in (".", "..") for segment in path.replace("%2e", ".").replace("%2E", ".").split("/")):
        return False
    return path == beginning or path.startswith(f"{beginning}/") or not beginning
