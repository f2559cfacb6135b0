"""Hypothesis strategies for protocol events, built from the catalogue and the rules over it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from rtnb.protocol.catalogue import Array, Choice, Map, Member, Model, OneOf, Ref, Scalar, TypeExpr
from rtnb.protocol.rules import client_rules

__all__ = ["client_event_of", "client_events", "nodes", "session_patches"]

RULES = client_rules()

TEXT = st.text(max_size=8)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXT,
    "integer": st.integers(0, 10**6),
    "number": st.floats(0, 10**6, allow_nan=False) | st.integers(0, 10),
    "boolean": st.booleans(),
    "any": ANY,
}


DEEP = ("session.update", "conversation.item.create", "response.create")


def client_events() -> st.SearchStrategy[dict[str, Any]]:
    """Any client event the service takes; the types with something in them come more often."""
    return st.sampled_from([*DEEP * 3, *RULES.event_types]).flatmap(client_event_of)


def client_event_of(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """A client event of one type."""
    return _object(RULES.events[kind])


def session_patches(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """The ``session`` member of an update for a session of that kind, less what only the server sends."""
    names = {
        "realtime": "RealtimeSessionCreateRequestParam",
        "transcription": "RealtimeTranscriptionSessionCreateRequestParam",
    }
    return _object(names[kind])


@functools.cache
def _object(name: str) -> st.SearchStrategy[dict[str, Any]]:
    model = RULES.models[name]
    cases = RULES.required_by_type.get(name)
    if cases is None:
        return _with_members(model, RULES.one_of_these.get(name, ())[:1])
    kinds = model.members["type"].type
    assert isinstance(kinds, Choice)
    return st.sampled_from(kinds.values).flatmap(
        lambda kind: _with_members(model, cases.get(str(kind), ()), type=st.just(kind))
    )


def _with_members(
    model: Model, also: tuple[str, ...], **given: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    needed = {*model.required, *also, *given, *(tag for tag in ("type", "role") if tag in model.members)}
    members = {
        name: given[name] if name in given else _member(model.name, member, may_be_null=name not in also)
        for name, member in model.members.items()
    }
    return st.fixed_dictionaries(
        {name: members[name] for name in members if name in needed},
        optional={name: members[name] for name in members if name not in needed},
    )


def _member(model: str, member: Member, *, may_be_null: bool) -> st.SearchStrategy[Any]:
    name = (model, member.name)
    found = _value(member.type)
    if name in RULES.ranges:
        low, high = RULES.ranges[name].minimum, RULES.ranges[name].maximum
        options = member.type.options if isinstance(member.type, OneOf) else (member.type,)
        whole = Scalar("integer") in options
        # An integer of more than 64 bits is no JSON that a strict parser takes.
        number = st.integers(low, 2**63 if high is None else high) if whole else st.floats(low, high)  # type: ignore[arg-type]
        found = number | st.just("inf") if len(options) > 1 else number
    elif name in RULES.lengths:
        found = st.text(max_size=RULES.lengths[name])
    elif name in RULES.combinations:
        found = st.sampled_from([list(values) for values in RULES.combinations[name][1]])
    elif name in RULES.maps:
        found = st.dictionaries(TEXT, TEXT, max_size=4)
    return found | st.none() if member.nullable and may_be_null else found


def _value(expression: TypeExpr) -> st.SearchStrategy[Any]:
    match expression:
        case Scalar(name):
            return SCALARS[name]
        case Choice(values, is_open):
            known = st.sampled_from(values)
            return known | TEXT if is_open else known
        case Ref(model):
            return st.deferred(lambda: _object(model))
        case Array(of):
            return st.lists(_value(of), max_size=2)
        case Map(of):
            return st.dictionaries(TEXT, _value(of), max_size=2)
        case OneOf(options):
            return st.one_of([_value(option) for option in options])


def nodes(event: dict[str, Any]) -> list[tuple[str, dict[str, Any], Model]]:
    """Every object of a valid client event with its path and its model, the event itself first."""
    model = RULES.models[RULES.events[event["type"]]]
    return list(_nodes(event, Ref(model.name), ""))


def _nodes(value: Any, expression: TypeExpr, path: str) -> Iterator[tuple[str, dict[str, Any], Model]]:
    options = expression.options if isinstance(expression, OneOf) else (expression,)
    if isinstance(value, list):
        for option in options:
            if isinstance(option, Array):
                for index, inner in enumerate(value):
                    yield from _nodes(inner, option.of, f"{path}[{index}]")
    elif isinstance(value, dict):
        models = [RULES.models[option.model] for option in options if isinstance(option, Ref)]
        fitting = [model for model in models if _tags_fit(value, model)]
        if fitting:
            model = fitting[0]
            yield path, value, model
            for name, inner in value.items():
                yield from _nodes(inner, model.members[name].type, f"{path}.{name}".lstrip("."))
        for option in options:
            if isinstance(option, Map):
                for name, inner in value.items():
                    yield from _nodes(inner, option.of, f"{path}.{name}")


def _tags_fit(value: dict[str, Any], model: Model) -> bool:
    return all(
        value.get(tag) in member.type.values
        for tag, member in model.members.items()
        if tag in ("type", "role") and isinstance(member.type, Choice) and not member.type.is_open
    )
