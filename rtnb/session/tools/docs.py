"""What a docstring says about a function and its parameters, in numpy, Google or reST style."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Documentation", "documented"]


@dataclass(frozen=True, slots=True)
class Documentation:
    """A docstring, taken apart.

    Parameters
    ----------
    description : str
        What stands before the sections; empty when there is no docstring.
    parameters : mapping of str to str
        What is said about each parameter.
    types : mapping of str to str
        The type that is stated for each parameter, as text.
    """

    description: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)


def documented(text: str | None) -> Documentation:
    """Take a docstring apart; what cannot be read as sections is description.

    Examples
    --------
    >>> found = documented('''Look an order up.
    ...
    ...     Args:
    ...         order_id: Its number,
    ...             such as A-17.
    ...     ''')
    >>> found.description, dict(found.parameters)
    ('Look an order up.', {'order_id': 'Its number, such as A-17.'})
    """
    if not text or not text.strip():
        return Documentation()
    from docstring_parser import ParseError, parse

    clean = inspect.cleandoc(text)
    try:
        parsed = parse(clean)
    except ParseError:
        return Documentation(clean)
    parameters: dict[str, str] = {}
    types: dict[str, str] = {}
    for found in parsed.params:
        # numpy style describes several parameters at once: "start, stop : int".
        for name in (part.strip().lstrip("*") for part in found.arg_name.split(",")):
            if found.description:
                parameters[name] = " ".join(found.description.split())
            if found.type_name:
                types[name] = found.type_name
    return Documentation((parsed.description or "").strip(), parameters, types)
