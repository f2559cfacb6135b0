"""What every Realtime event may hold, read from a data file that is generated from the ``openai`` package.

The file is checked in, so that nothing of rtnb has to import ``openai``; ``tools/generate_catalogue.py``
writes it and a test compares the two. Client-side models carry the package's ``...Param`` names: there
`nullable` means that null may be sent. On the server side every optional member may be null.

Examples
--------
>>> from rtnb.protocol.catalogue import catalogue
>>> known = catalogue()
>>> sorted(known.client_event("conversation.item.delete").members)
['event_id', 'item_id', 'type']
>>> known.client_event("conversation.item.delete").required
('item_id', 'type')
>>> "marin" in known.voices and "gpt-realtime-2.1" in known.realtime_models
True
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

__all__ = [
    "Array",
    "Catalogue",
    "Choice",
    "Map",
    "Member",
    "Model",
    "OneOf",
    "Ref",
    "Scalar",
    "TypeExpr",
    "catalogue",
]


@dataclass(frozen=True, slots=True)
class Scalar:
    """``string``, ``integer``, ``number``, ``boolean`` or ``any`` (any JSON value)."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `values`; when `is_open`, those are the known names and any other string is welcome too."""

    values: tuple[str | int, ...]
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Ref:
    """An object, described by the model of that name."""

    model: str


@dataclass(frozen=True, slots=True)
class Array:
    """A list of `of`."""

    of: TypeExpr


@dataclass(frozen=True, slots=True)
class Map:
    """An object with any names and values of type `of`."""

    of: TypeExpr


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of `options`; objects among them are told apart by the members in `tags`, in that order."""

    options: tuple[TypeExpr, ...]
    tags: tuple[str, ...] = ()


TypeExpr: TypeAlias = Scalar | Choice | Ref | Array | Map | OneOf


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object."""

    name: str
    type: TypeExpr
    required: bool = False
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """An object with known members."""

    name: str
    members: Mapping[str, Member]
    required: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, name: str, members: Iterable[Member]) -> Model:
        """A model of these members, in their order."""
        table = {member.name: member for member in members}
        return cls(name, table, tuple(member.name for member in table.values() if member.required))


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Events and models of one version of the ``openai`` package.

    Attributes
    ----------
    version, date : str
        The package version, and the day the file was generated.
    client_events, server_events, translation_client_events : mapping of str to str
        Event type to model name.
    objects : mapping of str to str
        Names such as ``realtime_session`` or ``response`` to model names.
    models : mapping of str to Model
        Every model that these reach.
    """

    version: str
    date: str
    client_events: Mapping[str, str]
    server_events: Mapping[str, str]
    translation_client_events: Mapping[str, str]
    objects: Mapping[str, str]
    models: Mapping[str, Model]

    def client_event(self, kind: str) -> Model:
        """The model of a client event; KeyError for an unknown type."""
        return self.models[self.client_events[kind]]

    def server_event(self, kind: str) -> Model:
        """The model of a server event; KeyError for an unknown type."""
        return self.models[self.server_events[kind]]

    @property
    def realtime_models(self) -> tuple[str, ...]:
        """Names of realtime models the package knows; the API accepts others too."""
        return self._names("RealtimeSessionCreateRequest", "model")

    @property
    def transcription_models(self) -> tuple[str, ...]:
        """Names of transcription models the package knows; the API accepts others too."""
        return self._names("AudioTranscription", "model")

    @property
    def voices(self) -> tuple[str, ...]:
        """Names of built-in voices."""
        return self._names("RealtimeAudioConfigOutput", "voice")

    def _names(self, model: str, member: str) -> tuple[str, ...]:
        expression = self.models[model].members[member].type
        options = expression.options if isinstance(expression, OneOf) else (expression,)
        return tuple(str(v) for option in options if isinstance(option, Choice) for v in option.values)


@functools.cache
def catalogue() -> Catalogue:
    """The catalogue that comes with rtnb, read once."""
    text = Path(__file__).with_name("catalogue.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return Catalogue(
        version=data["version"],
        date=data["date"],
        client_events=data["client_events"],
        server_events=data["server_events"],
        translation_client_events=data["translation_client_events"],
        objects=data["objects"],
        models={name: _model(name, members) for name, members in data["models"].items()},
    )


def _model(name: str, members: Mapping[str, Any]) -> Model:
    return Model.of(
        name,
        (
            Member(key, _expression(of["type"]), of.get("required", False), of.get("nullable", False))
            for key, of in members.items()
        ),
    )


def _expression(data: Any) -> TypeExpr:
    if isinstance(data, str):
        return Scalar(data)
    if "enum" in data:
        return Choice(tuple(data["enum"]), data.get("open", False))
    if "model" in data:
        return Ref(data["model"])
    if "array" in data:
        return Array(_expression(data["array"]))
    if "map" in data:
        return Map(_expression(data["map"]))
    return OneOf(tuple(_expression(option) for option in data["one_of"]), tuple(data.get("by", ())))
