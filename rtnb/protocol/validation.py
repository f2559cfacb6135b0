"""Is this client event one that the live service would take, and if not, what would it answer?

Codes and sentences are those of the live service where they are published; ``rules.json`` names the source
of every rule that goes beyond the types of the ``openai`` package. The first problem found is the answer:
what is missing in an object comes before what is unknown in it, and that before what has a wrong value. (A
function tool in the nested shape of Chat Completions is told that its name is missing, not that ``function``
is unknown.)

Examples
--------
>>> from rtnb.protocol.validation import check_client_event
>>> check_client_event({"type": "input_audio_buffer.commit"}) is None
True
>>> print(check_client_event({"type": "session.update", "session": {"type": "realtime", "voice": "marin"}}))
unknown_parameter: Unknown parameter: 'session.voice'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rtnb.protocol.catalogue import Array, Choice, Map, Member, Model, OneOf, Ref, Scalar, TypeExpr
from rtnb.protocol.plain import is_plain
from rtnb.protocol.problems import (
    Problem,
    join,
    json_kind,
    listed,
    missing,
    out_of_range,
    too_long,
    too_many,
    too_much,
    unknown,
    wrong_type,
    wrong_value,
)
from rtnb.protocol.rules import ClientRules, Name, Range, client_rules

__all__ = ["Problem", "check_client_event", "check_value"]


def check_client_event(event: object) -> Problem | None:
    """The first thing wrong with a client event, or None.

    Parameters
    ----------
    event : object
        Decoded JSON. Base64 is not looked at.

    Returns
    -------
    Problem or None
        None when the event may be acted upon.

    Examples
    --------
    >>> check_client_event({"type": "response.create"}) is None
    True
    >>> check_client_event({"type": "conversation.item.delete"}).message
    "Missing required parameter: 'item_id'."
    """
    if type(event) is dict and event.get("type") == "input_audio_buffer.append" and _is_plain_append(event):
        return None
    if not is_plain(event):
        return Problem("invalid_json", "Invalid event: failed to parse JSON value. ", None)
    if not isinstance(event, dict):
        return Problem("invalid_event", f"Invalid event: expected an object, but got {json_kind(event)} instead.", None)
    kind = event.get("type")
    if kind is None:
        return Problem("invalid_event", "The 'type' field is missing.", None)
    if not isinstance(kind, str):
        return wrong_type("type", "a string", kind)
    rules = client_rules()
    model = rules.events.get(kind)
    if model is None:
        return wrong_value("type", kind, rules.event_types)
    return _Checker(rules).object(event, rules.models[model], "")


def check_value(value: object, model: str, member: str, path: str) -> Problem | None:
    """The first thing wrong with a `value` for one member of a catalogue model, or None.

    Parameters
    ----------
    value : object
        Decoded JSON.
    model, member : str
        Names as in the catalogue, such as ``"RealtimeAudioConfigInputParam"`` and ``"turn_detection"``.
    path : str
        What the problem's `param` calls the value.
    """
    rules = client_rules()
    return _Checker(rules).member(value, rules.models[model].members[member], (model, member), path)


def _is_plain_append(event: dict[str, Any]) -> bool:
    """True for the event that arrives fifty times a second, when there is nothing to find in it."""
    audio = event.get("audio")
    if type(audio) is not str or not audio.isascii():
        return False
    if len(event) == 2:
        return True
    name = event.get("event_id")
    return len(event) == 3 and type(name) is str and name.isascii()


class _Checker:
    """One walk through a value beside its type; `path` is the dotted name of where it is."""

    __slots__ = ("_rules",)

    def __init__(self, rules: ClientRules) -> None:
        self._rules = rules

    def object(self, value: Mapping[str, Any], model: Model, path: str) -> Problem | None:
        for name in model.required:
            if name not in value:
                return missing(join(path, name))
        for name in self._required_by_type(model, value):
            if name not in value:
                return missing(join(path, name))
        one_of = self._rules.one_of_these.get(model.name, ())
        if one_of and all(value.get(name) is None for name in one_of):
            return missing(join(path, one_of[0]))
        server_members = self._rules.server_members.get(model.name, frozenset())
        for name in value:
            if name not in model.members and name not in server_members:
                return unknown(join(path, name))
        for name, inner in value.items():
            if name in server_members:
                continue
            problem = self.member(inner, model.members[name], (model.name, name), join(path, name))
            if problem is not None:
                return problem
        return None

    def member(self, value: Any, member: Member, name: Name, path: str) -> Problem | None:
        if value is None and member.nullable:
            return None
        # Before anybody looks into each of them.
        if name in self._rules.most and isinstance(value, list):
            problem = too_many(value, self._rules.most[name], path)
            if problem is not None:
                return problem
        problem = self.value(value, member.type, path)
        if problem is not None:
            return problem
        return self._limits(value, member.type, name, path)

    def value(self, value: Any, expression: TypeExpr, path: str) -> Problem | None:
        match expression:
            case Scalar():
                return _scalar(value, expression, path)
            case Choice():
                return _choice(value, expression, path)
            case Ref(model):
                if not isinstance(value, dict):
                    return wrong_type(path, "an object", value)
                return self.object(value, self._rules.models[model], path)
            case Array(of):
                if not isinstance(value, list):
                    return wrong_type(path, _expected(expression), value)
                for index, inner in enumerate(value):
                    problem = self.value(inner, of, f"{path}[{index}]")
                    if problem is not None:
                        return problem
                return None
            case Map(of):
                if not isinstance(value, dict):
                    return wrong_type(path, "an object", value)
                for name, inner in value.items():
                    problem = self.value(inner, of, join(path, name))
                    if problem is not None:
                        return problem
                return None
            case OneOf():
                return self._one_of(value, expression, path)

    def _one_of(self, value: Any, union: OneOf, path: str) -> Problem | None:
        fitting = [option for option in union.options if _fits(value, option)]
        if not fitting:
            return wrong_type(path, _expected(union), value)
        if len(fitting) == 1:
            return self.value(value, fitting[0], path)
        models = [self._rules.models[option.model] for option in fitting if isinstance(option, Ref)]
        chosen = self._tagged(value, models, union.tags, path)
        return chosen if isinstance(chosen, Problem) else self.object(value, chosen, path)

    def _tagged(
        self, value: Mapping[str, Any], models: Sequence[Model], tags: Sequence[str], path: str
    ) -> Model | Problem:
        """The one of `models` that the tags of `value` name."""
        for tag in tags:
            if len(models) == 1:
                break
            where = join(path, tag)
            by_model = [(model, _values(model.members.get(tag))) for model in models]
            allowed = tuple(dict.fromkeys(name for _, values in by_model for name in values))
            if tag not in value:
                return missing(where)
            problem = _choice(value[tag], Choice(allowed), where)
            if problem is not None:
                return problem
            models = [model for model, values in by_model if value[tag] in values]
        return models[0]

    def _required_by_type(self, model: Model, value: Mapping[str, Any]) -> tuple[str, ...]:
        cases = self._rules.required_by_type.get(model.name)
        kind = value.get("type")
        if cases is None or not isinstance(kind, str) or kind not in _values(model.members["type"]):
            return ()
        return cases.get(kind, ())

    def _limits(self, value: Any, expression: TypeExpr, name: Name, path: str) -> Problem | None:
        rules = self._rules
        if name in rules.ranges and isinstance(value, int | float):
            return out_of_range(value, rules.ranges[name], _numeric(expression), path)
        if name in rules.lengths and isinstance(value, str):
            return too_long(value, rules.lengths[name], path)
        if name in rules.maps:
            return too_much(value, rules.maps[name], path)
        if name in rules.combinations:
            label, allowed = rules.combinations[name]
            if tuple(value) not in allowed:
                supported = listed([str(list(values)) for values in allowed])
                message = f"Invalid {label}: {value}. Supported combinations are: {supported}."
                return Problem("invalid_value", message, path)
        return None


def _scalar(value: Any, expression: Scalar, path: str) -> Problem | None:
    match expression.name:
        case "string":
            good = isinstance(value, str)
        case "integer":
            good = isinstance(value, int) and not isinstance(value, bool)
        case "number":
            good = isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            good = isinstance(value, bool)
        case _:
            good = True
    return None if good else wrong_type(path, _expected(expression), value)


def _choice(value: Any, choice: Choice, path: str) -> Problem | None:
    if all(isinstance(known, int) for known in choice.values):
        # The service treats the one sample rate it knows as a range with a single value in it.
        problem = _scalar(value, Scalar("integer"), path)
        bounds = Range(min(map(int, choice.values)), max(map(int, choice.values)))
        return problem or out_of_range(value, bounds, "integer", path)
    if not isinstance(value, str):
        return wrong_type(path, _expected(choice), value)
    if choice.is_open or value in choice.values:
        return None
    return wrong_value(path, value, choice.values)


def _fits(value: Any, option: TypeExpr) -> bool:
    """Whether a value is of the right JSON kind for one alternative of a union."""
    match option:
        case Ref() | Map():
            return isinstance(value, dict)
        case Array():
            return isinstance(value, list)
        case Choice(values):
            return isinstance(value, str) and isinstance(values[0], str)
        case Scalar():
            return _scalar(value, option, "") is None
        case OneOf(options):
            return any(_fits(value, inner) for inner in options)


def _values(member: Member | None) -> tuple[str | int, ...]:
    return member.type.values if member is not None and isinstance(member.type, Choice) else ()


def _numeric(expression: TypeExpr) -> str:
    options = expression.options if isinstance(expression, OneOf) else (expression,)
    return "decimal" if Scalar("number") in options else "integer"


def _expected(expression: TypeExpr) -> str:
    match expression:
        case Scalar("integer"):
            return "an integer"
        case Scalar("number"):
            return "a decimal"
        case Scalar(name):
            return f"a {name}"
        case Choice(values, is_open):
            if is_open:
                return "a string"
            names = [f"'{value}'" for value in values]
            return names[0] if len(names) == 1 else f"one of {listed(names, 'or')}"
        case Ref() | Map():
            return "an object"
        case Array(of):
            return f"an array of {_plural(of)}"
        case OneOf(options):
            words = dict.fromkeys(_expected(option).removeprefix("one of ") for option in options)
            return next(iter(words)) if len(words) == 1 else f"one of {' or '.join(words)}"


def _plural(expression: TypeExpr) -> str:
    match expression:
        case Scalar("integer" | "number"):
            return "numbers"
        case Scalar(name):
            return f"{name}s"
        case Choice():
            return "strings"
        case _:
            return "objects"
