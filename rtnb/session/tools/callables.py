"""Everything in Python that can be called, and where its name, docstring and code are."""

from __future__ import annotations

import functools
import inspect
import types
from typing import Any

from rtnb.errors import ConfigError

__all__ = ["check_bound", "check_callable", "docstring", "is_async", "own_name", "plain_function", "pre_bound"]


def check_callable(function: object) -> None:
    """Raise where a tool could not call it, or not wait for it.

    Raises
    ------
    ConfigError
        It cannot be called, is a class, or yields.

    Examples
    --------
    >>> check_callable(dict)
    Traceback (most recent call last):
    rtnb.errors.ConfigError: dict is a class. A tool is a function, a method of an object, or an object with __call__.
    """
    if isinstance(function, classmethod) or not callable(function):
        raise ConfigError(f"A tool is a function, a mapping, or an rtnb.Mcp, not {function!r:.80}.")
    if isinstance(function, type):
        raise ConfigError(
            f"{function.__name__} is a class. A tool is a function, a method of an object, or an object with __call__."
        )
    plain = plain_function(function)
    if inspect.isgeneratorfunction(plain) or inspect.isasyncgenfunction(plain):
        raise ConfigError(f"{own_name(function)} yields; a tool returns its result at once: return a list, or a str.")


def check_bound(function: object, named: str, first: inspect.Parameter | None) -> None:
    """Raise where it is a method without its object, which the model would have to make up.

    Parameters
    ----------
    function : callable
    named : str
        What the model would call it.
    first : inspect.Parameter or None
        The first parameter that is still open.

    Raises
    ------
    ConfigError
        It is a function of a class, taken from the class.

    Examples
    --------
    >>> class Shop:
    ...     def lookup(self, order: str) -> str: ...
    >>> check_bound(Shop.lookup, "lookup", next(iter(inspect.signature(Shop.lookup).parameters.values())))
    Traceback (most recent call last):
    rtnb.errors.ConfigError: lookup is a method without its object, so that the model would have to give self: \
pass the method of an object, as in Shop().lookup.
    """
    if first is None or first.kind not in (first.POSITIONAL_ONLY, first.POSITIONAL_OR_KEYWORD):
        return
    inner = _innermost(function)
    path = str(getattr(inner, "__qualname__", "")).split(".")
    holder = path[-2] if len(path) > 1 and path[-2] != "<locals>" else ""
    named_so = first.name == "self" and first.annotation is first.empty
    if isinstance(inner, types.FunctionType) and (named_so or (function is inner and _held(inner, path))):
        raise ConfigError(
            f"{named} is a method without its object, so that the model would have to give {first.name}: "
            f"pass the method of an object, as in {holder or 'thing'}().{inner.__name__}."
        )


def _held(function: types.FunctionType, path: list[str]) -> bool:
    """Whether the class that its name speaks of holds it as a method."""
    found: Any = function.__globals__.get(path[0])
    for name in path[1:-1]:
        found = inspect.getattr_static(found, name, None)
    return isinstance(found, type) and found.__dict__.get(path[-1]) is function


def _innermost(function: Any) -> Any:
    """The function that partials and static methods stand for."""
    while isinstance(function, functools.partial | staticmethod):
        function = function.func if isinstance(function, functools.partial) else function.__func__
    return function


def plain_function(function: Any) -> Any:
    """Where code, annotations and globals are: the method of an object that can be called."""
    inner = _innermost(function)
    return inner if inspect.isroutine(inner) else type(inner).__call__


def own_name(function: Any) -> str:
    """What it is called: a function's name, or the class of an object that can be called.

    Raises
    ------
    ConfigError
        It is a lambda.

    Examples
    --------
    >>> import functools
    >>> own_name(functools.partial(sorted, reverse=True))
    'sorted'
    """
    inner = _innermost(function)
    name = getattr(inner, "__name__", None) or type(inner).__name__
    if name == "<lambda>":
        raise ConfigError("A lambda has no name to call it by: give it one with name=.")
    return str(name)


def docstring(function: Any) -> str | None:
    """Its docstring; of an object that can be called that of ``__call__``, or of the class."""
    inner = _innermost(function)
    if inspect.isroutine(inner):
        return inspect.getdoc(inner)
    return type(inner).__call__.__doc__ or type(inner).__doc__


def pre_bound(function: Any) -> set[str]:
    """Keywords that partials fill in already; the model has no say in them."""
    names: set[str] = set()
    while isinstance(function, functools.partial):
        names |= function.keywords.keys()
        function = function.func
    return names


def is_async(function: Any) -> bool:
    """Whether calling it gives a coroutine.

    Examples
    --------
    >>> async def wait(): ...
    >>> is_async(wait), is_async(print)
    (True, False)
    """
    return inspect.iscoroutinefunction(_innermost(function)) or inspect.iscoroutinefunction(plain_function(function))
