"""JSON schemas of tools' parameters: what type a value has, and what kind of text is meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rtnb.server.brains.tool_words import role_words, split_name, tools_data

__all__ = ["nullable", "resolved", "role_of", "type_of", "width_of"]


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that is meant where one is referred to, or one of several that is not null."""
    for _ in range(5):
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            found: Any = root
            for step in reference[2:].split("/"):
                found = found.get(step, {}) if isinstance(found, Mapping) else {}
            schema = found if isinstance(found, Mapping) else {}
            continue
        options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        real = [o for o in options if isinstance(o, Mapping) and o.get("type") != "null"] if options else []
        if not real:
            break
        schema = {**{k: v for k, v in schema.items() if k not in ("anyOf", "oneOf", "allOf")}, **real[0]}
    return schema


def type_of(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list | tuple):
        kind = next((k for k in kind if k != "null"), "string")
    return kind if isinstance(kind, str) else "object" if "properties" in schema else "string"


def nullable(schema: Mapping[str, Any]) -> bool:
    kind, options = schema.get("type"), schema.get("anyOf") or schema.get("oneOf") or ()
    return (isinstance(kind, list | tuple) and "null" in kind) or any(
        isinstance(o, Mapping) and o.get("type") == "null" for o in options
    )


def role_of(name: str, schema: Mapping[str, Any]) -> str | None:
    """What a parameter of text is: by the last telling word of its name, else by its description."""
    roles: dict[str, str] = tools_data("roles")
    if schema.get("format") in ("email", "date", "time"):
        return str(schema["format"])
    if schema.get("format") == "date-time":
        return "datetime"
    words = split_name(name)
    for word in (*reversed(words), "number" if words[-1:] == ["number"] else ""):
        if word == "number" and len(words) > 1:
            return "id"
        for role, known in roles.items():
            if word in known.split():
                return role
    described = role_words(str(schema.get("description", "")))
    for role in ("email", "id", "date", "time", "place", "query", "expression", "language"):
        if any(word in roles[role].split() for word in described):
            return role
    return None


def width_of(name: str, schema: Mapping[str, Any]) -> int:
    kind = type_of(schema)
    if "enum" in schema or "const" in schema or kind in ("integer", "number", "boolean"):
        return 0
    order = (
        "expression",
        "email",
        "id",
        "datetime",
        "date",
        "time",
        "duration",
        "place",
        "person",
        "message",
        "subject",
    )
    role = role_of(name, schema)
    return order.index(role) + 1 if role in order else 20
