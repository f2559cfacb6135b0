"""The tools of a session: Python functions, tools as mappings, and MCP servers, by name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn, TypeVar, overload

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.session.tools.making import (
    MARK,
    MISSING,
    TIMEOUT_S,
    Marks,
    Missing,
    Tool,
    Wired,
    checked_timeout,
    made_tool,
)
from rtnb.session.tools.schema import checked_name

__all__ = ["TIMEOUT_S", "Marks", "Tool", "Toolbox", "ToolsView", "Wired", "tool"]

F = TypeVar("F", bound=Callable[..., Any])


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
    marks = Marks(name=name, description=description, background=background, timeout_s=checked_timeout(timeout_s))

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
        background: bool | Missing = MISSING,
        timeout_s: float | Missing | None = MISSING,
    ) -> Tool:
        """Add a tool, in place of one of the same name: a cell may be run again.

        Parameters
        ----------
        thing : callable, mapping, Mcp or Tool
            A Python function; a tool as the API takes it, answered by hand; an MCP server, which the API calls.
        name, description : str, optional
            In place of the function's own name and docstring.
        background : bool
            Whether the conversation goes on while the function runs; what it is marked with, or False.
        timeout_s : float or None
            Seconds that it may take; None for no limit. What it is marked with, or 60.

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
        return f"Toolbox with {self._listing()}"

    def _listing(self) -> str:
        tools = list(self._tools.values())
        count = f"{len(tools) or 'no'} tool{'' if len(tools) == 1 else 's'}"
        return "\n  ".join([count, *(found._line() for found in tools)])


class ToolsView(Mapping[str, Tool], Drawable):
    """The tools of a session, as they are at any moment; only the session itself changes them.

    The model knows what its server was told: changing a box here would leave the two apart.

    Examples
    --------
    >>> def lookup_order(order_id: str) -> dict:
    ...     '''Look an order up.'''
    >>> tools = ToolsView(Toolbox([lookup_order]))
    >>> tools
    1 tool
      lookup_order(order_id): Look an order up.
    >>> list(tools)
    ['lookup_order']
    >>> tools.add(lookup_order)
    Traceback (most recent call last):
    AttributeError: session.tools shows the tools and changes none, since the server must be told: \
session.tool(function) adds one, session.update(tools=[...]) replaces all, and without the one that is to go removes it.
    """

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox

    def wire(self) -> list[dict[str, Any]]:
        """All tools as ``session.update`` takes them."""
        return self._toolbox.wire()

    def __getitem__(self, name: str) -> Tool:
        return self._toolbox[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._toolbox)

    def __len__(self) -> int:
        return len(self._toolbox)

    def __repr__(self) -> str:
        return self._toolbox._listing()

    def __setitem__(self, name: str, tool: object) -> NoReturn:
        raise TypeError(_READ_ONLY)

    def __delitem__(self, name: str) -> NoReturn:
        raise TypeError(_READ_ONLY)

    def __getattr__(self, name: str) -> NoReturn:
        if name in _CHANGES:
            raise AttributeError(_READ_ONLY)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


_CHANGES = ("add", "append", "clear", "extend", "pop", "remove", "replace", "setdefault", "update")

_READ_ONLY = (
    "session.tools shows the tools and changes none, since the server must be told: session.tool(function) adds one, "
    "session.update(tools=[...]) replaces all, and without the one that is to go removes it."
)


def _listed(tools: Any) -> list[Any]:
    """The tools of an iterable; one alone is meant as a list of one."""
    if isinstance(tools, Toolbox | ToolsView):
        return list(tools.values())
    if isinstance(tools, str | Mapping) or callable(tools) or isinstance(tools, Wired):
        return [tools]
    try:
        return list(tools)
    except TypeError:
        raise ConfigError(f"tools is a list of functions, mappings and rtnb.Mcp, not {tools!r:.80}.") from None
