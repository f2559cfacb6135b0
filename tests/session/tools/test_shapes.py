"""Schemas without titles and without needless references."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, TypeAdapter

from rtnb.session.tools.shapes import plain_schema


class Leaf(BaseModel):
    title: str
    n: int = 0


class Branch(BaseModel):
    left: Leaf
    right: Leaf | None = None
    more: list[Branch] = []


class Tree(BaseModel):
    root: Branch
    leaves: dict[str, Leaf] = {}


def test_definitions_stand_where_they_are_used_unless_they_hold_themselves() -> None:
    schema = plain_schema(TypeAdapter(Tree).json_schema())
    assert list(schema["$defs"]) == ["Branch"]
    assert schema["properties"]["root"] == {"$ref": "#/$defs/Branch"}
    assert schema["properties"]["leaves"]["additionalProperties"]["properties"]["title"] == {"type": "string"}
    Draft202012Validator.check_schema(schema)


def test_two_that_hold_each_other() -> None:
    schema = {
        "$defs": {
            "A": {"properties": {"b": {"$ref": "#/$defs/B"}}, "title": "A"},
            "B": {"properties": {"a": {"$ref": "#/$defs/A"}}, "title": "B"},
        },
        "$ref": "#/$defs/A",
    }
    found = plain_schema(schema)
    text = json.dumps(found)
    assert "title" not in text
    used = {part.partition('"')[0] for part in text.split("#/$defs/")[1:]}
    assert used == set(found["$defs"])


def test_values_are_not_schemas() -> None:
    schema: dict[str, Any] = {"default": {"title": "x"}, "const": {"title": 1}, "enum": [{"title": 2}], "title": "T"}
    assert plain_schema(schema) == {k: v for k, v in schema.items() if k != "title"}


leaf = st.builds(lambda t, n: {"title": t, "n": n}, st.text(max_size=3), st.integers(0, 5))
anything = leaf | st.dictionaries(
    st.sampled_from(["title", "n", "left"]), st.integers() | st.text(max_size=2), max_size=3
)
branch = st.recursive(
    st.builds(lambda a, b: {"left": a, "right": b}, anything, st.none() | anything),
    lambda inner: st.builds(lambda a, m: {"left": a, "more": m}, anything, st.lists(inner, max_size=2)),
    max_leaves=4,
)


@given(st.builds(lambda r, ls: {"root": r, "leaves": ls}, branch, st.dictionaries(st.text(max_size=2), anything)))
def test_the_plain_schema_takes_what_the_schema_takes(value: Any) -> None:
    schema = TypeAdapter(Tree).json_schema()
    assert Draft202012Validator(plain_schema(schema)).is_valid(value) == Draft202012Validator(schema).is_valid(value)
