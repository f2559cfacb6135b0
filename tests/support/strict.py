"""Everything that is wrong with one server event, as the strictest client would see it.

The models of the ``openai`` package say which members there must be and of which type, but accept members
they do not know; so the event is also walked beside its model, and whatever is in neither the model nor the
short list of known extras is reported.
"""

from __future__ import annotations

import copy
import functools
import json
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pydantic
from openai.types.beta.realtime import RealtimeServerEvent as BetaServerEvent
from openai.types.realtime import (
    RealtimeServerEvent,
    RealtimeSessionCreateRequest,
    RealtimeTranscriptionSessionCreateRequest,
)

from rtnb.protocol.beta_data import beta_data

__all__ = ["strict_beta_server_event", "strict_server_event"]

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


BETA_EXTRAS: dict[str, frozenset[str]] = {
    "Session": frozenset({"object", "expires_at", "truncation", "prompt", "include", "client_secret"}),
    "TurnDetection": frozenset({"idle_timeout_ms", "create_response", "interrupt_response", "eagerness"}),
    "TranscriptionSession": frozenset({"id", "object", "expires_at", "include", "input_audio_noise_reduction"}),
}
"""The live beta service sent these to the last, although the package's models lack them; published captures."""

BETA_GA_EVENTS = beta_data().kept_events
"""The package's beta union lacks them; OpenAI's API description keeps beta variants that are those of GA."""


@dataclass(frozen=True, slots=True, eq=False)
class _Shape:
    """One shape of the protocol: its union of server events, and what the models of that get wrong."""

    union: Any
    extras: dict[str, frozenset[str]]
    members: dict[str, tuple[type[pydantic.BaseModel], pydantic.TypeAdapter[Any]]] = field(init=False)

    def __post_init__(self) -> None:
        found = {}
        for model in _options(self.union):
            (kind,) = typing.get_args(model.model_fields["type"].annotation)
            found[kind] = (model, pydantic.TypeAdapter(model))
        object.__setattr__(self, "members", found)


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
    return _strict(event, _ga())


def strict_beta_server_event(event: Any) -> list[str]:
    """The same for the beta shape."""
    kind = event.get("type") if isinstance(event, dict) else None
    if kind in BETA_GA_EVENTS:
        return _strict(event, _ga())
    return _strict(_without_oddities(event), _beta())


def _without_oddities(event: Any) -> Any:
    """A beta event, less what the live service is known to send and the package's types cannot say."""
    if not isinstance(event, dict):
        return event
    event = copy.deepcopy(event)
    if event.get("type") == "transcription_session.created":
        event["type"] = "transcription_session.updated"
    session = event.get("session")
    if isinstance(session, dict):
        if event.get("type") == "transcription_session.updated" and session.get("client_secret", "") is None:
            # Required by the model, which is that of the REST answer.
            session["client_secret"] = {"value": "ek_", "expires_at": 0}
        if isinstance(session.get("tool_choice"), dict):
            session["tool_choice"] = "auto"
        if isinstance(session.get("model"), str):
            # Any name is served; the package knows those of its day.
            session["model"] = "gpt-realtime"
        transcription = session.get("input_audio_transcription")
        if isinstance(transcription, dict) and isinstance(transcription.get("model"), str):
            transcription["model"] = "whisper-1"
    item = event.get("item")
    if isinstance(item, dict) and item.get("role") == "user" and isinstance(item.get("content"), list):
        images = [part for part in item["content"] if isinstance(part, dict) and part.get("type") == "input_image"]
        item["content"] = [part for part in item["content"] if part not in images]
    return event


@functools.cache
def _ga() -> _Shape:
    return _Shape(RealtimeServerEvent, EXTRAS)


@functools.cache
def _beta() -> _Shape:
    return _Shape(BetaServerEvent, BETA_EXTRAS)


def _strict(event: Any, shape: _Shape) -> list[str]:
    if not isinstance(event, dict):
        return [f": a server event is an object, not {type(event).__name__}"]
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in shape.members:
        return [f"type: {kind!r} is not a server event"]
    model, adapter = shape.members[kind]
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
    problems += _unknown(event, model, "", shape.extras, extras)
    for name in (name for of, name in NO_NULLS if of == kind):
        inner = event.get(name)
        if isinstance(inner, dict):
            nulls = [key for key, value in inner.items() if value is None]
            problems += [f"{name}.{key}: null, where it should be left out" for key in nulls]
    if failure is not None and not problems:
        problems.append(str(failure))
    return list(dict.fromkeys(problems))


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


def _unknown(
    value: Any, hint: Any, path: str, by_model: dict[str, frozenset[str]], extras: frozenset[str] = frozenset()
) -> Iterator[str]:
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
            allowed = extras | by_model.get(model.__name__, frozenset())
            for name, inner in value.items():
                where = f"{path}.{name}" if path else name
                if name in known:
                    yield from _unknown(inner, known[name], where, by_model)
                elif name not in allowed:
                    yield f"{where}: unknown to {model.__name__}"
            return
        for option in options:
            if typing.get_origin(option) is dict:
                for name, inner in value.items():
                    yield from _unknown(inner, typing.get_args(option)[1], f"{path}.{name}", by_model)
    elif isinstance(value, list):
        for option in _options(hint):
            if typing.get_origin(option) is list:
                for index, inner in enumerate(value):
                    yield from _unknown(inner, typing.get_args(option)[0], f"{path}[{index}]", by_model)


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
