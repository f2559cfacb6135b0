"""One tool, and what it is made of: a Python function, a mapping, or an MCP server."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol, runtime_checkable

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.session.tools.schema import PythonFunction, checked_name, function_tool

__all__ = ["MARK", "MISSING", "TIMEOUT_S", "Marks", "Missing", "Tool", "Wired", "checked_timeout", "made_tool"]

TIMEOUT_S: Final = 60.0
"""How long a function may take unless it says otherwise."""

MARK: Final = "__rtnb_tool__"


class Missing(Enum):
    """The type of :data:`MISSING`."""

    MISSING = "not given"

    def __repr__(self) -> str:
        return self.value


MISSING: Final = Missing.MISSING
"""In place of an option that was not given; what is given goes before marks, also where it is the default."""


@runtime_checkable
class Wired(Protocol):
    """Something that knows its own form on the wire, such as :class:`rtnb.Mcp`."""

    def to_wire(self) -> Mapping[str, Any]:
        """The tool as ``session.update`` takes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What :func:`tool` noted on a function."""

    name: str | None = None
    description: str | None = None
    background: bool = False
    timeout_s: float | None = TIMEOUT_S


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tool(Drawable):
    """One tool.

    Parameters
    ----------
    name : str
        A function's name, or the label of an MCP server.
    wire : mapping
        The tool as ``session.update`` takes it.
    function : PythonFunction, optional
        What is run when the model calls it; None for tools that are answered by hand or by the server.
    background : bool
        Whether the conversation goes on while the function runs.
    timeout_s : float or None
        How long it may take.
    """

    name: str
    wire: Mapping[str, Any] = field(repr=False)
    function: PythonFunction | None = None
    background: bool = False
    timeout_s: float | None = TIMEOUT_S

    @property
    def kind(self) -> str:
        """``"function"``, ``"mcp"``, or whatever type the mapping has."""
        return str(self.wire.get("type"))

    @property
    def description(self) -> str:
        """What the model is told about it."""
        return str(self.wire.get("description") or self.wire.get("server_description") or "")

    def to_wire(self) -> dict[str, Any]:
        """The tool as ``session.update`` takes it."""
        return dict(self.wire)

    def __call__(self, *args: Any, **members: Any) -> Any:
        """Call the Python function itself, as anybody else would."""
        if self.function is None:
            raise TypeError(f"{self.name} has no Python function.")
        return self.function.function(*args, **members)

    def __repr__(self) -> str:
        return f"Tool({self._line()})"

    def _line(self) -> str:
        if self.kind != "function":
            return f"{self.name}: {self.kind} server" if self.kind == "mcp" else f"{self.name}: {self.kind}"
        schema = self.wire.get("parameters")
        properties = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
        required = schema.get("required", ()) if isinstance(schema, Mapping) else ()
        members = ", ".join(name if name in required else f"{name}=…" for name in properties)
        about = self.description.partition("\n")[0]
        notes = [
            note for note, on in (("in the background", self.background), ("answered by hand", not self.function)) if on
        ]
        return f"{self.name}({members})" + (f": {about}" if about else "") + (f" [{', '.join(notes)}]" if notes else "")


def made_tool(
    thing: Any,
    *,
    name: str | None = None,
    description: str | None = None,
    background: bool | Missing = MISSING,
    timeout_s: float | Missing | None = MISSING,
) -> Tool:
    """Make a :class:`Tool` of whatever can be one; arguments that are given go before marks of :func:`tool`.

    Raises
    ------
    ConfigError
        It is no tool, or one that the API would refuse.

    Examples
    --------
    >>> made = made_tool({"type": "function", "name": "lookup"})
    >>> made.name, made.function is None
    ('lookup', True)
    """
    marks: Marks | None = None
    if isinstance(thing, Tool):
        if name is None and description is None and background is MISSING and timeout_s is MISSING:
            return thing
        if thing.function is not None:
            about = thing.description or None
            marks = Marks(name=thing.name, description=about, background=thing.background, timeout_s=thing.timeout_s)
        thing = thing.wire if thing.function is None else thing.function.function
    if timeout_s is not MISSING:
        timeout_s = checked_timeout(timeout_s)
    if isinstance(thing, Mapping) or (isinstance(thing, Wired) and not isinstance(thing, type)):
        wire = dict(thing if isinstance(thing, Mapping) else thing.to_wire())
        return _declared(wire, name, description)
    marks = marks or getattr(thing, MARK, None) or Marks()
    made = function_tool(
        thing,
        name=marks.name if name is None else name,
        description=marks.description if description is None else description,
    )
    wire = {"type": "function", "name": made.name, "parameters": made.parameters}
    if made.description:
        wire["description"] = made.description
    return Tool(
        name=made.name,
        wire=wire,
        function=made,
        background=marks.background if background is MISSING else background,
        timeout_s=marks.timeout_s if timeout_s is MISSING else timeout_s,
    )


def _declared(wire: dict[str, Any], name: str | None, description: str | None) -> Tool:
    inner = wire.get("function")
    if isinstance(inner, Mapping):
        # The shape of the chat API holds the same members one level deeper.
        wire = {"type": "function", **inner, **{k: v for k, v in wire.items() if k not in ("function", "type")}}
        wire.pop("strict", None)
    if wire.get("type") is None and "name" in wire:
        wire["type"] = "function"
    overrides = {"name": name, "description": description}
    match wire.get("type"):
        case "function":
            wire |= {key: value for key, value in overrides.items() if value is not None}
            return Tool(name=checked_name(wire.get("name")), wire=wire)
        case "mcp":
            label = wire.get("server_label")
            if not isinstance(label, str) or not label:
                raise ConfigError("An MCP server needs a server_label, by which its calls are told apart.")
            return Tool(name=label, wire=wire)
        case str(kind):
            return Tool(name=kind, wire=wire)
        case _:
            raise ConfigError(f'A tool as a mapping has a type, "function" or "mcp"; this one has {wire!r:.80}.')


def checked_timeout(timeout_s: float | None) -> float | None:
    """A time limit in seconds, or None for none.

    Raises
    ------
    ConfigError
        It is neither.
    """
    if timeout_s is None:
        return None
    if isinstance(timeout_s, bool) or not isinstance(timeout_s, int | float) or not timeout_s > 0:
        raise ConfigError(f"timeout_s is a number of seconds above 0, or None for no limit, not {timeout_s!r:.40}.")
    return None if timeout_s == math.inf else float(timeout_s)
