"""The catalogue's client side, tightened and loosened by what the live service is known to ask.

``rules.json`` holds the differences, each with its source; this module lays them over the catalogue.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rtnb.protocol.catalogue import Choice, Member, Model, catalogue

__all__ = ["ClientRules", "MapLimits", "Range", "client_rules"]

Name = tuple[str, str]
"""Model name and member name."""


@dataclass(frozen=True, slots=True)
class Range:
    """Inclusive bounds of a number; None for no bound."""

    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class MapLimits:
    """How many members a map may have, and how long their names and values may be."""

    members: int
    name_length: int
    value_length: int


@dataclass(frozen=True, slots=True, eq=False)
class ClientRules:
    """Everything a client event is checked against."""

    events: Mapping[str, str]
    models: Mapping[str, Model]
    event_types: tuple[str, ...]
    server_members: Mapping[str, frozenset[str]]
    required_by_type: Mapping[str, Mapping[str, tuple[str, ...]]]
    ranges: Mapping[Name, Range]
    lengths: Mapping[Name, int]
    maps: Mapping[Name, MapLimits]
    combinations: Mapping[Name, tuple[str, tuple[tuple[str, ...], ...]]]
    one_of_these: Mapping[str, tuple[str, ...]]
    most: Mapping[Name, int]
    no_turn_detection: frozenset[str]
    no_reasoning: frozenset[str]
    reasoning_options: frozenset[str]
    instructions_and_tools_tokens: int


@functools.cache
def client_rules() -> ClientRules:
    """The rules that come with rtnb, read once."""
    text = Path(__file__).with_name("rules.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    known = catalogue()
    listed = tuple(data["event_types"]["values"])
    everything = {**known.translation_client_events, **known.client_events}
    return ClientRules(
        events={kind: everything[kind] for kind in listed},
        models=_overlaid(known.models, data),
        event_types=listed,
        server_members={
            model: frozenset(entry["members"]) for entry in data["server_members"] for model in entry["models"]
        },
        required_by_type={
            model: {kind: tuple(names) for kind, names in entry["cases"].items()}
            for entry in data["required_by_type"]
            for model in entry["models"]
        },
        ranges={
            name: Range(entry.get("minimum"), entry.get("maximum"))
            for name, entry in _each(data["ranges"], known.models)
        },
        lengths={name: entry["maximum"] for name, entry in _each(data["lengths"], known.models)},
        maps={
            name: MapLimits(entry["members"], entry["name_length"], entry["value_length"])
            for name, entry in _each(data["maps"], known.models)
        },
        combinations={
            name: (entry["label"], tuple(tuple(values) for values in entry["allowed"]))
            for name, entry in _each(data["combinations"], known.models)
        },
        one_of_these={model: tuple(entry["members"]) for entry in data["one_of_these"] for model in entry["models"]},
        most={name: entry["maximum"] for name, entry in _each(data["most"], known.models)},
        no_turn_detection=frozenset(
            model for entry in data["unsupported_turn_detection"] for model in entry["transcription_models"]
        ),
        no_reasoning=frozenset(data["without_reasoning"]["models"]),
        reasoning_options=frozenset(data["reasoning_options"]["members"]),
        instructions_and_tools_tokens=data["instructions_and_tools"]["maximum_tokens"],
    )


def _each(
    entries: Iterable[Mapping[str, Any]], models: Mapping[str, Model]
) -> Iterator[tuple[Name, Mapping[str, Any]]]:
    for entry in entries:
        for text in entry["names"]:
            model, _, member = text.rpartition(".")
            if model == "*":
                yield from (((name, member), entry) for name, of in models.items() if member in of.members)
            else:
                yield (model, member), entry


def _overlaid(models: Mapping[str, Model], data: Mapping[str, Any]) -> dict[str, Model]:
    changed: dict[str, dict[str, Member]] = {}

    def change(name: Name, **fields: Any) -> None:
        model, member = name
        members = changed.setdefault(model, dict(models[model].members))
        members[member] = replace(members[member], **fields)

    for name, _ in _each(data["required"], models):
        change(name, required=True)
    for name, _ in _each(data["nullable"], models):
        change(name, nullable=True)
    for name, entry in _each(data["values"], models):
        change(name, type=Choice(tuple(entry["values"])))
    return {
        name: Model.of(name, changed[name].values()) if name in changed else model for name, model in models.items()
    }
