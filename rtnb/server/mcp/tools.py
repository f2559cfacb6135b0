"""The tools of MCP servers: as their lists show them, and as a brain is given them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rtnb.server.mcp.arguments import check_schema
from rtnb.server.mcp.declaration import Declaration

if TYPE_CHECKING:
    from rtnb.server.mcp.remote import Remote

__all__ = ["McpTool", "Offer", "offers_of", "taken"]

DESCRIPTION_CHARS = 4096
"""How much of a description is kept (own choice: many times what hints for a model take)."""

SCHEMA_CHARS = 65_536
"""A tool with a longer input schema is left out (own choice: more than half of all tokens that tools may have)."""

NAME_CHARS = 64
"""Longest name of a function tool (the API's limit, as its pattern for names has it)."""

_NOT_OF_NAMES = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class McpTool:
    """One tool of one server.

    Examples
    --------
    >>> McpTool("add", "Adds.", {"type": "object"}, {"readOnlyHint": True}).read_only
    True
    """

    name: str
    description: str
    input_schema: Mapping[str, Any]
    annotations: Mapping[str, Any] | None = None

    @property
    def read_only(self) -> bool:
        """Whether its server says that it changes nothing."""
        return bool((self.annotations or {}).get("readOnlyHint"))

    def to_wire(self) -> dict[str, Any]:
        """As an ``mcp_list_tools`` item shows it."""
        wire: dict[str, Any] = {"name": self.name, "input_schema": self.input_schema, "description": self.description}
        return wire if self.annotations is None else {**wire, "annotations": self.annotations}


def taken(
    listed: Iterable[Mapping[str, Any]], most: int, clean: Callable[[str], str] = str
) -> tuple[list[McpTool], list[str]]:
    """What is taken of a server's list, and why the rest is not.

    Parameters
    ----------
    listed : iterable of mapping
        Tools as MCP writes them.
    most : int
        How many are taken.
    clean : callable, optional
        Takes out of all texts what must not be seen, before any is cut.

    Examples
    --------
    >>> found, left = taken([{"name": "add", "inputSchema": {"type": "object"}}, {"name": "add"}], 10)
    >>> [tool.name for tool in found], left
    (['add'], ["'add' is listed twice"])
    """
    found: dict[str, McpTool] = {}
    left: list[str] = []
    more = 0
    for each in listed:
        tool = _cleaned(each, clean)
        if tool is None or tool.get("name") != each.get("name"):
            left.append("the name of a tool repeats what opens its server" if tool else "a tool is nested too deep")
            continue
        name, schema = tool.get("name"), tool.get("inputSchema")
        if not isinstance(name, str) or not name:
            left.append("a tool has no name")
        elif name in found:
            left.append(f"{name[:NAME_CHARS]!r} is listed twice")
        elif len(found) == most:
            more += 1
        elif len(_text(schema)) > SCHEMA_CHARS:
            left.append(f"{name[:NAME_CHARS]!r}: its input schema is too long")
        elif (problem := check_schema(schema)) is not None:
            left.append(f"{name[:NAME_CHARS]!r}: {problem}")
        else:
            annotations = tool.get("annotations")
            found[name] = McpTool(
                name,
                str(tool.get("description") or "")[:DESCRIPTION_CHARS],
                schema or {},
                annotations if isinstance(annotations, Mapping) else None,
            )
    if more:
        left.append(f"{more} more than the {most} that are taken of one server")
    return list(found.values()), left


def _cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    """The value with all its texts cleaned; None where it is nested too deep for that."""

    def walk(part: Any) -> Any:
        if isinstance(part, str):
            return clean(part)
        if isinstance(part, Mapping):
            return {walk(name): walk(each) for name, each in part.items()}
        return [walk(each) for each in part] if isinstance(part, list) else part

    try:
        return walk(value)
    except RecursionError:
        return None


def _text(schema: Any) -> str:
    try:
        return json.dumps(schema)
    except (TypeError, ValueError, RecursionError):
        return " " * (SCHEMA_CHARS + 1)


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool that a response may call.

    Parameters
    ----------
    name : str
        What the brain knows it as.
    tool : McpTool
    declaration : Declaration
    remote : Remote
        Where it is called.
    """

    name: str
    tool: McpTool
    declaration: Declaration
    remote: Remote = field(repr=False)

    @property
    def needs_approval(self) -> bool:
        """Whether a call waits for a yes."""
        return self.declaration.needs_approval(self.tool.name, read_only=self.tool.read_only)

    def to_function(self) -> dict[str, Any]:
        """As a function tool, which is what brains know."""
        return {
            "type": "function",
            "name": self.name,
            "description": self.tool.description,
            "parameters": dict(self.tool.input_schema),
        }


def offers_of(
    servers: Sequence[tuple[Declaration, Remote, Sequence[McpTool]]], taken_names: Iterable[str]
) -> tuple[Offer, ...]:
    """The tools that servers offer to a response, with names that tell them apart.

    Parameters
    ----------
    servers : sequence
        Each with the tools that it has listed.
    taken_names : iterable of str
        Names of the function tools, which keep them.

    Examples
    --------
    >>> made = Declaration.of({"server_label": "my shop"})
    >>> [offer.name for offer in offers_of([(made, None, [McpTool("look up", "", {})])], ["look_up"])]
    ['my_shop__look_up']
    """
    allowed = [
        (declaration, remote, tool)
        for declaration, remote, tools in servers
        for tool in tools
        if declaration.allows(tool.name, read_only=tool.read_only)
    ]
    names = [_name(tool.name) for _, _, tool in allowed]
    used = set(taken_names)
    found = []
    for (declaration, remote, tool), name in zip(allowed, names, strict=True):
        if name in used or names.count(name) > 1:
            name = _name(f"{_name(declaration.label)}__{name}")
        number, base = 2, name
        while name in used:
            name = f"{base[: NAME_CHARS - 4]}_{number}"
            number += 1
        used.add(name)
        found.append(Offer(name, tool, declaration, remote))
    return tuple(found)


def _name(name: str) -> str:
    return _NOT_OF_NAMES.sub("_", name)[:NAME_CHARS] or "tool"
