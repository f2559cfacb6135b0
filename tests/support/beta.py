"""Hypothesis strategies for every event of either shape, built from the openai package's own models."""

from __future__ import annotations

import functools
import typing
from typing import Any

import pydantic
from hypothesis import strategies as st

from support.strict import _options

__all__ = ["events_of", "union_models"]

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Co"]), max_size=6)
ANY = st.none() | st.booleans() | TEXT | st.dictionaries(TEXT, TEXT, max_size=2)


def union_models(union: Any) -> dict[str, type[pydantic.BaseModel]]:
    """The models of a union of events by their ``type``."""
    return {typing.get_args(model.model_fields["type"].annotation)[0]: model for model in _options(union)}


def events_of(union: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Any event of the union, as decoded JSON."""
    return st.sampled_from(_options(union)).flatmap(_object)


@functools.cache
def _object(model: type[pydantic.BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    needed, optional = {}, {}
    for name, info in model.model_fields.items():
        key = info.alias or name
        # What tells models apart is always there.
        into = needed if info.is_required() or key in ("type", "role") else optional
        into[key] = _modalities(model) if key.endswith("modalities") else _value(info.annotation)
    return st.fixed_dictionaries(needed, optional=optional)


def _modalities(model: type[pydantic.BaseModel]) -> st.SearchStrategy[list[str]]:
    """Only the pairs that either shape takes, the beta ones in the order of the live service."""
    spoken = ["audio", "text"] if "modalities" in model.model_fields else ["audio"]
    return st.sampled_from([["text"], spoken])


def _value(hint: Any) -> st.SearchStrategy[Any]:
    options = _options(hint)
    if len(options) > 1:
        return st.one_of([_value(option) for option in options])
    (option,) = options
    origin, args = typing.get_origin(option), typing.get_args(option)
    if origin is typing.Literal:
        return st.sampled_from(args)
    if origin is list:
        return st.lists(_value(args[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(TEXT, _value(args[1]), max_size=2)
    if isinstance(option, type) and issubclass(option, pydantic.BaseModel):
        return st.deferred(lambda: _object(option))
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: TEXT,
        int: st.integers(0, 1000),
        float: st.floats(0, 10, allow_nan=False),
        bool: st.booleans(),
        type(None): st.none(),
    }
    return simple.get(option, ANY)
