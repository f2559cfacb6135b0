"""Everything that is wrong with one server event, as the strictest client would see it.

The models of the ``openai`` package say which members there must be and of which type, but accept members
they do not know; so the event is also walked beside its model, and whatever is in neither the model nor the
short list of known extras is reported.
"""

from __future__ import annotations

import functools
import json
import types
import typing
from collections.abc import Iterator
from typing import Any

import pydantic
from openai.types.realtime import (
    RealtimeServerEvent,
    RealtimeSessionCreateRequest,
    RealtimeTranscriptionSessionCreateRequest,
)

__all__ = ["strict_server_event"]

EXTRAS: dict[str, frozenset[str]] = {
    # Server events carry the whole session, which has members that a request for one has not.
    RealtimeSessionCreateRequest.__name__: frozenset({"id", "object", "expires_at"}),
    RealtimeTranscriptionSessionCreateRequest.__name__: frozenset({"id", "object", "expires_at"}),
    # Every server event has an id; the package's model of this one leaves it out.
    "InputAudioBufferDtmfEventReceivedEvent": frozenset({"event_id"}),
}
"""Members the live service is known to send although the package's model lacks them, by model."""

DELTA_EXTRAS = frozenset({"obfuscation"})
"""The live service pads text deltas with it."""

NO_NULLS = {
    # agents-js refuses null here; the live service leaves unset members out.
    ("response.content_part.added", "part"),
    ("response.content_part.done", "part"),
    ("conversation.item.input_audio_transcription.failed", "error"),
}

TAGS = ("type", "role")


def strict_server_event(event: Any) -> list[str]:
    """Problems of one server event; empty when a strict client would take it.

    Parameters
    ----------
    event : dict
        As it would be encoded to JSON.

    Returns
    -------
    list of str
        One line a problem, each beginning with the path of the member.
    """
    if not isinstance(event, dict):
        return [f": a server event is an object, not {type(event).__name__}"]
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in _members():
        return [f"type: {kind!r} is not a server event"]
    model, adapter = _members()[kind]
    try:
        text = json.dumps(event, allow_nan=False)
    except (TypeError, ValueError) as error:
        return [f": not JSON: {error}"]
    problems: list[str] = []
    failure: pydantic.ValidationError | None = None
    try:
        adapter.validate_json(text, strict=True)
    except pydantic.ValidationError as error:
        failure = error
        problems += _readable(error, event, model)
    extras = DELTA_EXTRAS if kind.endswith(".delta") else frozenset()
    problems += _unknown(event, model, "", extras)
    for name in (name for of, name in NO_NULLS if of == kind):
        inner = event.get(name)
        if isinstance(inner, dict):
            nulls = [key for key, value in inner.items() if value is None]
            problems += [f"{name}.{key}: null, where it should be left out" for key in nulls]
    if failure is not None and not problems:
        problems.append(str(failure))
    return list(dict.fromkeys(problems))


@functools.cache
def _members() -> dict[str, tuple[type[pydantic.BaseModel], pydantic.TypeAdapter[Any]]]:
    """Every member of the union of server events, by its type."""
    found = {}
    for model in _options(RealtimeServerEvent):
        (kind,) = typing.get_args(model.model_fields["type"].annotation)
        found[kind] = (model, pydantic.TypeAdapter(model))
    return found


def _readable(error: pydantic.ValidationError, event: Any, model: Any) -> Iterator[str]:
    """Pydantic's complaints, less those about alternatives of a union that were not meant."""
    for detail in error.errors(include_url=False, include_input=False):
        place = _place(detail["loc"], event, model, "")
        if place is not None:
            yield f"{place}: {detail['msg']}"


def _place(loc: tuple[int | str, ...], value: Any, hint: Any, path: str) -> str | None:
    """Pydantic's location as a path of the event; None when it lies in an alternative that was not meant."""
    if not loc:
        return path
    options = [option for option in _options(hint) if option is not type(None)]
    if len(options) > 1:
        if not isinstance(value, dict) or not _models(options):
            return path
        chosen = _model_for(value, options)
        if chosen is None or chosen.__name__ != loc[0]:
            return None
        return _place(loc[1:], value, chosen, path)
    (option,) = options
    part, rest = loc[0], loc[1:]
    if isinstance(part, int) and isinstance(value, list):
        return _place(rest, value[part], typing.get_args(option)[0], f"{path}[{part}]")
    where = f"{path}.{part}" if path else str(part)
    if not rest or not isinstance(value, dict):
        return where
    inner = typing.get_args(option)[1] if typing.get_origin(option) is dict else _annotation(option, str(part))
    return _place(rest, value.get(part), inner, where)


def _annotation(model: type[pydantic.BaseModel], member: str) -> Any:
    return {info.alias or name: info.annotation for name, info in model.model_fields.items()}[member]


def _unknown(value: Any, hint: Any, path: str, extras: frozenset[str] = frozenset()) -> Iterator[str]:
    """Members at any depth that no model knows."""
    if isinstance(value, dict):
        options = _options(hint)
        model = _model_for(value, options)
        if model is None and len(_models(options)) > 1:
            tags = ", ".join(f"{tag}={value[tag]!r}" for tag in TAGS if tag in value)
            yield f"{path}: no alternative of the union has {tags or 'no type'}"
            return
        if model is not None:
            known = {info.alias or name: info.annotation for name, info in model.model_fields.items()}
            allowed = extras | EXTRAS.get(model.__name__, frozenset())
            for name, inner in value.items():
                where = f"{path}.{name}" if path else name
                if name in known:
                    yield from _unknown(inner, known[name], where)
                elif name not in allowed:
                    yield f"{where}: unknown to {model.__name__}"
            return
        for option in options:
            if typing.get_origin(option) is dict:
                for name, inner in value.items():
                    yield from _unknown(inner, typing.get_args(option)[1], f"{path}.{name}")
    elif isinstance(value, list):
        for option in _options(hint):
            if typing.get_origin(option) is list:
                for index, inner in enumerate(value):
                    yield from _unknown(inner, typing.get_args(option)[0], f"{path}[{index}]")


def _options(hint: Any) -> list[Any]:
    while typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return [option for inner in typing.get_args(hint) for option in _options(inner)]
    return [hint]


def _models(options: list[Any]) -> list[type[pydantic.BaseModel]]:
    return [option for option in options if isinstance(option, type) and issubclass(option, pydantic.BaseModel)]


def _model_for(value: dict[str, Any], options: list[Any]) -> type[pydantic.BaseModel] | None:
    """The alternative whose tags the value carries; the only one when there is only one."""
    models = _models(options)
    if len(models) < 2:
        return models[0] if models else None
    fitting = [model for model in models if _tags_fit(value, model)]
    return fitting[0] if fitting else None


def _tags_fit(value: dict[str, Any], model: type[pydantic.BaseModel]) -> bool:
    for tag in TAGS:
        if tag in model.model_fields:
            literals = [
                name
                for option in _options(model.model_fields[tag].annotation)
                if typing.get_origin(option) is typing.Literal
                for name in typing.get_args(option)
            ]
            if literals and value.get(tag) not in literals:
                return False
    return True
