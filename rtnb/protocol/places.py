"""Where members of events are: each path with the events that have it and its JSON type."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rtnb.protocol.catalogue import Array, Choice, Map, Model, OneOf, Ref, Scalar, TypeExpr, catalogue

__all__ = ["Place", "members_of", "places", "type_words"]

# In events these objects have more members than in the models of the events.
_WITH_ID: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "realtime_session_with_id": ("session", ("session.created", "session.updated")),
    "transcription_session_with_id": ("session", ("session.created", "session.updated")),
    "response": ("response", ("response.created", "response.done")),
}

_SHOWN_VALUES = 12


@dataclass(frozen=True, slots=True)
class Place:
    """One path, such as ``session.audio.input.format``; lists leave no trace in it.

    Attributes
    ----------
    path : str
    events : frozenset of str
        Those that have it. Translation sessions have names of their own, and some that are in use elsewhere too.
    types : tuple of str
        What it holds, in words; several where models differ.
    """

    path: str
    events: frozenset[str]
    types: tuple[str, ...]


@functools.cache
def places() -> Mapping[str, Place]:
    """Every path in every event that the catalogue has.

    Examples
    --------
    >>> found = places()["audio_end_ms"]
    >>> found.types, sorted(found.events)[0]
    (('integer',), 'conversation.item.truncate')
    """
    known = catalogue()
    events: dict[str, set[str]] = {}
    types: dict[str, dict[str, None]] = {}

    def add(kinds: Iterable[str], found: Iterator[tuple[str, TypeExpr]]) -> None:
        for path, expression in found:
            events.setdefault(path, set()).update(kinds)
            types.setdefault(path, {})[type_words(expression)] = None

    for table in (known.client_events, known.server_events, known.translation_client_events):
        for kind, name in table.items():
            add((kind,), _walk(known.models[name], "", ()))
    for label, (root, kinds) in _WITH_ID.items():
        add(kinds, _walk(known.models[known.objects[label]], f"{root}.", ()))
    return {path: Place(path, frozenset(events[path]), tuple(types[path])) for path in sorted(events)}


def _walk(model: Model, prefix: str, above: tuple[str, ...]) -> Iterator[tuple[str, TypeExpr]]:
    for member in model.members.values():
        path = f"{prefix}{member.name}"
        yield path, member.type
        for name in _models(member.type):
            if name not in above:
                yield from _walk(catalogue().models[name], f"{path}.", (*above, name))


def _models(expression: TypeExpr) -> Iterator[str]:
    match expression:
        case Ref(model):
            yield model
        case Array(of) | Map(of):
            yield from _models(of)
        case OneOf(options):
            for option in options:
                yield from _models(option)


def type_words(expression: TypeExpr) -> str:
    """A type in words.

    Examples
    --------
    >>> type_words(Array(Choice(("text", "audio"))))
    'list of "text" | "audio"'
    """
    match expression:
        case Scalar(name):
            return "any JSON value" if name == "any" else name
        case Choice(values, is_open):
            shown = [f'"{value}"' if isinstance(value, str) else str(value) for value in values[:_SHOWN_VALUES]]
            more = ["..."] if is_open or len(values) > _SHOWN_VALUES else []
            return " | ".join([*shown, *more])
        case Array(of):
            return f"list of {type_words(of)}"
        case Map(of):
            return f"map of string to {type_words(of)}"
        case OneOf(options):
            return " | ".join(dict.fromkeys(type_words(option) for option in options))
        case _:
            return "object"


def members_of(model: Model) -> tuple[tuple[str, str], ...]:
    """The members of a model, each with its type in words."""
    return tuple(
        (member.name, type_words(member.type) + ("" if member.required else ", optional"))
        for member in model.members.values()
    )
