"""What may stand in a log: without secrets, without audio, and no more than can be read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from rtnb.protocol.url_secrets import BLANK, urls_without_secrets

__all__ = ["LONGEST", "loggable", "scrubbed"]

LONGEST: Final = 300
"""Characters of one text that are shown."""

MOST: Final = 300
"""Values of one event that are shown."""

DEEPEST: Final = 10
"""How deep they are looked for."""

SECRET_NAMES: Final = frozenset({
    "authorization", "headers", "cookie", "set-cookie", "api_key", "api-key", "apikey", "x-api-key", "key", "secret",
    "client_secret", "password", "passwd", "token", "credentials",
})  # fmt: skip
"""Members whose value is a credential, or holds some."""
SECRET_ENDS: Final = ("_key", "-key", "_secret", "-secret", "_token", "-token", "_password", "authorization")

_SECRETS = re.compile(r"\b(?:ek_|sk-|local-)[A-Za-z0-9_\-.=+/~]+|\bBearer\s+\S+", re.IGNORECASE)
"""Client secrets and keys as the API makes them, random keys of rtnb, and what stands in an authorization header."""


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
    return urls_without_secrets(_SECRETS.sub(BLANK, text))


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
            name = self.text(str(name))
            if _is_secret(name) and member is not None:
                found[name] = BLANK
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


def _is_secret(name: str) -> bool:
    name = name.lower()
    return name in SECRET_NAMES or name.endswith(SECRET_ENDS)


def _is_data(text: str) -> bool:
    return text[:5].lower() == "data:"
