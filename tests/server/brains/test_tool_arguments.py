"""Arguments of calls: what is said fills what is declared, and nothing else does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from rtnb.server.brains import Message
from rtnb.server.brains.skill import Utterance
from rtnb.server.brains.tool_arguments import Filled, fill_arguments, made_up
from rtnb.server.brains.tool_choice import Tool


def tool(properties: dict[str, Any], name: str = "set_gadget", optional: str = "", **more: Any) -> Tool:
    required = [each for each in properties if each not in optional.split()]
    return Tool(name, "Set the gadget.", {"type": "object", "properties": properties, "required": required, **more})


def filled(text: str, properties: dict[str, Any], **more: Any) -> Filled:
    return fill_arguments(Utterance(text), tool(properties, **more))


@pytest.mark.parametrize(
    ("properties", "text", "arguments"),
    [
        ({"level": {"type": "integer"}}, "Set the gadget to level twenty one.", {"level": 21}),
        ({"level": {"type": "integer", "maximum": 10}}, "Set the gadget to 5.", {"level": 5}),
        ({"level": {"type": "integer"}}, "Set the gadget to minus three.", {"level": -3}),
        ({"ratio": {"type": "number"}}, "Set the gadget to 2.5.", {"ratio": 2.5}),
        ({"ratio": {"type": "number"}}, "Set the gadget to 2.0.", {"ratio": 2}),
        ({"a": {"type": "number"}, "b": {"type": "number"}}, "Seven minus nine", {"a": 7, "b": 9}),
        ({"minutes": {"type": "number"}}, "Set it for one hour and a half an hour.", {"minutes": 90}),
        ({"duration_seconds": {"type": "integer"}}, "Set it for two minutes.", {"duration_seconds": 120}),
        ({"hours": {"type": "number"}}, "Set it for 90 minutes.", {"hours": 1.5}),
        ({"order_id": {"type": "integer"}}, "Cancel order one two three.", {"order_id": 123}),
        ({"enabled": {"type": "boolean"}}, "Set the gadget off.", {"enabled": False}),
        ({"enabled": {"type": "boolean"}}, "Set the gadget on.", {"enabled": True}),
        ({"cheese": {"type": "boolean"}}, "A pizza without cheese.", {"cheese": False}),
        ({"mode": {"enum": ["eco_mode", "turbo"]}}, "Set the gadget to eco mode.", {"mode": "eco_mode"}),
        ({"hue": {"enum": ["blue", "light_blue"]}}, "Set it to light blue.", {"hue": "light_blue"}),
        ({"op": {"enum": ["add", "divide"]}}, "8 / 2", {"op": "divide"}),
        ({"unit": {"enum": ["c", "f"]}}, "How warm is it in Fahrenheit?", {"unit": "f"}),
        ({"size": {"enum": [1, 2]}}, "Size two, please.", {"size": 2}),
        ({"color": {"type": "string"}}, "Set the gadget to dark blue.", {"color": "blue"}),
        (
            {"days": {"type": "array", "items": {"enum": ["monday", "friday", "friday"]}}},
            "Set the gadget on Monday and Friday.",
            {"days": ["monday", "friday"]},
        ),
        ({"levels": {"type": "array", "items": {"type": "integer"}}}, "Use 1, 2.5 and 3.", {"levels": [1, 3]}),
        ({"cities": {"type": "array", "items": {"type": "string"}}}, "In Rome and Oslo.", {"cities": ["Rome", "Oslo"]}),
        (
            {"items": {"type": "array", "items": {"type": "string"}}},
            "Add milk, the bread and some eggs to the list.",
            {"items": ["milk", "bread", "eggs"]},
        ),
        (
            {"stops": {"type": "array", "items": {"type": "object", "properties": {"city": {"type": "string"}}}}},
            "Stop in Oslo.",
            {"stops": [{"city": "Oslo"}]},
        ),
        ({"title": {"type": "string"}}, 'Set the gadget "My day".', {"title": "My day"}),
        ({"note": {"type": ["string", "null"]}}, "Set the gadget.", {"note": None}),
        ({"note": {"type": "null"}}, "Set the gadget in Oslo.", {"note": None}),
        ({"note": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}, "Set the gadget to 4.", {"note": 4}),
        ({"at": {"$ref": "#/$defs/when"}}, "Set the gadget at 7:30.", {"at": "7:30"}),
        ({"x": {"const": "fixed"}}, "Set the gadget.", {"x": "fixed"}),
        (
            {"where": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
            "Set the gadget in Oslo.",
            {"where": {"city": "Oslo"}},
        ),
    ],
)
def test_what_is_said_fills_what_is_declared(properties: dict[str, Any], text: str, arguments: dict[str, Any]) -> None:
    found = filled(text, properties, **{"$defs": {"when": {"type": "string", "format": "time"}}})
    assert found == Filled((arguments,))


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "integer", "maximum": 10}, "Set the gadget to 11."),
        ({"type": "integer", "exclusiveMinimum": 3}, "Set the gadget to 3."),
        ({"type": "integer", "multipleOf": 5}, "Set the gadget to 12."),
        ({"type": "integer"}, "Set the gadget to 2.5."),
        ({"type": "string", "maxLength": 3}, 'Set the gadget "abcd".'),
        ({"type": "boolean"}, "Set the gadget."),
        ({"enum": ["eco", "turbo"]}, "Set the gadget."),
        ({"enum": [True, "x"]}, "Set the gadget to 1."),
        ({"type": "array", "items": {"type": "boolean"}}, "Set the gadget in Paris."),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, "Set the gadget to 3."),
        ({"type": "object", "properties": {"n": {"type": "integer", "maximum": 3}}, "required": ["n"]}, "Set it to 9."),
        ({"type": "object"}, "Set the gadget in Oslo."),
    ],
)
def test_what_is_not_declared_is_missing(schema: dict[str, Any], text: str) -> None:
    assert filled(text, {"level": schema}) == Filled(({},), ("level",))
    assert filled(text, {"level": schema}, optional="level") == Filled(({},))


def test_several_places_are_several_calls() -> None:
    found = filled(
        "In Paris and Rome at 5.", {"city": {"type": "string"}, "level": {"type": "integer"}}, optional="level"
    )
    assert [call["city"] for call in found.calls] == ["Paris", "Rome"]
    short = {"city": {"type": "string", "maxLength": 4}}
    assert filled("In Paris and Rome.", short) == Filled(({"city": "Rome"},))


def test_arguments_stand_as_declared_and_each_word_counts_once() -> None:
    properties = {"song": {"type": "string"}, "room": {"type": "string"}, "volume": {"type": "integer"}}
    (call,) = filled('Play "Hey Jude" in the kitchen at volume 7.', properties).calls
    assert list(call.items()) == [("song", "Hey Jude"), ("room", "kitchen"), ("volume", 7)]


def test_only_what_was_asked_for_is_filled() -> None:
    booking = tool({"date": {"type": "string"}, "guests": {"type": "integer"}, "indoors": {"type": "boolean"}})

    def reply(text: str, *only: str) -> Filled:
        return fill_arguments(Utterance(text), booking, only=only)

    assert reply("Four, on Friday", "guests") == Filled(({"guests": 4},))
    assert reply("Next week", "date") == Filled(({"date": "Next week"},))
    assert reply("Yes please", "indoors") == Filled(({"indoors": True},))
    assert reply("No.", "indoors") == Filled(({"indoors": False},))
    assert reply("Hm.", "indoors") == Filled(({},), ("indoors",))


def test_a_name_that_was_told_before() -> None:
    before = (Message(role="user", text="My name is Sam."),)
    wanted = tool({"customer_name": {"type": "string"}})
    assert fill_arguments(Utterance("Please set it."), wanted, before).calls == ({"customer_name": "Sam"},)
    assert fill_arguments(Utterance("Please set it."), wanted).missing == ("customer_name",)


def test_schemas_that_contain_themselves_end() -> None:
    node: dict[str, Any] = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "next": {"$ref": "#/$defs/Node"}},
        "required": ["city", "next"],
    }
    definitions: dict[str, Any] = {"$defs": {"Node": node}}
    tree = tool({"route": {"$ref": "#/$defs/Node"}}, **definitions)
    assert fill_arguments(Utterance("Go to Rome."), tree).missing == ("route",)
    assert made_up(tree, Utterance("Go to Rome."), ("route",))["route"]["next"]["city"] == "Go to Rome"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "Do it"),
        ({"type": "string", "maxLength": 2}, "Do"),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 4}, 4),
        ({"type": "integer", "minimum": 3.5}, 4),
        ({"type": "integer", "exclusiveMinimum": 4}, 5),
        ({"type": "integer", "maximum": -2}, -2),
        ({"type": "number", "exclusiveMaximum": -2}, -3),
        ({"type": "integer", "minimum": 7, "multipleOf": 5}, 10),
        ({"type": "integer", "minimum": 1, "multipleOf": 1.5}, 3),
        ({"type": "number", "minimum": 0.2, "maximum": 0.8}, 0.5),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": "integer", "default": 9}, 9),
        ({"type": "integer", "default": "soon"}, 1),
        ({"enum": ["b", "a"]}, "b"),
        ({"type": "string", "enum": [None, "a"]}, "a"),
        ({"const": "c"}, "c"),
        ({"type": "array"}, []),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "object", "properties": {"a": {"type": "boolean"}, "b": {}}, "required": ["a"]}, {"a": True}),
    ],
)
def test_what_nobody_said_is_made_up(schema: dict[str, Any], value: Any) -> None:
    made = made_up(tool({"x": schema}), Utterance("Do it!"), ("x",))
    assert made == {"x": value}
    assert type(made["x"]) is type(value)
    assert made_up(tool({"x": {"type": "string"}}), Utterance("?!"), ("x",)) == {"x": "unknown"}


TEXTS = st.sampled_from(
    [
        "Turn 5 on in Paris and Rome at 7 pm",
        "",
        "Set a red one for ten minutes to Bob saying hi",
        "What is 1 / 0?",
        "Order AB-123, half an hour, no " + "9" * 400 + ".5",
        "yes",
        "no",
        "Monday 3 to ada@example.com from Oslo, celsius",
        "Add 2.5 and 12",
    ]
)
NAMES = st.sampled_from(
    ["city", "order_id", "minutes", "enabled", "days", "to", "body", "from_city", "unit", "duration", "count", "color"]
)
NUMBERS = st.builds(
    lambda kind, least, width, step: {"type": kind, **least, "maximum": width + 20, **step},
    st.sampled_from(["integer", "number"]),
    st.sampled_from([{}, {"minimum": 2}, {"exclusiveMinimum": 5}, {"minimum": -4.5}]),
    st.integers(0, 10),
    st.sampled_from([{}, {"multipleOf": 3}, {"multipleOf": 0.5}]),
)
LEAVES = st.one_of(
    st.sampled_from([{"type": "string"}, {"type": "boolean"}, {"type": "null"}, {"type": ["integer", "null"]}]),
    NUMBERS,
    st.builds(lambda v: {"enum": v}, st.lists(st.sampled_from(["on", "red", "add", 5, 2.5, True, None]), min_size=1)),
    st.sampled_from([{"type": "string", "maxLength": 4}, {"anyOf": [{"type": "number"}, {"type": "null"}]}]),
)
PROPERTIES = st.deferred(lambda: st.dictionaries(NAMES, SCHEMAS, max_size=4))
OBJECTS = st.builds(
    lambda properties, names: {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name in names],
        "additionalProperties": False,
    },
    PROPERTIES,
    st.sets(NAMES),
)
SCHEMAS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    LEAVES,
    LEAVES,
    st.builds(
        lambda items, sizes: {"type": "array", "items": items, **sizes},
        LEAVES | OBJECTS,
        st.sampled_from([{}, {"minItems": 1}, {"maxItems": 2}]),
    ),
    OBJECTS,
)


@given(parameters=OBJECTS, text=TEXTS, direct=st.booleans())
def test_arguments_always_fit_the_schema(parameters: dict[str, Any], text: str, direct: bool) -> None:
    declared = Tool("set_gadget", "Set the gadget.", parameters)
    said = Utterance(text)
    found = fill_arguments(said, declared, only=tuple(declared.properties) if direct else None)
    for call in found.calls:
        assert not set(found.missing) & set(call)
        whole = json.loads(json.dumps(call | made_up(declared, said, found.missing), allow_nan=False))
        Draft202012Validator(parameters).validate(whole)
        Draft202012Validator({**parameters, "required": []}).validate(call)


WORDS = ["type", "properties", "required", "enum", "items", "anyOf", "allOf", "$ref", "minimum", "minItems"]
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["string", "array", "#/properties/to"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=10,
)
DECLARED = st.dictionaries(NAMES, st.dictionaries(st.sampled_from(WORDS), ANY), max_size=3)


@given(properties=DECLARED, required=ANY, text=TEXTS)
def test_nothing_breaks_on_any_declaration(properties: dict[str, Any], required: Any, text: str) -> None:
    declared = Tool("set_gadget", "", {"properties": properties, "required": required})
    found = fill_arguments(Utterance(text), declared)
    made_up(declared, Utterance(text), tuple(properties))
    assert found.calls
