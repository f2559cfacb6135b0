from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtnb.server.mcp.arguments import check_schema, parsed
from rtnb.server.mcp.failures import McpFailure
from rtnb.server.mcp.judging import Unjudged, complaint

DRAFT = "https://json-schema.org/draft/2020-12/schema"
ENDLESS = {"type": "string", "pattern": "^(a+)+$"}
AAA = "a" * 60 + "!"
DOUBLING = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(60)} | {"d60": {}}


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"q": ENDLESS}},
        {"propertyNames": ENDLESS},
        {"patternProperties": {"^(a+)+$": {}}},
        {"additionalProperties": False, "patternProperties": {"^(a+)+$": {}}},
        {"unevaluatedProperties": False, "patternProperties": {"^(a+)+$": {}}},
        {"properties": {"q": {"oneOf": [ENDLESS, {"pattern": "^(b|b)*$"}]}}},
        {"properties": {"q": {"not": {"pattern": "b"}}}},
        # A dialect of its own brings the library's own, uncounted rules back.
        {"$schema": DRAFT, "properties": {"q": {"$ref": "#/$defs/q"}}, "$defs": {"q": {"$schema": DRAFT, **ENDLESS}}},
        {"$schema": DRAFT, "properties": {"q": {"$ref": "#/$defs/q"}}, "$defs": {"q": ENDLESS}},
        {"allOf": [{"$ref": "#/$defs/d0"}], "$defs": DOUBLING},
        {"$ref": "#/nowhere"},
        {"$ref": "https://elsewhere.example/schema"},
        {"$ref": "#"},
    ],
)
def test_what_would_take_for_ever_is_left_to_the_server(schema: Any) -> None:
    for arguments in (f'{{"q": "{AAA}"}}', f'{{"{AAA}": 1}}'):
        assert isinstance(parsed(arguments, schema), dict)


@pytest.mark.parametrize(
    ("schema", "arguments", "told"),
    [
        ({"properties": {"q": ENDLESS}}, '{"q": 3}', "q: 3 is not of type 'string'"),
        ({"properties": {"q": {"$ref": "#"}}, "type": "object"}, '{"q": {"q": 3}}', "q.q: 3 is not of type 'object'"),
        ({"$schema": DRAFT, "$id": "https://a.example", "required": ["q"]}, "{}", "'q' is a required property"),
        ({"properties": {"q": {"oneOf": [{"type": "string"}, {"type": "null"}]}}}, '{"q": 3}', "q: 3 is not"),
    ],
)
def test_the_rest_is_judged(schema: Any, arguments: str, told: str) -> None:
    with pytest.raises(McpFailure, match="Invalid arguments") as failure:
        parsed(arguments, schema)
    assert told in failure.value.message


def test_large_arguments_cost_more() -> None:
    schema = {"additionalProperties": {"anyOf": [{"type": "string"}] * 50}}
    given = {f"p{number}": number for number in range(20)}
    assert complaint(schema, given) is not None
    with pytest.raises(Unjudged):
        complaint(schema, given, size_chars=1_000_000)


def test_schemas_of_too_many_parts_are_none() -> None:
    assert check_schema({"type": "object", "allOf": [{}] * 20_000}) == "its input schema has too many parts"


RULE = st.sampled_from(["allOf", "$ref", "properties", "pattern", "not", "items", "enum", "uniqueItems", "$schema"])
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["#", "#/x", "(", DRAFT]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(RULE, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)  # the first schema imports the library
@given(st.dictionaries(RULE, VALUE), st.dictionaries(RULE, VALUE))
def test_any_schema_says_something_or_nothing(schema: Any, instance: Any) -> None:
    try:
        found = complaint(schema, instance)
    except Unjudged:
        return
    assert found is None or found.message
