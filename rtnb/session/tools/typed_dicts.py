"""TypedDicts of the standard library, in a form that pydantic takes on every Python."""

from __future__ import annotations

import functools
import operator
import sys
import types
import typing
from typing import Annotated, Any

__all__ = ["usable_hint"]


def usable_hint(hint: Any) -> Any:
    """The type hint with ``typing.TypedDict`` replaced, wherever it occurs in it.

    Before Python 3.12 the standard library's TypedDict forgets what its bases required, so pydantic refuses it and
    asks for the one of typing_extensions (https://docs.pydantic.dev/latest/errors/usage_errors/#typed-dict-version).

    Examples
    --------
    >>> import typing
    >>> class Place(typing.TypedDict, total=False):
    ...     city: str
    >>> from pydantic import TypeAdapter
    >>> TypeAdapter(usable_hint(list[Place])).validate_json('[{"city": "Bonn"}]')
    [{'city': 'Bonn'}]
    """
    return hint if sys.version_info >= (3, 12) else _usable(hint, {})


def _usable(hint: Any, seen: dict[Any, Any]) -> Any:
    if typing.is_typeddict(hint):
        return hint if type(hint).__module__ == "typing_extensions" else _remade(hint, seen)
    origin, members = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return Annotated[_usable(members[0], seen), *members[1:]]
    if not members or origin is typing.Literal:
        return hint
    made = [_usable(member, seen) if not isinstance(member, list) else member for member in members]
    if all(new is old for new, old in zip(made, members, strict=True)):
        return hint
    if isinstance(hint, types.UnionType):
        return functools.reduce(operator.or_, made)
    return hint.copy_with(tuple(made)) if hasattr(hint, "copy_with") else origin[tuple(made)]


def _remade(shape: Any, seen: dict[Any, Any]) -> Any:
    if shape in seen:
        return seen[shape]
    from typing import NotRequired, Required

    from typing_extensions import TypedDict

    # One that holds itself stays what it is in there; pydantic then says what it thinks of it.
    seen[shape] = shape
    hints = typing.get_type_hints(shape, include_extras=True)
    members: dict[str, Any] = {}
    for name, hint in hints.items():
        # What is written as text is not understood by the class itself.
        stated = typing.get_origin(hint)
        marked = stated in (typing.Required, typing.NotRequired)
        usable = _usable(typing.get_args(hint)[0] if marked else hint, seen)
        required = stated is typing.Required if marked else name in shape.__required_keys__
        members[name] = Required[usable] if required else NotRequired[usable]
    make: Any = TypedDict
    made = make(shape.__name__, members)
    made.__doc__ = shape.__doc__
    seen[shape] = made
    return made
