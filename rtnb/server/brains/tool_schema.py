"""JSON schemas of tools' parameters: what type a value has, and what kind of text is meant."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from rtnb.server.brains.tool_words import role_words, split_name, stem, tools_data

__all__ = ["bounds_of", "fits", "nullable", "rational", "resolved", "role_of", "type_of", "width_of"]

_DEEPEST: Final = 20
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list, tuple),
    "object": (Mapping,),
    "null": (type(None),),
}


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that is meant where one is referred to, or one of several that is not null."""
    for _ in range(5):
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            found: Any = root
            for step in reference[2:].split("/"):
                # RFC 6901, 3: "/" and "~" in names.
                step = step.replace("~1", "/").replace("~0", "~")
                found = found.get(step, {}) if isinstance(found, Mapping) else {}
            beside = {k: v for k, v in schema.items() if k != "$ref"}
            schema = {**(found if isinstance(found, Mapping) else {}), **beside}
            continue
        options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        options = options if isinstance(options, list | tuple) else ()
        real = [o for o in options if isinstance(o, Mapping) and o.get("type") != "null"]
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
    """Whether it says that null may stand for what is not said.

    Examples
    --------
    >>> nullable({"type": ["string", "null"]}), nullable({"type": "string"}), nullable({})
    (True, False, False)
    """
    kind, options = schema.get("type"), schema.get("anyOf") or schema.get("oneOf")
    stated = (kind == "null" or "null" in kind) if isinstance(kind, str | list | tuple) else False
    if isinstance(options, list | tuple):
        stated = stated or any(isinstance(o, Mapping) and o.get("type") == "null" for o in options)
    return stated and fits(None, schema, {})


def rational(value: Any) -> Fraction | None:
    """A finite number as it is written, None for anything else."""
    if isinstance(value, int):
        return None if isinstance(value, bool) else Fraction(value)
    return Fraction(repr(value)) if isinstance(value, float) and math.isfinite(value) else None


def bounds_of(schema: Mapping[str, Any]) -> tuple[Fraction | None, Fraction | None, bool, bool]:
    """Least and greatest number, and whether each is excluded itself."""
    least, most = rational(schema.get("minimum")), rational(schema.get("maximum"))
    above, below = rational(schema.get("exclusiveMinimum")), rational(schema.get("exclusiveMaximum"))
    open_below = above is not None and (least is None or above >= least)
    open_above = below is not None and (most is None or below <= most)
    return above if open_below else least, below if open_above else most, open_below, open_above


def fits(value: Any, schema: Any, root: Mapping[str, Any], depth: int = 0) -> bool:
    """Whether a value is what a schema declares.

    Of JSON Schema 2020-12 it knows types, ``enum`` and ``const``, bounds of numbers, lengths, items, members,
    references and combinations. ``pattern`` is left out: a client's pattern could hold up the server for minutes.

    Examples
    --------
    >>> fits(5, {"type": "integer", "maximum": 10}, {}), fits(2.5, {"type": "integer"}, {})
    (True, False)
    """
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return schema is not False
    reference, kinds, number = schema.get("$ref"), schema.get("type"), rational(value)
    if isinstance(reference, str) and reference.startswith("#/"):
        return fits(value, resolved({"$ref": reference}, root), root, depth + 1) and fits(
            value, {k: v for k, v in schema.items() if k != "$ref"}, root, depth + 1
        )
    kinds = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list | tuple) else ()
    if kinds and not any(_is(value, kind) for kind in kinds):
        return False
    for key, all_of_them in (("anyOf", False), ("oneOf", False), ("allOf", True)):
        if isinstance(options := schema.get(key), list | tuple) and options:
            each = (fits(value, option, root, depth + 1) for option in options)
            if not (all(each) if all_of_them else any(each)):
                return False
    values = schema.get("enum")
    if isinstance(values, list | tuple) and not any(_same(value, v) for v in values):
        return False
    if "const" in schema and not _same(value, schema["const"]):
        return False
    if number is not None:
        return _within(number, schema)
    if isinstance(value, str):
        return _sized(len(value), schema, "Length")
    if isinstance(value, list | tuple):
        items = schema.get("items", True)
        return _sized(len(value), schema, "Items") and all(fits(v, items, root, depth + 1) for v in value)
    if isinstance(value, Mapping):
        members, required = schema.get("properties"), schema.get("required")
        members = members if isinstance(members, Mapping) else {}
        required = required if isinstance(required, list | tuple) else ()
        return all(not isinstance(n, str) or n in value for n in required) and all(
            fits(v, members.get(name, True), root, depth + 1) for name, v in value.items()
        )
    return True


def _is(value: Any, kind: Any) -> bool:
    """An unknown name of a type forbids nothing."""
    known = _TYPES.get(kind) if isinstance(kind, str) else None
    if known is None:
        return True
    if isinstance(value, bool) or kind not in ("integer", "number"):
        return isinstance(value, known) and (kind == "boolean" or not isinstance(value, bool))
    number = rational(value)
    return number is not None and (kind == "number" or number.denominator == 1)


def _same(value: Any, other: Any) -> bool:
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


def _within(number: Fraction, schema: Mapping[str, Any]) -> bool:
    least, most, open_below, open_above = bounds_of(schema)
    if least is not None and (number < least or (open_below and number == least)):
        return False
    if most is not None and (number > most or (open_above and number == most)):
        return False
    step = rational(schema.get("multipleOf"))
    return step is None or step <= 0 or (number / step).denominator == 1


def _sized(count: int, schema: Mapping[str, Any], what: str) -> bool:
    least, most = rational(schema.get(f"min{what}")), rational(schema.get(f"max{what}"))
    return (least is None or count >= least) and (most is None or count <= most)


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
            if word in known.split() or (word.endswith("s") and stem(word) in map(stem, known.split())):
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
