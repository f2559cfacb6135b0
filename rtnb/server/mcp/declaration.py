"""An MCP server as a session declares it: where it is, what opens it, which of its tools may be used, and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rtnb.protocol import Problem
from rtnb.protocol.url_secrets import url_without_secrets
from rtnb.server.problems import Refused

__all__ = ["REDACTED", "SECRET", "Declaration", "function_tools", "read", "shown"]

REDACTED = "[redacted]"

SECRET = ("authorization", "headers")
"""Members that are never sent back. The guide to MCP of the REST API says that neither is stored or visible in a
response object; of a session nothing is published, and the same is done."""

SHORTEST = 6
"""A secret must have so many characters to be looked for in what a server says, or half of all words would be one."""


def function_tools(tools: Iterable[Mapping[str, Any]] | None) -> tuple[Mapping[str, Any], ...]:
    """The tools that the client itself runs.

    Examples
    --------
    >>> function_tools([{"type": "mcp", "server_label": "docs"}, {"type": "function", "name": "look_up"}])
    ({'type': 'function', 'name': 'look_up'},)
    """
    return tuple(tool for tool in tools or () if tool.get("type") != "mcp")


@dataclass(frozen=True, slots=True)
class Declaration:
    """One MCP tool of a session or a response, with its secrets.

    Examples
    --------
    >>> made = Declaration.of({"type": "mcp", "server_label": "shop", "server_url": "https://shop.example/mcp",
    ...     "authorization": "abc123", "require_approval": {"never": {"read_only": True}}})
    >>> made
    Declaration(label='shop')
    >>> made.needs_approval("list_orders", read_only=True), made.needs_approval("refund", read_only=False)
    (False, True)
    >>> made.clean("Bearer abc123 is not known")
    'Bearer [redacted] is not known'
    """

    label: str
    url: str | None = field(repr=False)
    authorization: str | None = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    service: str | None = field(repr=False)
    """Of what only the live service has, a connector or a tunnel: its name."""
    allowed: Any = field(repr=False, compare=False)
    approval: Any = field(repr=False, compare=False)
    description: str = field(repr=False, compare=False)

    @classmethod
    def of(cls, wire: Mapping[str, Any]) -> Declaration:
        """From a valid tool of the wire."""
        # Programs that call tools are not run here, so that what only they may call is not called.
        callers = wire.get("allowed_callers")
        called = callers is None or "direct" in callers
        return cls(
            label=wire["server_label"],
            url=wire.get("server_url"),
            authorization=wire.get("authorization"),
            headers=tuple(sorted((wire.get("headers") or {}).items())),
            service=wire.get("connector_id") or wire.get("tunnel_id"),
            allowed=wire.get("allowed_tools") if called else (),
            approval=wire.get("require_approval"),
            description=wire.get("server_description") or "",
        )

    @property
    def request_headers(self) -> dict[str, str]:
        """What every request to it carries; a token without a scheme is a bearer's."""
        found = dict(self.headers)
        if self.authorization:
            token = self.authorization.strip()
            found["Authorization"] = token if token.lower().startswith("bearer ") else f"Bearer {token}"
        return found

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be seen by nobody but the server, longest first."""
        values = [value for _, value in self.headers] + ([self.authorization] if self.authorization else [])
        found = {part for value in values for part in (value.strip(), *value.split()) if len(part) >= SHORTEST}
        return tuple(sorted(found - {"Bearer", "bearer"}, key=lambda value: (-len(value), value)))

    def clean(self, text: str) -> str:
        """The text without them: a server may repeat what it was sent."""
        for secret in self.secrets:
            text = text.replace(secret, REDACTED)
        return text

    def allows(self, name: str, *, read_only: bool) -> bool:
        """Whether a tool may be used at all."""
        if self.allowed is None:
            return True
        if isinstance(self.allowed, Mapping):
            return _fits(self.allowed, name, read_only=read_only)
        return name in self.allowed

    def needs_approval(self, name: str, *, read_only: bool) -> bool:
        """Whether a call waits for a yes: by default it does, and whoever says only which calls do exempts the rest."""
        if isinstance(self.approval, Mapping):
            always, never = self.approval.get("always"), self.approval.get("never")
            if always is not None and _fits(always, name, read_only=read_only):
                return True
            if never is None:
                return always is None
            return not _fits(never, name, read_only=read_only)
        return bool(self.approval != "never")


def _fits(wanted: Mapping[str, Any], name: str, *, read_only: bool) -> bool:
    names, only = wanted.get("tool_names"), wanted.get("read_only")
    return (names is None or name in names) and (only is None or only == read_only)


def shown(tool: Mapping[str, Any]) -> dict[str, Any]:
    """A tool as events carry it: without what opens the server.

    Examples
    --------
    >>> shown({"type": "mcp", "server_label": "a", "server_url": "https://me:pw@a.example", "authorization": "x"})
    {'type': 'mcp', 'server_label': 'a', 'server_url': 'https://[redacted]@a.example'}
    """
    if tool.get("type") != "mcp":
        return dict(tool)
    found = {name: value for name, value in tool.items() if name not in SECRET}
    if isinstance(url := found.get("server_url"), str):
        found["server_url"] = url_without_secrets(url)
    return found


def read(
    tools: Sequence[Mapping[str, Any]] | None, known: Mapping[str, Declaration], path: str
) -> dict[str, Declaration]:
    """The MCP servers among tools, by label.

    Parameters
    ----------
    tools : sequence of mapping, optional
        Valid ones of the wire.
    known : mapping
        Servers that were declared in the session before: a tool with nothing but the label of one refers to it, and
        one with its label and its address that names neither ``authorization`` nor ``headers`` keeps both of them;
        ``"headers": null``, or whatever else is named, takes the place of both.
    path : str
        Where `tools` stands in the client's event.

    Raises
    ------
    Refused
        A label is there twice, it is said nowhere or twice where the server is, or twice what opens it (the guide to
        MCP of the Realtime API lists these among what is refused before anything is imported).
    """
    found: dict[str, Declaration] = {}
    for index, tool in enumerate(tools or ()):
        if tool.get("type") != "mcp":
            continue
        where, label = f"{path}[{index}]", tool["server_label"]
        if label in found:
            raise _refused(f"{where}.server_label", f"Duplicate server_label '{label}': each MCP server needs its own.")
        places = [name for name in ("server_url", "connector_id", "tunnel_id") if tool.get(name) is not None]
        if not places and label in known:
            found[label] = _again(known[label], tool)
            continue
        if len(places) != 1:
            what = "not several of them" if places else "and none was given"
            raise _refused(where, f"An MCP tool needs one of server_url, connector_id and tunnel_id, {what}.")
        names = {name.lower() for name in tool.get("headers") or ()}
        if "authorization" in names and (tool.get("authorization") is not None or "connector_id" in places):
            raise _refused(f"{where}.headers", "Give authorization or an Authorization header, not both of them.")
        made = Declaration.of(tool)
        before = known.get(label)
        if before is not None and _is_echo(tool, before):
            # Clients send back what session.updated told them, which is without secrets.
            made = replace(made, url=before.url, authorization=before.authorization, headers=before.headers)
        found[label] = made
    return found


def _is_echo(tool: Mapping[str, Any], before: Declaration) -> bool:
    if any(name in tool for name in SECRET) or before.url is None:
        return False
    return tool.get("server_url") in (before.url, url_without_secrets(before.url))


def _again(before: Declaration, tool: Mapping[str, Any]) -> Declaration:
    return Declaration(
        before.label,
        before.url,
        before.authorization,
        before.headers,
        before.service,
        tool.get("allowed_tools", before.allowed),
        tool.get("require_approval", before.approval),
        tool.get("server_description") or before.description,
    )


def _refused(path: str, message: str) -> Refused:
    return Refused(Problem("invalid_value", f"Invalid '{path}'. {message}", path))
