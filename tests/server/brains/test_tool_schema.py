"""What a parameter's JSON schema says: which schema is meant, which type, which kind of text, which values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from rtnb.server.brains import tool_schema as schemas

ROOT: dict[str, Any] = {
    "$defs": {
        "City": {"type": "string", "description": "City name"},
        "a/b": {"type": "integer"},
        "Maybe": {"anyOf": [{"$ref": "#/$defs/City"}, {"type": "null"}]},
        "Loop": {"$ref": "#/$defs/Loop"},
    }
}


@pytest.mark.parametrize(
    ("schema", "meant"),
    [
        ({"type": "string"}, {"type": "string"}),
        ({"$ref": "#/$defs/City"}, ROOT["$defs"]["City"]),
        ({"$ref": "#/$defs/City", "description": "Where to"}, {"type": "string", "description": "Where to"}),
        ({"$ref": "#/$defs/a~1b"}, {"type": "integer"}),
        ({"$ref": "#/$defs/Maybe"}, ROOT["$defs"]["City"]),
        ({"$ref": "#/$defs/Nobody"}, {}),
        ({"$ref": "#/$defs/City/type"}, {}),
        ({"anyOf": [{"type": "null"}, {"type": "number"}], "title": "T"}, {"type": "number", "title": "T"}),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, {"type": "integer"}),
        ({"allOf": [{"$ref": "#/$defs/City"}]}, ROOT["$defs"]["City"]),
        ({"anyOf": [{"type": "null"}]}, {"anyOf": [{"type": "null"}]}),
        ({"anyOf": 3}, {"anyOf": 3}),
    ],
)
def test_references_and_choices(schema: dict[str, Any], meant: dict[str, Any]) -> None:
    assert schemas.resolved(schema, ROOT) == meant


def test_a_reference_to_itself_ends() -> None:
    assert schemas.resolved({"$ref": "#/$defs/Loop"}, ROOT) == {"$ref": "#/$defs/Loop"}


@pytest.mark.parametrize(
    ("schema", "kind", "nullable"),
    [
        ({"type": "integer"}, "integer", False),
        ({"type": ["null", "number"]}, "number", True),
        ({"type": ["null"]}, "string", True),
        ({"type": "null"}, "null", True),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string", True),
        ({"type": ["string", "null"], "enum": ["a", None]}, "string", True),
        ({"type": ["string", "null"], "enum": ["a"]}, "string", False),
        ({"properties": {}}, "object", False),
        ({"type": 7}, "string", False),
        ({}, "string", False),
    ],
)
def test_types(schema: dict[str, Any], kind: str, nullable: bool) -> None:
    assert (schemas.type_of(schema), schemas.nullable(schema)) == (kind, nullable)


@pytest.mark.parametrize(
    ("name", "schema", "role"),
    [
        ("city", {}, "place"),
        ("departure_city", {}, "place"),
        ("orderId", {}, "id"),
        ("phone_number", {}, "id"),
        ("number", {}, None),
        ("cities", {}, "place"),
        ("recipient_email", {}, "email"),
        ("start", {"format": "date-time"}, "datetime"),
        ("on", {"format": "date"}, "date"),
        ("q", {}, "query"),
        ("x", {"description": "The city, e.g. Paris."}, "place"),
        ("x", {"description": "An arithmetic expression"}, "expression"),
        ("customer_name", {}, "person"),
        ("target_language", {}, "language"),
        ("gadget", {"description": "The gadget"}, None),
        ("gadget", {"description": None}, None),
    ],
)
def test_kinds_of_text(name: str, schema: dict[str, Any], role: str | None) -> None:
    assert schemas.role_of(name, schema) == role


def test_narrow_parameters_come_first() -> None:
    named: dict[str, dict[str, Any]] = {
        "q": {},
        "text": {},
        "city": {},
        "when": {},
        "email": {},
        "count": {"type": "integer"},
        "u": {"enum": []},
    }
    assert sorted(named, key=lambda n: schemas.width_of(n, named[n])) == [
        *("count", "u", "email", "when", "city", "text", "q")
    ]


@pytest.mark.parametrize(
    ("schema", "lower", "upper"),
    [
        ({"minimum": 1, "maximum": 5}, (1, False), (5, False)),
        ({"minimum": 1, "exclusiveMinimum": 1}, (1, True), (None, False)),
        ({"minimum": 2, "exclusiveMinimum": 1}, (2, False), (None, False)),
        ({"maximum": 9, "exclusiveMaximum": 3}, (None, False), (3, True)),
        ({"minimum": True, "maximum": "x"}, (None, False), (None, False)),
        ({"maximum": float("inf")}, (None, False), (None, False)),
    ],
)
def test_bounds(schema: dict[str, Any], lower: tuple[Any, bool], upper: tuple[Any, bool]) -> None:
    least, most, open_below, open_above = schemas.bounds_of(schema)
    assert ((least, open_below), (most, open_above)) == (lower, upper)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from([0.5, 1.5, 2.0])
    | st.sampled_from(["", "a", "on"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=4,
)
KINDS = st.sampled_from(["string", "boolean", "integer", "number", "array", "object", "null"])
SMALL = st.integers(0, 4)
DECLARED = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": KINDS | st.lists(KINDS, min_size=1, unique=True),
            "enum": st.lists(VALUES, min_size=1, max_size=3),
            "const": VALUES,
            "minimum": st.integers(-5, 5),
            "exclusiveMaximum": st.integers(-5, 5) | st.just(1.5),
            "exclusiveMinimum": SMALL,
            "maximum": SMALL,
            "multipleOf": st.sampled_from([1, 2, 0.5]),
            "minLength": SMALL,
            "maxItems": SMALL,
            "minItems": SMALL,
            "required": st.lists(st.sampled_from(["a", "b"]), unique=True),
            "$ref": st.just("#/$defs/It"),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": KINDS,
            "items": inner | st.booleans(),
            "properties": st.dictionaries(st.sampled_from(["a", "b"]), inner | st.booleans(), max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
        },
    ),
    max_leaves=4,
)


@given(value=VALUES, schema=DECLARED)
def test_values_fit_as_json_schema_has_it(value: Any, schema: dict[str, Any]) -> None:
    root = {"$defs": {"It": {"type": ["integer", "string"], "maxLength": 1}}}
    # JSON Schema counts 1 and 1.0 as one number but true as none, also deep in lists: only compared on top here.
    plain = json.dumps([value, schema])
    if "true" not in plain and "false" not in plain:
        assert schemas.fits(value, schema, root) == Draft202012Validator({**root, **schema}).is_valid(value)
    schemas.fits(value, schema, root)


@pytest.mark.parametrize(
    ("value", "schema", "fits"),
    [
        (2, {"minimum": 3}, False),
        (3, {"minimum": 3}, True),
        (3, {"exclusiveMinimum": 3}, False),
        (4, {"exclusiveMinimum": 3}, True),
        (4, {"maximum": 3}, False),
        (3, {"exclusiveMaximum": 3}, False),
        (2, {"exclusiveMaximum": 3}, True),
        (5, {"multipleOf": 2}, False),
        (5, {"multipleOf": 0}, True),
        ("ab", {"minLength": 3}, False),
        ("ab", {"maxLength": 1}, False),
        ("ab", {"minLength": 2, "maxLength": 2}, True),
        ([1], {"minItems": 2}, False),
        ([1, "a"], {"items": {"type": "integer"}}, False),
        ([1, 2], {"items": {"type": "integer"}}, True),
        ({"a": 1}, {"required": ["a", "b"]}, False),
        ({"a": 1}, {"required": ["a", 3]}, True),
        ({"a": 1}, {"properties": {"a": {"type": "string"}}}, False),
        ("x", {"allOf": [{"type": "string"}, {"minLength": 2}]}, False),
        ("x", {"anyOf": [{"type": "null"}, {"minLength": 2}]}, False),
        ("toolong", {"$ref": "#/$defs/Short"}, False),
        ("abc", {"$ref": "#/$defs/Short", "minLength": 4}, False),
        ("abc", {"$ref": "#/$defs/Short", "minLength": 3}, True),
        (True, {"type": "integer"}, False),
        (True, {"enum": [1]}, False),
        (1, {"const": True}, False),
        (2.0, {"type": "integer"}, True),
        (float("nan"), {"type": "number"}, False),
        (10**400, {"type": "number", "maximum": 1e308}, False),
        (0.3, {"multipleOf": 0.1}, True),
        ("x", {"type": "text"}, True),
        ("x", False, False),
        ("x", {"oneOf": [{"type": "string"}, {"minLength": 1}]}, True),
        ("a" * 40, {"pattern": "^(a+)+$", "type": "string"}, True),
    ],
)
def test_values_that_are_easily_mistaken(value: Any, schema: Any, fits: bool) -> None:
    assert schemas.fits(value, schema, {"$defs": {"Short": {"type": "string", "maxLength": 3}}}) is fits


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["string", "null", "#/a", "date", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "anyOf", "allOf", "$ref", "enum", "a", "minimum"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(schema=st.dictionaries(st.sampled_from(["type", "anyOf", "oneOf", "$ref", "format", "a"]), ANY), value=ANY)
def test_nothing_breaks_on_any_schema(schema: dict[str, Any], value: Any) -> None:
    meant = schemas.resolved(schema, schema)
    assert isinstance(schemas.type_of(meant), str)
    schemas.width_of("city", meant)
    schemas.nullable(schema)
    schemas.fits(value, schema, schema)
