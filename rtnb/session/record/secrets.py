"""What is secret in an event, and the event without it: keys, client secrets, and what MCP tools log in with.

An event goes through this before it enters the log, so that neither a journal nor a recording nor a notebook ever holds
a credential. There are three ways to know one: by where it stands (an MCP tool's ``authorization``), by how it
looks (``sk-…``, ``ek_…``, ``Bearer …``), and by its value: a session's own key is blanked wherever it turns up, as in
the message of a server that repeats it. Of an MCP server's address, what logs in is blanked, and the rest stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from rtnb.protocol.url_secrets import url_without_secrets, urls_without_secrets

__all__ = ["REDACTED", "Secrets", "header_secrets", "without_parts", "without_secrets"]

REDACTED = "[redacted]"

SECRET_MEMBERS = frozenset({
    "authorization", "proxy-authorization", "proxy_authorization", "api_key", "apikey", "api-key", "x-api-key",
    "access_token", "refresh_token", "client_secret", "openai-insecure-api-key",
})  # fmt: skip
"""Members that are credentials wherever they stand, in lower case. The MCP tools of the Realtime API have
``authorization``; ``client_secret`` is a member of the beta API's sessions (the ``openai`` package's types)."""

TOOL_MEMBERS = frozenset({"authorization", "headers"})
"""Members of tools that carry credentials of third parties."""

SCHEMAS = frozenset({"parameters", "input_schema", "schema"})
"""Below these, names are those of a user's own function: a parameter called ``authorization`` is no credential."""

_LOOKS = re.compile(
    r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}"  # API keys: sk-…, sk-proj-…, sk-svcacct-…
    r"|(?<![A-Za-z0-9])ek_[A-Za-z0-9_-]{12,}"  # client secrets
    # After a scheme: what has a digit or is long, so that "bearer bonds" stays what it is.
    r"|(?<=bearer )\s*(?:(?=[\w.~+/-]*\d)[\w.~+/-]{8,}|[\w.~+/-]{24,})=*",
    re.IGNORECASE,
)
_MAY_LOOK = re.compile(r"sk-|ek_|bearer ", re.IGNORECASE)
_IN_TEXT = re.compile(
    r"""(\\*["'](?:"""
    + "|".join(sorted(map(re.escape, SECRET_MEMBERS)))
    + r""")\\*["']\s*:\s*(?:\{\s*\\*["']value\\*["']\s*:\s*)?)(\\*["'])((?:(?!\2).)*)""",
    re.IGNORECASE | re.DOTALL,
)
_HEADERS_IN_TEXT = re.compile(r"""(\\*["']headers\\*["']\s*:\s*\{)([^}]*)""", re.IGNORECASE)
"""The same in the text of what is no JSON any more, such as half a frame."""
_CUT = re.compile(r"(?<![A-Za-z0-9])(?:sk-|ek_)[A-Za-z0-9_-]+\Z")
"""A key that such a text ends in, too short to look like one."""

_STARRED = re.compile(r"[\w~+/=-]*\*{3,}[\w~+/=-]*")

_HINTS = (
    *sorted({name.encode() for name in SECRET_MEMBERS}), b"headers", b"sk-", b"ek_", b"bearer ", b"expires_at",
    b"server_url", b"://",
    # Escapes can write anything, and what is beyond ASCII has other capitals.
    b"\\u", b"\\/", b"\xc4\xb0", b"\xe2\x84\xaa", b"\xc5\xbf",
    b"rtnb.frame",
)  # fmt: skip
"""What the JSON of an event with a secret has in it, in lower case. The three are İ, the Kelvin sign and the long s,
which regular expressions and ``str.lower`` take for i, k and s."""

SHORTEST = 6
"""A value that is blanked wherever it stands must have so many characters, or it would be found in half the words."""


class Secrets:
    """What a session keeps to itself.

    Examples
    --------
    >>> secrets = Secrets()
    >>> secrets.hide("my-own-key")
    >>> secrets.clean({"type": "error", "error": {"message": "Incorrect API key provided: my-own-key."}})
    {'type': 'error', 'error': {'message': 'Incorrect API key provided: [redacted].'}}
    """

    def __init__(self) -> None:
        self._known: tuple[str, ...] = ()
        self._hints = _HINTS

    def hide(self, *values: str) -> None:
        """Blank these wherever they turn up."""
        found = {value.strip() for value in values} | set(self._known)
        # The longest first: one may be a part of another.
        self._known = tuple(sorted((v for v in found if len(v) >= SHORTEST), key=lambda v: (-len(v), v)))

        self._hints = (*_HINTS, *map(_written, self._known))

    def may_hold(self, text: bytes) -> bool:
        """Whether there is anything to clean in an event, by its JSON: most have nothing that even looks like it.

        Examples
        --------
        >>> Secrets().may_hold(b'{"type":"response.done"}'), Secrets().may_hold(b'{"key":"sk-abc"}')
        (False, True)
        """
        small = text.lower()
        for hint in self._hints:  # noqa: SIM110 - half the time of any(), and it is asked for every event
            if hint in small:
                return True
        return False

    def clean(self, event: dict[str, Any]) -> dict[str, Any]:
        """The event without secrets; itself where it has none."""
        raw = event.get("type") == "rtnb.frame"
        found = self._object(event, tool=False, names=True, raw=raw)
        if found is event and "value" in event and "expires_at" in event:
            found = dict(event)
        if found is not event and "value" in event and "expires_at" in event and event["value"]:
            # What the server answers a request for a client secret with.
            found["value"] = REDACTED
        if event.get("type") == "error" and isinstance(error := found.get("error"), dict):
            # What a server says about an MCP server that it cannot reach.
            message = error.get("message")
            if isinstance(message, str) and (told := urls_without_secrets(message)) is not message:
                found = {**found, "error": {**error, "message": told}}
        return found

    def text(self, text: str, *, raw: bool = False) -> str:
        """The text without what looks like a secret; `raw` text may be JSON that cannot be parsed.

        Examples
        --------
        >>> Secrets().text("Authorization: Bearer abc123def456"), Secrets().text("bearer of bad news")
        ('Authorization: Bearer [redacted]', 'bearer of bad news')
        """
        for known in self._known:
            if known in text:
                text = text.replace(known, REDACTED)
        if _MAY_LOOK.search(text):
            text = _LOOKS.sub(REDACTED, text)
        if raw:
            text = _IN_TEXT.sub(lambda m: f"{m[1]}{m[2]}{REDACTED}" if m[3] else m[0], text)
            text = _HEADERS_IN_TEXT.sub(lambda m: f"{m[1]}{REDACTED}" if m[2].strip() else m[0], text)
            text = _CUT.sub(REDACTED, self._without_cut(urls_without_secrets(text)))
        return text

    def _without_cut(self, text: str) -> str:
        """Without the beginning of a known value that the text ends in."""
        for known in self._known:
            for length in range(min(len(known), len(text)), SHORTEST - 1, -1):
                if text.endswith(known[:length]):
                    return text[:-length] + REDACTED
        return text

    def _value(self, value: Any, *, tool: bool, names: bool, raw: bool) -> Any:
        if isinstance(value, str):
            return self.text(value, raw=raw)
        if isinstance(value, dict):
            return self._object(value, tool=tool, names=names, raw=raw)
        if isinstance(value, list):
            cleaned = [self._value(each, tool=tool, names=names, raw=raw) for each in value]
            return value if all(new is old for new, old in zip(cleaned, value, strict=True)) else cleaned
        return value

    def _object(self, value: dict[str, Any], *, tool: bool, names: bool, raw: bool) -> dict[str, Any]:
        changed = False
        cleaned: dict[str, Any] = {}
        tool = names and (tool or value.get("type") == "mcp" or "server_url" in value)
        for key, old in value.items():
            name = key.lower() if isinstance(key, str) else ""
            if names and old and (name in SECRET_MEMBERS or (tool and name in TOOL_MEMBERS)):
                new = _blank(old)
            elif tool and name == "server_url" and isinstance(old, str):
                new = url_without_secrets(self.text(old))
            else:
                below = names and name not in SCHEMAS
                new = self._value(old, tool=name == "tools", names=below, raw=raw)
            kept = self.text(key) if isinstance(key, str) else key
            changed = changed or new is not old or kept is not key
            cleaned[kept] = new
        return cleaned if changed else value


def _written(known: str) -> bytes:
    """As it stands in JSON, in lower case."""
    try:
        return orjson.dumps(known)[1:-1].lower()
    except TypeError:  # half a character, which JSON can only escape
        return b"\\u"


def _blank(value: object) -> object:
    """A credential blanked; of a client secret it stays known when it expires."""
    if isinstance(value, Mapping) and "value" in value:
        return {**{k: v for k, v in value.items() if k == "expires_at" and isinstance(v, int)}, "value": REDACTED}
    return value if isinstance(value, bool) else REDACTED


def without_secrets(event: dict[str, Any]) -> dict[str, Any]:
    """The event without what is known for a secret by its place or its looks.

    Examples
    --------
    >>> tool = {"type": "mcp", "server_label": "s", "authorization": "abc"}
    >>> without_secrets({"session": {"tools": [tool]}})["session"]["tools"][0]["authorization"]
    '[redacted]'
    """
    return Secrets().clean(event)


def without_parts(text: str) -> str:
    """A refusal without what it shows of a key: the API repeats a wrong one with stars in its middle.

    Examples
    --------
    >>> without_parts("Incorrect API key provided: sk-01234*********efgh. Look for yours.")
    'Incorrect API key provided: [redacted]. Look for yours.'
    """
    return _STARRED.sub(REDACTED, text)


def header_secrets(headers: Mapping[str, str]) -> list[str]:
    """The values of headers that are credentials, with and without the scheme before them.

    Examples
    --------
    >>> header_secrets({"Authorization": "Bearer abc123", "OpenAI-Beta": "realtime=v1"})
    ['Bearer abc123', 'abc123']
    """
    found = []
    for name, value in headers.items():
        if any(word in name.lower() for word in ("auth", "key", "token", "secret", "cookie")):
            found += [value, value.partition(" ")[2]] if " " in value else [value]
    return found
