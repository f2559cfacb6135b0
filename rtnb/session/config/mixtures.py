"""Settings in any shape that is about, beta or GA or a mixture of both, as GA; and what was changed, in words.

Tutorials of two years wrote the beta shape, and many of later ones a mixture of both, which the live service refuses
member by member. What GA has no place for is left out, and said; what nobody knows stays, for the server to judge,
and is said too. The names of the beta shape are data of :mod:`rtnb.protocol.beta`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.protocol.beta_data import beta_data
from rtnb.protocol.catalogue import Array, Choice, Member, Model, OneOf, Ref, TypeExpr
from rtnb.protocol.problems import missing
from rtnb.protocol.rules import client_rules
from rtnb.protocol.session_config import SessionKind
from rtnb.protocol.validation import Problem, check_value
from rtnb.session.config.checking import no_json, plain, shown, without_secrets
from rtnb.session.config.mixture_values import NORMALISERS, Note

__all__ = ["ALSO", "Change", "Translated", "translate", "translate_config", "translate_response"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a translation did, or left for the server to judge.

    Attributes
    ----------
    path_before, path_after : str
        Where it was and where it is; `path_before` is empty for what was added, `path_after` for what was left out.
    why : str
        In words.
    """

    path_before: str
    path_after: str
    why: str

    @property
    def kind(self) -> Literal["added", "left out", "moved", "changed"]:
        """What happened."""
        if not self.path_before:
            return "added"
        if not self.path_after:
            return "left out"
        return "changed" if self.path_before == self.path_after else "moved"

    def __str__(self) -> str:
        match self.kind:
            case "added":
                head = f"+ {self.path_after}"
            case "left out":
                head = f"- {self.path_before}"
            case "moved":
                head = f"{self.path_before} → {self.path_after}"
            case _:
                head = self.path_before
        return f"{head}: {self.why}"


@dataclass(frozen=True, slots=True, repr=False)
class Translated(Drawable):
    """Settings in the GA shape, and how they came to be in it.

    Attributes
    ----------
    session : dict
        The GA object; of :func:`translate_response` the ``response`` of a ``response.create``.
    changes : tuple of Change
        Empty where they were GA before.

    Examples
    --------
    >>> translate({"voice": "sage", "temperature": 0.8})
    Translated(3 changes)
      - temperature: GA has no temperature
      voice → audio.output.voice: moved in GA
      + type: GA tells realtime and transcription sessions apart by it
    {'type': 'realtime', 'audio': {'output': {'voice': 'sage'}}}
    """

    session: Json
    changes: tuple[Change, ...]

    def __repr__(self) -> str:
        count = f"{len(self.changes)} change{'' if len(self.changes) == 1 else 's'}" if self.changes else "GA already"
        return "\n".join(
            [f"Translated({count})", *(f"  {change}" for change in self.changes), repr(without_secrets(self.session))]
        )


def translate(settings: Mapping[str, Any], *, kind: SessionKind = "realtime") -> Translated:
    """Session settings in any shape as a GA session object.

    Parameters
    ----------
    settings : mapping
        A GA or beta session, a mixture of both, or a whole ``session.update`` event around it. Typed objects such as
        :class:`rtnb.ServerVad` may stand in it.
    kind : {"realtime", "transcription"}
        What the session is for where the settings do not say.

    Raises
    ------
    ConfigError
        `settings` is no mapping, or holds something that JSON cannot hold.

    Examples
    --------
    >>> told = translate({"type": "realtime", "modalities": ["text", "audio"], "input_audio_format": "g711_ulaw"})
    >>> told.session["output_modalities"], told.session["audio"]
    (['audio'], {'input': {'format': {'type': 'audio/pcmu'}}})
    >>> print(told.changes[0])
    modalities → output_modalities: renamed in GA; "audio" alone brings the transcript along
    """
    walk = _Walk()
    given, stated = walk.unwrapped(_mapping(settings), "session", ("session.update", "transcription_session.update"))
    kind = "transcription" if stated == "transcription_session.update" or given.get("type") == "transcription" else kind
    stated_type = given.get("type")
    known_type = stated_type in ("realtime", "transcription")
    body = {name: value for name, value in given.items() if name != "type"}
    if "type" in given and not known_type:
        walk.note("type", "type", f'GA sessions are of type "realtime" or "transcription", not {shown(stated_type)}')
    moved = walk.moved(body, kind)
    walk.normalised(moved, "session")
    model = (
        "RealtimeSessionCreateRequestParam" if kind == "realtime" else "RealtimeTranscriptionSessionCreateRequestParam"
    )
    walk.look_over(moved, client_rules().models[model], "")
    if not known_type:
        if "type" not in given:
            walk.note("", "type", "GA tells realtime and transcription sessions apart by it")
        return Translated({"type": kind, **moved}, tuple(walk.changes))
    return Translated({"type": stated_type, **moved}, tuple(walk.changes))


translate_config = translate
"""Its public name."""


def translate_response(params: Mapping[str, Any]) -> Translated:
    """The ``response`` of a ``response.create`` in any shape as GA takes it; also the whole event.

    Examples
    --------
    >>> translate_response({"modalities": ["text"], "max_response_output_tokens": 50}).session
    {'output_modalities': ['text'], 'max_output_tokens': 50}
    """
    walk = _Walk()
    given, _ = walk.unwrapped(_mapping(params), "response", ("response.create",))
    moved = walk.moved(given, "response_create")
    walk.normalised(moved, "response")
    walk.look_over(moved, client_rules().models[_MODELS["response_create"]], "")
    return Translated(moved, tuple(walk.changes))


def _mapping(value: object) -> Json:
    if not isinstance(value, Mapping):
        raise ConfigError(f"Settings to translate are a mapping, not {shown(value)}.")
    found: Json = plain(value)
    odd = no_json(found)
    if odd is not None:
        path, thing = odd
        more = " Python functions go in tools=[...], which rtnb runs." if callable(thing) else ""
        raise ConfigError(f"{path} of the settings holds {shown(thing)}, which cannot be sent as JSON.{more}")
    return found


_MODELS: Final = {
    "realtime": "RealtimeSessionCreateRequestParam",
    "transcription": "RealtimeTranscriptionSessionCreateRequestParam",
    "response_create": "RealtimeResponseCreateParamsWithReferencesParam",
}

_LEFT_OUT: Final[Mapping[str, str]] = {
    "temperature": "GA has no temperature",
    "client_secret": "it belongs to the session it was made for, and is never sent back",
    "id": "the server names sessions",
    "object": "only the server's own objects carry it",
    "expires_at": "the server decides it",
}
"""What has no place in an update, and why."""

ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "turn_detection": ("audio", "input", "turn_detection"),
    "transcription": ("audio", "input", "transcription"),
    "noise_reduction": ("audio", "input", "noise_reduction"),
    "input_format": ("audio", "input", "format"),
    "output_format": ("audio", "output", "format"),
    "max_tokens": ("max_output_tokens",),
    "max_completion_tokens": ("max_output_tokens",),
    "reasoning_effort": ("reasoning",),
    "functions": ("tools",),
    "audio.voice": ("audio", "output", "voice"),
    "audio.speed": ("audio", "output", "speed"),
    "audio.turn_detection": ("audio", "input", "turn_detection"),
    "audio.transcription": ("audio", "input", "transcription"),
    "audio.noise_reduction": ("audio", "input", "noise_reduction"),
    "audio.input.input_audio_transcription": ("audio", "input", "transcription"),
    "audio.output.output_audio_format": ("audio", "output", "format"),
}
"""Names that neither shape has and people write; beside those of Chat Completions and Responses."""


class _Walk:
    """One translation: what it makes, and the changes in their order."""

    __slots__ = ("changes",)

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def note(self, before: str, after: str, why: str) -> None:
        self.changes.append(Change(before, after, why))

    def unwrapped(self, given: Json, member: str, kinds: tuple[str, ...]) -> tuple[Json, str]:
        """What is inside of an event, and the event's type."""
        inner = given.get(member)
        stated = given.get("type")
        if not isinstance(inner, dict) or (
            stated not in kinds and set(given) - {member, "type", "event_id", "expires_after"}
        ):
            if stated in kinds:
                return {name: value for name, value in given.items() if name not in ("type", "event_id")}, str(stated)
            return given, ""
        self.note(member, ".", f"taken out of the {stated or member} around it")
        return inner, str(stated or "")

    def moved(self, given: Json, shape: str) -> Json:
        """Every member at its GA place; where two claim one place, the one that was there stays."""
        known = beta_data().shapes[shape]
        fields = {field.beta: field.ga for field in known.fields if field.beta != "object"}
        made: Json = {}
        claims: list[tuple[str, tuple[str, ...], Any]] = []
        for name, value in given.items():
            if name in _LEFT_OUT and (shape != "response_create" or name == "temperature"):
                self.note(name, "", _LEFT_OUT[name])
            elif name in known.beta_only:
                self.note(name, "", "GA has it no more")
            elif name in fields and fields[name] != (name,):
                claims.append((name, fields[name], value))
            elif name in ALSO and (shape != "response_create" or "input" not in ALSO[name]):
                claims.append((name, ALSO[name], value))
            else:
                made[name] = _copied(value)
        claims += list(_misplaced(made))
        for name, path, value in claims:
            self._claim(made, name, path, value)
        return made

    def _claim(self, made: Json, name: str, path: tuple[str, ...], value: Any) -> None:
        into = made
        for step in path[:-1]:
            nested = into.setdefault(step, {})
            if not isinstance(nested, dict):
                self.note(step, "", f"an object in GA, not {shown(nested)}")
                nested = into[step] = {}
            into = nested
        if path[-1] in into:
            self.note(name, "", f"{'.'.join(path)} is set already")
            return
        into[path[-1]] = value
        why = "renamed in GA" if len(path) == 1 else "moved in GA"
        if name in ALSO and name not in _beta_names():
            why = "the name that GA has for it" if len(path) == 1 else "where GA has it"
        self.note(name, ".".join(path), why)

    def normalised(self, made: Json, where: str) -> None:
        """Every value as GA writes it."""
        for normaliser in NORMALISERS:
            if where not in normaliser.where:
                continue
            into: Any = made
            for step in normaliser.path[:-1]:
                into = into.get(step) if isinstance(into, dict) else None
            last = normaliser.path[-1]
            if not isinstance(into, dict) or last not in into:
                continue
            found, notes = normaliser.apply(into[last])
            into[last] = found
            for note in notes:
                self._noted(".".join(normaliser.path), note)

    def _noted(self, path: str, note: Note) -> None:
        before = path + note.before
        after = path + note.after if note.after is not None else ""
        for index, change in enumerate(self.changes):
            # One sentence for what was moved and rewritten.
            if change.path_after == path and change.kind == "moved" and before == after == path:
                self.changes[index] = Change(change.path_before, path, f"{change.why}; {note.why}")
                return
        self.note("" if note.added else before, after, note.why)

    def look_over(self, value: Json, model: Model, path: str) -> None:
        """Say what the protocol does not know, and what it would not take."""
        lacking = [name for name in model.required if name not in value] if path else []
        for name in lacking:
            self._judge(missing(f"{path}.{name}"), path)
        for name, inner in value.items():
            where = f"{path}.{name}" if path else name
            member = model.members.get(name)
            if member is None:
                self.note(where, where, "not a member the protocol knows; kept for the server to judge")
                continue
            parts = [(where, inner)]
            if isinstance(inner, list) and any(isinstance(one, dict) for one in inner):
                parts = [(f"{where}[{index}]", one) for index, one in enumerate(inner)]
            models = [_model_of(member, one) if isinstance(one, dict) else None for _, one in parts]
            for (place, one), known in zip(parts, models, strict=True):
                if known is not None:
                    self.look_over(one, known, place)
            if None in models:
                self._judge(check_value(inner, model.name, name, where), where)

    def _judge(self, problem: Problem | None, where: str) -> None:
        """Leave a value as it is, and say what is wrong with it."""
        if problem is not None:
            self.note(where, where, f"left as it is, for the server to judge: {problem.message}")


@functools.cache
def _beta_names() -> frozenset[str]:
    return frozenset(field.beta for shape in beta_data().shapes.values() for field in shape.fields)


def _misplaced(made: Json) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """What stands at a dotted place where people put it; it is taken away from there."""
    for name, path in ALSO.items():
        *steps, last = name.split(".")
        into: Any = made if steps else None
        for step in steps:
            into = into.get(step) if isinstance(into, dict) else None
        if isinstance(into, dict) and last in into:
            yield name, path, into.pop(last)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(inner) for name, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _model_of(member: Member, value: Json) -> Model | None:
    """The model that a value of a member is meant to be of; None where that is open."""
    return _by_type(member.type, value)


def _by_type(expression: TypeExpr, value: Json) -> Model | None:
    models = client_rules().models
    match expression:
        case Ref(model):
            return models[model]
        case Array(of):
            return _by_type(of, value)
        case OneOf(options, tags):
            fitting = [models[option.model] for option in options if isinstance(option, Ref)]
            fitting += [
                models[inner.of.model] for inner in options if isinstance(inner, Array) and isinstance(inner.of, Ref)
            ]
            for tag in tags:
                if len(fitting) > 1:
                    fitting = [model for model in fitting if value.get(tag) in _tagged(model, tag)]
            return fitting[0] if len(fitting) == 1 else None
        case _:
            return None


def _tagged(model: Model, tag: str) -> tuple[object, ...]:
    member = model.members.get(tag)
    return member.type.values if member is not None and isinstance(member.type, Choice) else ()
