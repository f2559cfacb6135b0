"""Arguments of a tool call, filled from what was said by the tool's JSON schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rtnb.server.brains.arithmetic import sum_in
from rtnb.server.brains.base import Message
from rtnb.server.brains.expressions import write_tokens
from rtnb.server.brains.memory import told_name
from rtnb.server.brains.skill import Utterance
from rtnb.server.brains.tool_choice import Tool
from rtnb.server.brains.tool_values import (
    Number,
    date_in,
    durations_s,
    email_in,
    identifier_in,
    message_in,
    names_in,
    numbers_in,
    person_in,
    places_in,
    quoted_in,
    time_in,
    without_times,
)
from rtnb.server.brains.tool_words import concepts_of, humanised, is_empty, role_words, split_name, stem, tools_data

__all__ = ["Filled", "fill_arguments", "made_up"]

_NOT_THERE: Final = object()
_QUERY_LEAD: Final = re.compile(
    r"^(?:(?:please|ok|okay|hey|hi|so|and|now|can you|could you|will you|would you|i want to|i would like to|i'd like to)"
    r"[,\s]+)*(?:search|look up|look|find|google|query|show me|tell me|check)(?: up)?"
    r"(?: (?:the (?:web|internet|docs|documentation|knowledge base|manual)|online|for|about|out|information on))*\s+",
    re.IGNORECASE,
)
_ABOUT: Final = re.compile(
    r"\b(?:subject|title|titled|called|named|labelled|about|regarding|concerning|to|of)(?: is|:)? "
    r"(?P<words>[^.,;!?]+?)(?= (?:and|saying|that says|at|on|in|for|tomorrow|today)\b|[.,;!?]|$)",
    re.IGNORECASE,
)
_OBJECT: Final = re.compile(
    r"^(?:\w+[,\s]+)*?(?:play|add|buy|order|get|find|show|open|close|start|translate|put on|turn (?:on|off)|convert|"
    r"lock|unlock|remember|save|create|delete|remove|make|note|roll|define|check|book|reserve|look up)\s+"
    r"(?:(?:me|us|the|a|an|some|my|our|to) )*(?P<words>[^.,;!?]+)",
    re.IGNORECASE,
)
_CUT: Final = re.compile(
    r"\s+(?:to|for|in|on|at|from|with|by|into|using|please|of|and)\b.*$", re.IGNORECASE | re.DOTALL
)
_WRAPPED: Final = re.compile(
    r"^(?:(?:it's|it is|its|that's|that is|the|my|in|at|to|for|on|is|make it|let's say|say|um|uh|well|sure|yes|ok|okay|"
    r"name is|number is|i'm in|i am in|from)[,\s]+)+|[\s.,!?]+$|,? (?:please|thanks|thank you)[.!]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Filled:
    """Arguments, and what is missing of them.

    Parameters
    ----------
    calls : tuple of dict
        One, or several where several places were named.
    missing : tuple of str
        Required parameters of which nothing was said.
    """

    calls: tuple[dict[str, Any], ...]
    missing: tuple[str, ...] = ()


@dataclass(slots=True)
class _Source:
    """What was said, and which of its values are taken."""

    said: Utterance
    tool: Tool
    before: tuple[Message, ...]
    direct: bool = False
    numbers: list[Number] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        return self.said.text


def fill_arguments(
    said: Utterance, tool: Tool, before: tuple[Message, ...] = (), *, only: tuple[str, ...] | None = None
) -> Filled:
    """What `said` gives for the parameters of a tool.

    Parameters
    ----------
    said : Utterance
    tool : Tool
    before : tuple of Message
        The conversation, for a name that was told.
    only : tuple of str, optional
        The answer to a question about these parameters: nothing else is filled, and the whole of it may be a value.

    Examples
    --------
    >>> from rtnb.server.brains.tool_choice import tools_of
    >>> (tool,) = tools_of([{"name": "get_weather", "parameters": {"type": "object", "required": ["city"],
    ...     "properties": {"city": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}}}}])
    >>> fill_arguments(Utterance("How warm is it in Oslo in Celsius?"), tool).calls
    ({'city': 'Oslo', 'unit': 'celsius'},)
    >>> fill_arguments(Utterance("How warm is it?"), tool).missing
    ('city',)
    """
    source = _Source(said, tool, before, direct=only is not None)
    source.numbers = numbers_in(without_times(said.text))
    names = [name for name in tool.properties if only is None or name in only]
    found: dict[str, Any] = {}
    several: tuple[str, list[str]] | None = None
    # What is narrowest takes its words first; plain text takes what is left.
    for name in sorted(names, key=lambda each: (_width(each, tool.properties[each]), each not in tool.required)):
        value = _value(source, name, tool.properties[name], tool.parameters)
        if value is _NOT_THERE:
            continue
        if isinstance(value, _Several):
            several = (name, value.values)
            value = value.values[0]
        found[name] = value
        source.taken |= {str(value).lower()}
    ordered = {name: found[name] for name in tool.properties if name in found}
    missing = tuple(name for name in tool.required if name in names and name not in found)
    for name in missing:
        # Strict schemas require everything and let null stand for what is not said.
        if _nullable(tool.properties[name]):
            ordered[name] = None
    missing = tuple(name for name in missing if name not in ordered)
    calls = [ordered | {several[0]: value} for value in several[1]] if several else [ordered]
    return Filled(tuple(calls), missing)


def made_up(tool: Tool, said: Utterance, missing: tuple[str, ...]) -> dict[str, Any]:
    """Values for a call that must be made although nobody said them: first choices, least numbers, the words said."""
    return {name: _least(_resolved(tool.properties[name], tool.parameters), said) for name in missing}


@dataclass(frozen=True, slots=True)
class _Several:
    values: list[str]


def _least(schema: Mapping[str, Any], said: Utterance) -> Any:
    if "default" in schema:
        return schema["default"]
    if values := schema.get("enum"):
        return values[0]
    match _type(schema):
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "array":
            return []
        case "object":
            return {}
    return said.text.strip(" ?!.") or "unknown"


def _width(name: str, schema: Mapping[str, Any]) -> int:
    kind = _type(schema)
    if "enum" in schema or "const" in schema or kind in ("integer", "number", "boolean"):
        return 0
    order = (
        "expression",
        "email",
        "id",
        "datetime",
        "date",
        "time",
        "duration",
        "place",
        "person",
        "message",
        "subject",
    )
    role = _role(name, schema)
    return order.index(role) + 1 if role in order else 20


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that is meant where one is referred to, or one of several that is not null."""
    for _ in range(5):
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            found: Any = root
            for step in reference[2:].split("/"):
                found = found.get(step, {}) if isinstance(found, Mapping) else {}
            schema = found if isinstance(found, Mapping) else {}
            continue
        options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        real = [o for o in options if isinstance(o, Mapping) and o.get("type") != "null"] if options else []
        if not real:
            break
        schema = {**{k: v for k, v in schema.items() if k not in ("anyOf", "oneOf", "allOf")}, **real[0]}
    return schema


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list | tuple):
        kind = next((k for k in kind if k != "null"), "string")
    return kind if isinstance(kind, str) else "object" if "properties" in schema else "string"


def _nullable(schema: Mapping[str, Any]) -> bool:
    kind, options = schema.get("type"), schema.get("anyOf") or schema.get("oneOf") or ()
    return (isinstance(kind, list | tuple) and "null" in kind) or any(
        isinstance(o, Mapping) and o.get("type") == "null" for o in options
    )


def _role(name: str, schema: Mapping[str, Any]) -> str | None:
    """What a parameter of text is: by the last telling word of its name, else by its description."""
    roles: dict[str, str] = tools_data("roles")
    if schema.get("format") in ("email", "date", "time"):
        return str(schema["format"])
    if schema.get("format") == "date-time":
        return "datetime"
    words = split_name(name)
    for word in (*reversed(words), "number" if words[-1:] == ["number"] else ""):
        if word == "number" and len(words) > 1:
            return "id"
        for role, known in roles.items():
            if word in known.split():
                return role
    described = role_words(str(schema.get("description", "")))
    for role in ("email", "id", "date", "time", "place", "query", "expression", "language"):
        if any(word in roles[role].split() for word in described):
            return role
    return None


def _value(source: _Source, name: str, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    schema = _resolved(schema, root)
    if "const" in schema:
        return schema["const"]
    values = schema.get("enum")
    if isinstance(values, list | tuple) and values:
        return _choice(source, values)
    match _type(schema):
        case "boolean":
            return _flag(source, name, schema)
        case "integer" | "number":
            return _number(source, name, schema)
        case "array":
            return _list(source, name, schema, root)
        case "object":
            return _object(source, schema, root)
    return _string(source, name, schema)


def _choice(source: _Source, values: list[Any] | tuple[Any, ...]) -> Any:
    said = f" {source.said.plain} "
    roots = {stem(word) for word in source.said.plain.split()}
    known: dict[str, str] = tools_data("enum_words")
    # Longer values first, so that "light blue" is not taken for "blue".
    for value in sorted((v for v in values if isinstance(v, str)), key=lambda v: -len(v)):
        words = " ".join(split_name(value))
        if words and (f" {words} " in said or (len(words) > 2 and " " not in words and stem(words) in roots)):
            return value
    for value in (v for v in values if isinstance(v, str)):
        others = known.get(value.lower(), "").split()
        if any(f" {word} " in said for word in others if word != "c" and word != "f"):
            return value
        if re.search(r"[+*/-]", source.text) and (
            sign := {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}.get(value)
        ):
            if re.search(rf"\d\s*{re.escape(sign)}\s*\d", source.text):
                return value
    numbers = {number.plain for number in source.numbers}
    return next((v for v in values if isinstance(v, int | float) and v in numbers), _NOT_THERE)


def _flag(source: _Source, name: str, schema: Mapping[str, Any]) -> Any:
    words = source.said.plain.split()
    about = concepts_of(w for w in split_name(name) if w not in ("is", "on", "off", "state", "enabled", "include"))
    no = {"off", "no", "not", "without", "disable", "never", "unlock"} & set(words)
    if source.direct:
        return not no if no or {"yes", "sure", "yeah", "yep", "please", "okay", "ok", "on"} & set(words) else _NOT_THERE
    if set(split_name(name)) & {"on", "enabled", "state", "power", "off"} or "on or off" in str(
        schema.get("description")
    ):
        if {"on", "off", "enable", "disable"} & set(words):
            return not no
        return _NOT_THERE
    return not no if about and about & concepts_of(words) else _NOT_THERE


def _number(source: _Source, name: str, schema: Mapping[str, Any]) -> Any:
    words = {stem(word) for word in split_name(name)}
    described = " ".join(role_words(str(schema.get("description", ""))))
    seconds = durations_s(source.numbers, source.said.plain)
    for unit, size in (("second", 1), ("minute", 60), ("hour", 3600), ("day", 86400)):
        if seconds and (
            stem(unit) in words or ({"duration", "length", "timer"} & set(split_name(name)) and f"{unit}s" in described)
        ):
            return _bounded(seconds / size, schema)
    if seconds and "durat" in words:
        return _bounded(seconds, schema)
    about = concepts_of(split_name(name)) | concepts_of(role_words(described))
    free = [number for number in source.numbers if f"#{number.plain}" not in source.taken]
    if _role(name, schema) == "id":
        found = identifier_in(source.text)
        return int(found) if found and found.isdigit() else _NOT_THERE
    best = [n for n in free if concepts_of(n.after[:2]) & about]
    best = best or [n for n in free if concepts_of(n.before[-2:]) & about]
    rivals = [p for p, s in source.tool.properties.items() if _type(s) in ("integer", "number")]
    if not best and (len(free) <= len(rivals) or source.direct or "order" in words) and free:
        best = free if name in source.tool.required or source.direct or len(rivals) == 1 else []
        best = [n for n in best if not (n.after and n.after[0].rstrip("s") in ("second", "minute", "hour"))] or best[:0]
    if not best:
        return _NOT_THERE
    source.taken.add(f"#{best[0].plain}")
    source.numbers.remove(best[0])
    return _bounded(best[0].value, schema)


def _bounded(value: Any, schema: Mapping[str, Any]) -> Any:
    least, most = schema.get("minimum"), schema.get("maximum")
    if (isinstance(least, int | float) and value < least) or (isinstance(most, int | float) and value > most):
        return _NOT_THERE
    if value.denominator == 1:
        return int(value)
    return _NOT_THERE if _type(schema) == "integer" else float(value)


def _list(source: _Source, name: str, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    given = schema.get("items")
    items = _resolved(given, root) if isinstance(given, Mapping) else {}
    if values := items.get("enum"):
        said = f" {source.said.plain} "
        found = [v for v in values if isinstance(v, str) and f" {' '.join(split_name(v))} " in said]
        return found or _NOT_THERE
    if _type(items) in ("integer", "number"):
        return [number.plain for number in source.numbers] or _NOT_THERE
    if _type(items) == "object":
        one = _object(source, items, root)
        return [one] if one is not _NOT_THERE else _NOT_THERE
    value = _string(source, name, items)
    if isinstance(value, _Several):
        return value.values
    if value is _NOT_THERE:
        found_object = _OBJECT.match(source.text)
        value = re.sub(r"\s+(?:to|on|in|for|from)\b.*$", "", found_object["words"]) if found_object else _NOT_THERE
    if not isinstance(value, str):
        return _NOT_THERE
    parts = [re.sub(r"^(?:the|a|an|some) ", "", part.strip()) for part in re.split(r",| and ", value)]
    return [part for part in parts if part] or _NOT_THERE


def _object(source: _Source, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    members = schema.get("properties")
    found = {}
    for name, member in members.items() if isinstance(members, Mapping) else ():
        value = _value(source, name, member, root) if isinstance(member, Mapping) else _NOT_THERE
        if value is not _NOT_THERE:
            found[name] = value.values[0] if isinstance(value, _Several) else value
    required = schema.get("required") or ()
    return found if found and all(name in found for name in required) else _NOT_THERE


def _string(source: _Source, name: str, schema: Mapping[str, Any]) -> Any:
    role = _role(name, schema)
    value = _by_role(source, name, role)
    if isinstance(value, _Several):
        return value
    if value and value.lower() not in source.taken:
        return value
    if source.direct and not (role in ("email", "time", "duration") and not any(c.isdigit() for c in source.text)):
        words = source.text
        for _ in range(3):
            words = _WRAPPED.sub("", words).strip()
        return words or _NOT_THERE
    return _NOT_THERE


def _by_role(source: _Source, name: str, role: str | None) -> Any:
    text = source.text
    match role:
        case "expression":
            tokens = sum_in(text)
            return write_tokens(tokens) if tokens else None
        case "email":
            return email_in(text) or person_in(text)
        case "id":
            return identifier_in(text)
        case "datetime":
            return " at ".join(filter(None, (date_in(text), time_in(text)))) or None
        case "date":
            return date_in(text)
        case "time":
            return time_in(text) or _part_of_day(text)
        case "duration":
            found = re.search(r"(?:[\w.]+ ){1,2}(?:seconds?|minutes?|hours?|days?|weeks?)\b", text, re.IGNORECASE)
            return re.sub(r"^(?:for|of|in|a) ", "", found.group()) if found else None
        case "place":
            return _place(source, name)
        case "message":
            return message_in(text)
        case "subject":
            about = quoted_in(text) or _matched(_ABOUT, text)
            return about
        case "query":
            return _QUERY_LEAD.sub("", quoted_in(text) or text).strip(" ?.!") or None
        case "person":
            named = email_in(text) if name in ("to", "recipient") else None
            mine = any(word in ("customer", "user", "guest", "patient", "name") for word in split_name(name))
            told = told_name((*source.before, Message(role="user", text=text))) if mine else None
            return (
                named
                or (told if told and re.search(r"my name|call me|i am|i'm", text, re.I) else None)
                or person_in(text)
                or told
            )
        case "color" | "room" | "size" | "language" | "currency" | "unit":
            return _of_family(source, role) or (_place(source, name) if name in ("area", "zone") else None)
    return _thing(source, name)


def _part_of_day(text: str) -> str | None:
    found = re.search(r"\b(?:morning|afternoon|evening|tonight)\b", text, re.IGNORECASE)
    return found.group() if found else None


def _place(source: _Source, name: str) -> Any:
    words = set(split_name(name))
    text = source.text
    if words & {"origin", "from", "departure", "source", "start"}:
        return next(iter(places_in(text, "from")), None)
    if words & {"destination", "to", "arrival", "target", "end"}:
        return next(iter(places_in(text, "to|for|in")), None)
    names = places_in(text) or names_in(text)
    if not names and not source.direct:
        names = _alone(source)
    if len(names) > 1:
        return _Several(names)
    return names[0] if names else None


def _alone(source: _Source) -> list[str]:
    """The place in "London weather" and "weather Paris": the words that are not about the tool."""
    about = set(source.tool.weights())
    words = without_times(source.text).replace("'s", " ").strip(" .?!").split()
    if len(words) > 5:
        return []
    rest = [
        w for w in words if not is_empty(w.lower().strip(",.?!")) and not concepts_of([w.lower().strip(",.?!")]) & about
    ]
    return [" ".join(w.strip(",.?!") for w in rest)] if rest and all(w[:1].isupper() for w in rest) else []


def _of_family(source: _Source, role: str) -> str | None:
    said = f" {source.said.plain} "
    known = [word.replace("+", " ") for word in tools_data("families")[role].split()]
    found = [word for word in known if f" {word} " in said]
    after = [word for word in found if re.search(rf"\b(?:to|into|in) {word}\b", said)]
    best = max(after or found, key=len, default=None)
    return best.capitalize() if best and role == "language" else best


def _thing(source: _Source, name: str) -> str | None:
    """A value of no known kind: in quotes, behind the parameter's name, or what the verb is about."""
    text = source.text
    if words := quoted_in(text):
        return words
    said = re.escape(humanised(name))
    named = re.search(
        rf"\b{said}(?: is| to| as|:| of| called| named)? (?P<words>[\w'’-]+(?: [A-Z][\w'’-]*)*)", text, re.I
    )
    if named and not is_empty(named["words"].lower()):
        return str(named["words"])
    by = re.search(r"\bby (?P<words>[^.,;!?]+)", text) if name in ("artist", "author", "by") else None
    if by or name in ("artist", "author", "by"):
        return by["words"].strip() if by else None
    if name not in source.tool.required:
        return None
    found = _OBJECT.match(text)
    if not found:
        return None
    kept = _CUT.sub("", without_times(found["words"])).strip()
    nouns = {stem(w) for w in split_name(source.tool.name)}
    words = [w for w in kept.split() if stem(w.lower()) not in nouns]
    return " ".join(words) or None


def _matched(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found["words"].strip() if found else None
