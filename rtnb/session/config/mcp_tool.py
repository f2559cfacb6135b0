"""An MCP server as a tool of the session: the service itself connects to it and calls it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self

from rtnb.errors import ConfigError
from rtnb.protocol.url_secrets import url_without_secrets, urls_without_secrets
from rtnb.protocol.validation import check_value
from rtnb.session.config.checking import plain, shown

__all__ = ["Mcp"]

_NAMES: Final = {
    "label": "server_label",
    "url": "server_url",
    "connector": "connector_id",
    "tunnel": "tunnel_id",
    "authorization": "authorization",
    "headers": "headers",
    "allowed_tools": "allowed_tools",
    "require_approval": "require_approval",
    "description": "server_description",
    "allowed_callers": "allowed_callers",
    "defer_loading": "defer_loading",
}
"""Names here and on the wire (openai 3.52.0, ``RealtimeToolsConfigParam.Mcp``)."""


@dataclass(frozen=True, slots=True)
class Mcp:
    """A server of the Model Context Protocol whose tools the model may call.

    The service connects to it, so it must be reachable from there. What it is given to prove who calls never shows
    in a repr.

    Parameters
    ----------
    label : str
        What it is called in events.
    url : str, optional
        Where it is. One of `url`, `connector` and `tunnel` must be there.
    connector : str, optional
        A connector of the service, such as ``"connector_googlecalendar"``; not for models released after
        2026-09-01.
    tunnel : str, optional
        Id of a tunnel to a server that is not public.
    authorization : str, optional
        OAuth token for the server or the connector.
    headers : mapping, optional
        HTTP headers sent to the server.
    allowed_tools : sequence of str or mapping, optional
        Names of tools, or ``{"read_only": True}``, ``{"tool_names": [...]}``; all of them where it is unset.
    require_approval : {"always", "never"} or mapping, optional
        Whether calls wait for a yes; ``{"always": {...}, "never": {...}}`` by tool.
    description : str, optional
        What the server is good for.
    allowed_callers : sequence of {"direct", "programmatic"}, optional
        Who may call.
    defer_loading : bool, optional
        Whether its tools are found by tool search instead of being listed from the start.

    Raises
    ------
    ConfigError
        Not exactly one of `url`, `connector` and `tunnel`, or a value the API would refuse.

    Examples
    --------
    >>> Mcp("files", url="https://mcp.example.com", authorization="secret", require_approval="never")
    Mcp('files', url='https://mcp.example.com', require_approval='never', authorization='…')
    >>> Mcp("files", url="https://me:secret@mcp.example.com/?token=abc")
    Mcp('files', url='https://[redacted]@mcp.example.com/?token=[redacted]')
    >>> Mcp("files", url="https://mcp.example.com", allowed_tools=["read"]).to_wire()["allowed_tools"]
    ['read']
    """

    label: str
    url: str | None = field(default=None, kw_only=True)
    connector: str | None = field(default=None, kw_only=True)
    tunnel: str | None = field(default=None, kw_only=True)
    authorization: str | None = field(default=None, kw_only=True, repr=False)
    headers: Mapping[str, str] | None = field(default=None, kw_only=True, repr=False, hash=False)
    allowed_tools: Sequence[str] | Mapping[str, Any] | None = field(default=None, kw_only=True, hash=False)
    require_approval: Literal["always", "never"] | Mapping[str, Any] | None = field(
        default=None, kw_only=True, hash=False
    )
    description: str | None = field(default=None, kw_only=True)
    allowed_callers: Sequence[Literal["direct", "programmatic"]] | None = field(default=None, kw_only=True, hash=False)
    defer_loading: bool | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        places = [name for name in ("url", "connector", "tunnel") if getattr(self, name) is not None]
        if len(places) != 1:
            found = f"both {' and '.join(places)}" if places else "none of them"
            raise ConfigError(
                f"Mcp({shown(self.label)}) needs exactly one of url, connector and tunnel, and was given {found}."
            )
        problem = check_value([self.to_wire()], "RealtimeSessionCreateRequestParam", "tools", "tools")
        if problem is None:
            self._check_url()
            return
        path = str(problem.param or "").removeprefix("tools[0].")
        head, _, rest = path.partition(".")
        name = next((mine for mine, wire in _NAMES.items() if wire == head), head)
        dotted = f"{name}.{rest}" if rest else name
        hidden = name in ("authorization", "headers")
        given = getattr(self, name, None)
        value = "…" if hidden else shown(url_without_secrets(given) if isinstance(given, str) else given)
        message = urls_without_secrets(problem.message.replace(f"tools[0].{path}", dotted))
        raise ConfigError(f"Mcp({shown(self.label)}, {name}={value}) cannot be used. {dotted}: {message}")

    def _check_url(self) -> None:
        if self.url is not None and not self.url.lower().startswith(("http://", "https://")):
            raise ConfigError(
                f"Mcp({shown(self.label)}): the url is an address with its scheme, such as https://mcp.example.com, "
                f"not {shown(url_without_secrets(self.url))}."
            )

    def to_wire(self) -> dict[str, Any]:
        """The tool as a ``session.update`` carries it, with only what was set. Its secrets are in it."""
        values = ((wire, getattr(self, name)) for name, wire in _NAMES.items())
        return {"type": "mcp", **{wire: plain(value) for wire, value in values if value is not None}}

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:
        """From a tool of a session; members this version does not know are passed over.

        Examples
        --------
        >>> Mcp.from_wire({"type": "mcp", "server_label": "a", "server_url": "https://a.example"})
        Mcp('a', url='https://a.example')
        """
        if not isinstance(wire, Mapping) or wire.get("type") != "mcp":
            raise ConfigError(f"This is no MCP tool: {shown(wire)}.")
        given = {name: wire[key] for name, key in _NAMES.items() if wire.get(key) is not None}
        return cls(given.pop("label", ""), **given)

    def __repr__(self) -> str:
        names = [name for name in _NAMES if name not in ("label", "authorization", "headers")]
        values = [(name, getattr(self, name)) for name in names]
        values = [
            (name, url_without_secrets(value) if name == "url" and isinstance(value, str) else value)
            for name, value in values
        ]
        told = [f"{name}={value!r}" for name, value in values if value is not None]
        told += [f"{name}='…'" for name in ("authorization", "headers") if getattr(self, name) is not None]
        return f"Mcp({', '.join([repr(self.label), *told])})"
