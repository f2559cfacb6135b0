"""The tools of a session: Python functions, tools as mappings, and MCP servers, by name."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar, overload, runtime_checkable

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.session.tools.schema import PythonFunction, checked_name, function_tool

__all__ = ["TIMEOUT_S", "Marks", "Tool", "Toolbox", "Wired", "tool"]

TIMEOUT_S: Final = 60.0
"""How long a function may take unless it says otherwise."""

MARK: Final = "__rtnb_tool__"

F = TypeVar("F", bound=Callable[..., Any])


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


@overload
def tool(function: F, /) -> F: ...
@overload
def tool(
    *, name: str | None = ..., description: str | None = ..., background: bool = ..., timeout_s: float | None = ...
) -> Callable[[F], F]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    background: bool = False,
    timeout_s: float | None = TIMEOUT_S,
) -> Any:
    """Mark a function as a tool, with or without options; it stays the function that it was.

    Parameters
    ----------
    name, description : str, optional
        In place of the function's own name and docstring.
    background : bool
        Whether the conversation goes on while the function runs: the model is told of the result when there is one.
    timeout_s : float or None
        Seconds that it may take; None for no limit.

    Raises
    ------
    ConfigError
        The name is none that the API takes, or the options cannot be kept with this object.

    Examples
    --------
    >>> from rtnb.session.tools.toolbox import Toolbox, tool
    >>> @tool(name="search_archive", background=True)
    ... def search(query: str) -> list[str]:
    ...     '''Search the archive, which takes a while.'''
    ...     return []
    >>> Toolbox([search])
    Toolbox with 1 tool
      search_archive(query): Search the archive, which takes a while. [in the background]
    """
    if name is not None:
        checked_name(name)
    marks = Marks(name=name, description=description, background=background, timeout_s=_checked_timeout(timeout_s))

    def mark(function: F) -> F:
        try:
            setattr(function, MARK, marks)
        except AttributeError:
            raise ConfigError(
                f"Options cannot be kept with {function!r:.60}: give them to Toolbox.add, or mark a def."
            ) from None
        return function

    return mark if function is None else mark(function)


class Toolbox(Mapping[str, Tool], Drawable):
    """Tools by name, in the order they were added. It may be used from any thread.

    Parameters
    ----------
    tools : iterable
        Functions, mappings, :class:`rtnb.Mcp`, or :class:`Tool`.

    Raises
    ------
    ConfigError
        Something that is no tool, or two of one name.

    Examples
    --------
    >>> from rtnb.session.tools.toolbox import Toolbox
    >>> def lookup_order(order_id: str) -> dict:
    ...     '''Look an order up.'''
    ...     return {"order_id": order_id, "status": "shipped"}
    >>> box = Toolbox([lookup_order])
    >>> box
    Toolbox with 1 tool
      lookup_order(order_id): Look an order up.
    >>> box.wire()[0]["parameters"]["required"]
    ['order_id']
    >>> box["lookup_order"]("A-1")
    {'order_id': 'A-1', 'status': 'shipped'}
    """

    def __init__(self, tools: Iterable[Any] = ()) -> None:
        self._lock = threading.Lock()
        self._tools: dict[str, Tool] = {}
        for thing in _listed(tools):
            made = made_tool(thing)
            if made.name in self._tools:
                raise ConfigError(f"Two tools are called {made.name!r}; name= gives one of them another name.")
            self._tools[made.name] = made

    def add(
        self,
        thing: Any,
        *,
        name: str | None = None,
        description: str | None = None,
        background: bool = False,
        timeout_s: float | None = TIMEOUT_S,
    ) -> Tool:
        """Add a tool, in place of one of the same name: a cell may be run again.

        Parameters
        ----------
        thing : callable, mapping, Mcp or Tool
            A Python function; a tool as the API takes it, answered by hand; an MCP server, which the API calls.
        name, description : str, optional
            In place of the function's own name and docstring.
        background : bool
            Whether the conversation goes on while the function runs.
        timeout_s : float or None
            Seconds that it may take; None for no limit.

        Returns
        -------
        Tool

        Raises
        ------
        ConfigError
            It is no tool, or one that the API would refuse.
        """
        made = made_tool(thing, name=name, description=description, background=background, timeout_s=timeout_s)
        with self._lock:
            self._tools = {**self._tools, made.name: made}
        return made

    def remove(self, name: str) -> Tool:
        """Take a tool out, and return it.

        Raises
        ------
        ConfigError
            There is none of this name.
        """
        with self._lock:
            if name not in self._tools:
                raise ConfigError(f"There is no tool {name!r}{self._known()}.")
            rest = dict(self._tools)
            found = rest.pop(name)
            self._tools = rest
        return found

    def replace(self, tools: Iterable[Any]) -> list[Tool]:
        """Hold these tools and no others; returns those from before.

        Raises
        ------
        ConfigError
            Something that is no tool, or two of one name; nothing is changed.
        """
        new = self.with_(tools)._tools
        with self._lock:
            before, self._tools = self._tools, new
        return list(before.values())

    def find(self, name: str) -> Tool | None:
        """The tool of this name, if there is one."""
        return self._tools.get(name)

    def wire(self) -> list[dict[str, Any]]:
        """All tools as ``session.update`` takes them."""
        return [found.to_wire() for found in self._tools.values()]

    def with_(self, tools: Iterable[Any]) -> Toolbox:
        """The tools of one response; a name stands for the tool that has it here.

        Raises
        ------
        ConfigError
            There is no tool of this name, or something is no tool.

        Examples
        --------
        >>> def one(): ...
        >>> def two(): ...
        >>> Toolbox([one]).with_(["one", two])
        Toolbox with 2 tools
          one()
          two()
        """
        chosen = []
        for thing in _listed(tools):
            if isinstance(thing, str):
                if (found := self._tools.get(thing)) is None:
                    raise ConfigError(f"There is no tool {thing!r}{self._known()}.")
                chosen.append(found)
            else:
                chosen.append(thing)
        return Toolbox(chosen)

    def _known(self) -> str:
        return f"; there are {', '.join(self._tools)}" if self._tools else "; there are none"

    def __getitem__(self, name: str) -> Tool:
        return self._tools[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def __repr__(self) -> str:
        tools = list(self._tools.values())
        lines = [f"Toolbox with {len(tools)} tool{'' if len(tools) == 1 else 's'}"]
        return "\n  ".join([*lines, *(found._line() for found in tools)])


def made_tool(
    thing: Any,
    *,
    name: str | None = None,
    description: str | None = None,
    background: bool = False,
    timeout_s: float | None = TIMEOUT_S,
) -> Tool:
    """Make a :class:`Tool` of whatever can be one; arguments that are given go before marks of :func:`tool`."""
    if isinstance(thing, Tool):
        if name is None and description is None and not background and timeout_s == TIMEOUT_S:
            return thing
        thing = thing.wire if thing.function is None else thing.function.function
    timeout_s = _checked_timeout(timeout_s)
    if isinstance(thing, Mapping) or (isinstance(thing, Wired) and not isinstance(thing, type)):
        wire = dict(thing if isinstance(thing, Mapping) else thing.to_wire())
        return _declared(wire, name, description)
    marks = getattr(thing, MARK, None) or Marks()
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
        background=background or marks.background,
        timeout_s=marks.timeout_s if timeout_s == TIMEOUT_S else timeout_s,
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


def _checked_timeout(timeout_s: float | None) -> float | None:
    if timeout_s is None:
        return None
    if isinstance(timeout_s, bool) or not isinstance(timeout_s, int | float) or not timeout_s > 0:
        raise ConfigError(f"timeout_s is a number of seconds above 0, or None for no limit, not {timeout_s!r:.40}.")
    return None if timeout_s == math.inf else float(timeout_s)


def _listed(tools: Any) -> list[Any]:
    """The tools of an iterable; one alone is meant as a list of one."""
    if isinstance(tools, Toolbox):
        return list(tools.values())
    if isinstance(tools, str | Mapping) or callable(tools) or isinstance(tools, Wired):
        return [tools]
    try:
        return list(tools)
    except TypeError:
        raise ConfigError(f"tools is a list of functions, mappings and rtnb.Mcp, not {tools!r:.80}.") from None
