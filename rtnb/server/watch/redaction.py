"""What may stand in a log: without secrets, without audio, and no more than can be read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from rtnb.protocol.url_secrets import BLANK, url_without_secrets, urls_without_secrets

__all__ = ["LONGEST", "is_secret", "loggable", "scrubbed", "server_address"]

LONGEST: Final = 300
"""Characters of one text that are shown."""

MOST: Final = 300
"""Values of one event that are shown."""

DEEPEST: Final = 10
"""How deep they are looked for."""

SECRET_NAMES: Final = frozenset({
    "authorization", "headers", "cookie", "set-cookie", "api_key", "api-key", "apikey", "x-api-key", "key", "secret",
    "client_secret", "password", "passwd", "token", "credentials", "auth", "x-auth", "bearer", "jwt",
})  # fmt: skip
"""Members whose value is a credential, or holds some."""
SECRET_ENDS: Final = ("_key", "-key", "_secret", "-secret", "_token", "-token", "_password", "authorization")
_ENDS: Final = (
    "apikey", "accesskey", "secretkey", "privatekey", "secret", "password", "passwd", "authorization", "authorisation",
    "accesstoken", "authtoken", "bearertoken", "refreshtoken", "sessiontoken", "credential", "credentials",
)  # fmt: skip
"""The same however it is written: ``accessToken``, ``Client-Secret``."""

_TOOL: Final = frozenset({
    "type", "server_label", "server_url", "server_description", "connector_id", "allowed_tools", "require_approval",
    "defer_loading",
})  # fmt: skip
"""Members of an MCP tool that hold no credential; any other one is one, or one whose name is misspelt."""

_SECRETS = re.compile(r"\b(?:ek_|sk-|local-)[A-Za-z0-9_\-.=+/~]+|\b(?:Bearer\s++)++\S+", re.IGNORECASE)
"""Client secrets and keys as the API makes them, random keys of rtnb, and what stands in an authorization header."""

_BROKEN = re.compile(
    r"(\b[a-z][a-z0-9+.\-]*:/{2})(?:[^\s/?#\"'<>]*@)?\[[^\]\s/?#\"'<>]*(?=$|[\s/?#\"'<>])", re.IGNORECASE
)
"""An address whose host begins with a bracket that never closes, so that anything may stand in it."""


def scrubbed(text: str, secrets: Iterable[str] = ()) -> str:
    """A text with the credentials in it blanked: by their form, those of addresses, and `secrets` wherever they are.

    Examples
    --------
    >>> scrubbed("who has ek_0123 or sesame?", secrets=["sesame"])
    'who has [redacted] or [redacted]?'
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, BLANK)
    return urls_without_secrets(_BROKEN.sub(rf"\g<1>{BLANK}", _SECRETS.sub(BLANK, text)))


def is_secret(name: str, owner: Mapping[Any, Any] | None = None) -> bool:
    """Whether a member of that name is a credential, or holds some; among those of `owner`, if it is given.

    Examples
    --------
    >>> is_secret("Authorization"), is_secret("server_label"), is_secret("total_tokens")
    (True, False, False)
    >>> is_secret("autorisation", {"type": "mcp", "autorisation": "me"})
    True
    """
    if owner is not None:
        if owner.get("type") == "mcp" or "server_url" in owner:
            return name not in _TOOL
        if name == "token" and "logprob" in owner:
            # Of a transcript.
            return False
    lower = name.lower()
    flat = lower.replace("-", "").replace("_", "")
    return lower in SECRET_NAMES or lower.endswith(SECRET_ENDS) or flat.endswith(_ENDS)


def server_address(address: str) -> str:
    """The address of an MCP server without credentials: any value of its query may be one, whatever it is called.

    Examples
    --------
    >>> server_address("https://me:abc@mcp.example/sse?k=abc#abc")
    'https://[redacted]@mcp.example/sse?[redacted]'
    >>> server_address("https://[::abc")
    '[redacted]'
    """
    try:
        parts = urlsplit(address)
        # Looked at, a port is checked.
        whole = bool(parts.scheme and parts.hostname) and (parts.port is None or parts.port >= 0)
    except ValueError:
        whole = False
    if not whole:
        return BLANK if address else address
    where, mark, _ = re.split(r"([?#])", address, maxsplit=1) if set(address) & set("?#") else (address, "", "")
    return url_without_secrets(where) + (f"?{BLANK}" if mark else "")


def loggable(value: object, secrets: Iterable[str] = ()) -> Any:
    """Any value as plain JSON that may be logged: bounded, without audio or credentials.

    Examples
    --------
    >>> loggable({"type": "input_audio_buffer.append", "audio": "AAAA"})
    {'type': 'input_audio_buffer.append', 'audio': '<4 characters>'}
    >>> loggable({"tools": [{"type": "mcp", "authorization": "Bearer me"}]})
    {'tools': [{'type': 'mcp', 'authorization': '[redacted]'}]}
    """
    return _Plain(tuple(secrets)).of(value, 0)


class _Plain:
    """One walk through one value, which counts what it has shown."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._secrets = secrets
        self._left = MOST

    def of(self, value: object, depth: int) -> Any:
        self._left -= 1
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return int(value) if abs(value) < 2**53 else self.text(str(value) if abs(value) < 10**40 else "<integer>")
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else repr(float(value))
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes | bytearray | memoryview):
            return f"<{len(value)} bytes>"
        if isinstance(value, Mapping | list | tuple):
            if depth >= DEEPEST:
                return "…"
            return self._members(value, depth) if isinstance(value, Mapping) else self._list(value, depth)
        return self.text(str(value))

    def text(self, text: str) -> str:
        """Scrubbed before it is cut, so that half a secret is none that is not found."""
        shown = scrubbed(text[: 3 * LONGEST], self._secrets)
        shown = shown.encode("utf-8", "replace").decode()
        return shown if len(text) <= LONGEST else f"{shown[:LONGEST]}… ({len(text)} characters)"

    def _members(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        audible = str(value.get("type", "")).endswith("audio.delta")
        found = dict[str, Any]()
        for index, (name, member) in enumerate(value.items()):
            if self._left <= 0:
                found["…"] = f"{len(value) - index} more"
                break
            secret = is_secret(str(name), value)
            name = self.text(str(name))
            if secret and member is not None:
                found[name] = BLANK
            elif name == "server_url" and isinstance(member, str):
                found[name] = self.text(server_address(member))
            elif isinstance(member, str) and (name == "audio" or (audible and name == "delta") or _is_data(member)):
                found[name] = f"<{len(member)} characters>"
            else:
                found[name] = self.of(member, depth + 1)
        return found

    def _list(self, value: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        found = list[Any]()
        for index, each in enumerate(value):
            if self._left <= 0:
                found.append(f"… {len(value) - index} more")
                break
            found.append(self.of(each, depth + 1))
        return found


def _is_data(text: str) -> bool:
    return text[:5].lower() == "data:"
