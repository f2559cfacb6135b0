"""What tells the beta shape from GA, read from ``beta.json``."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtnb.protocol.rules import Range

__all__ = ["BetaData", "Field", "Shape", "beta_data"]


@dataclass(frozen=True, slots=True)
class Field:
    """A member that both shapes have.

    Attributes
    ----------
    beta : str
        Its name in the flat beta object.
    ga : tuple of str
        Where it is in the GA object.
    kind : str
        How its value differs; ``"same"`` when it does not.
    """

    beta: str
    ga: tuple[str, ...]
    kind: str = "same"


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of object in both shapes: what they share, and what only one of them has."""

    fields: tuple[Field, ...]
    beta_only: frozenset[str]
    ga_only: frozenset[str]

    @property
    def beta_members(self) -> frozenset[str]:
        """Every name the beta object may hold."""
        return self.beta_only | {field.beta for field in self.fields}


@dataclass(frozen=True, slots=True, eq=False)
class BetaData:
    """The whole of ``beta.json``, without its sources.

    Examples
    --------
    >>> from rtnb.protocol.beta_data import beta_data
    >>> beta_data().renamed_events["response.output_audio.delta"]
    'response.audio.delta'
    """

    renamed_events: Mapping[str, str]
    transcription_events: Mapping[str, str]
    dropped_events: frozenset[str]
    kept_events: frozenset[str]
    client_event_types: tuple[str, ...]
    types: Mapping[str, tuple[str, ...]]
    dropped_members: Mapping[str, frozenset[str]]
    formats: Mapping[str, Mapping[str, Any]]
    assistant_content: Mapping[str, str]
    spoken: tuple[str, ...]
    modalities: tuple[tuple[str, ...], ...]
    temperature: float
    temperatures: Range
    other_kind: Mapping[str, frozenset[str]]
    members: Mapping[str, frozenset[str]]
    shapes: Mapping[str, Shape]

    @property
    def original_events(self) -> Mapping[str, str]:
        """Beta names of events to GA ones."""
        return {beta: ga for ga, beta in self.renamed_events.items()}


@functools.cache
def beta_data() -> BetaData:
    """The differences that come with rtnb, read once."""
    data: dict[str, Any] = json.loads(Path(__file__).with_name("beta.json").read_text(encoding="utf-8"))
    temperature = data["temperature"]
    return BetaData(
        renamed_events=data["renamed_events"]["from_ga"],
        transcription_events=data["transcription_events"]["from_ga"],
        dropped_events=frozenset(data["dropped_events"]),
        kept_events=frozenset(data["kept_events"]),
        client_event_types=tuple(data["client_event_types"]["values"]),
        types={name: tuple(data["types"][name]) for name in ("item", "input", "tool")},
        dropped_members={kind: frozenset(names) for kind, names in data["dropped_members"]["of_events"].items()},
        formats=data["formats"]["to_ga"],
        assistant_content=data["assistant_content"]["to_ga"],
        spoken=tuple(data["modalities"]["spoken"]),
        modalities=tuple(tuple(values) for values in data["modalities"]["allowed"]),
        temperature=temperature["default"],
        temperatures=Range(temperature["minimum"], temperature["maximum"]),
        other_kind={kind: frozenset(data["other_kind"][kind]) for kind in ("server_vad", "semantic_vad")},
        members={name: frozenset(entry["values"]) for name, entry in data["members"].items()},
        shapes={name: _shape(entry) for name, entry in data["objects"].items()},
    )


def _shape(entry: Mapping[str, Any]) -> Shape:
    fields = (Field(beta, tuple(ga.split(".")), *kind) for beta, ga, *kind in entry["fields"])
    return Shape(tuple(fields), frozenset(entry["beta_only"]), frozenset(entry["ga_only"]))
