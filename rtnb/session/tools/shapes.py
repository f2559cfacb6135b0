"""JSON schemas as a model should read them: short, and without references where none are needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["plain_schema"]

_MAPS: Final = ("properties", "$defs", "patternProperties", "dependentSchemas")
_DEFS: Final = "#/$defs/"


def plain_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without titles, its definitions put where they are used.

    Every word of a schema is paid for with every response, and titles repeat the names. Definitions that refer to
    themselves stay in ``$defs``.

    Examples
    --------
    >>> plain_schema({
    ...     "title": "F",
    ...     "type": "object",
    ...     "properties": {"to": {"$ref": "#/$defs/Point"}, "title": {"type": "string", "title": "Title"}},
    ...     "$defs": {"Point": {"type": "array", "title": "Point"}},
    ... })
    {'type': 'object', 'properties': {'to': {'type': 'array'}, 'title': {'type': 'string'}}}
    """
    definitions = schema.get("$defs", {})
    kept: set[str] = set()
    plain: dict[str, Any] = _plain(
        {name: value for name, value in schema.items() if name != "$defs"}, definitions, (), kept
    )
    found: dict[str, Any] = {}
    while missing := kept - found.keys():
        name = min(missing)
        found[name] = _plain(definitions[name], definitions, (name,), kept)
    if found:
        plain["$defs"] = found
    return plain


def _plain(schema: Any, definitions: Mapping[str, Any], inside: tuple[str, ...], kept: set[str]) -> Any:
    if isinstance(schema, list):
        return [_plain(part, definitions, inside, kept) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and (name := reference.removeprefix(_DEFS)) in definitions:
        if name in kept or name in inside:
            kept.add(name)
        else:
            # A definition that comes to itself again is found out by walking it once for nothing.
            trial = set(kept)
            walked = _plain(definitions[name], definitions, (*inside, name), trial)
            if name in trial:
                kept.add(name)
            else:
                kept |= trial
                beside = {key: value for key, value in schema.items() if key != "$ref"}
                return {**walked, **_plain(beside, definitions, inside, kept)}
    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "title" and isinstance(value, str):
            continue
        if key in _MAPS and isinstance(value, Mapping):
            result[key] = {name: _plain(part, definitions, inside, kept) for name, part in value.items()}
        elif key in ("default", "const", "enum", "examples"):
            result[key] = value
        else:
            result[key] = _plain(value, definitions, inside, kept)
    return result
