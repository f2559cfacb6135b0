"""Arguments of a tool call, filled from what was said by the tool's JSON schema."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from rtnb.server.brains.base import Message
from rtnb.server.brains.skill import Utterance
from rtnb.server.brains.tool_choice import Tool
from rtnb.server.brains.tool_schema import bounds_of, fits, nullable, rational, resolved, role_of, type_of, width_of
from rtnb.server.brains.tool_strings import NOT_THERE, OBJECT, Several, Source, string_value
from rtnb.server.brains.tool_values import durations_s, identifier_in, numbers_in, without_times
from rtnb.server.brains.tool_words import concepts_of, role_words, split_name, stem, tools_data

__all__ = ["Filled", "fill_arguments", "made_up"]

_DEEPEST: Final = 6
"""Levels of objects and lists in a parameter: schemas of trees contain themselves."""


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
    source = Source(said, tool, before, direct=only is not None)
    source.numbers = numbers_in(without_times(said.text))
    names = [name for name in tool.properties if only is None or name in only]
    found: dict[str, Any] = {}
    several: tuple[str, list[str]] | None = None
    # What is narrowest takes its words first; plain text takes what is left.
    for name in sorted(
        names,
        key=lambda each: (width_of(each, resolved(tool.properties[each], tool.parameters)), each not in tool.required),
    ):
        value = _value(source, name, tool.properties[name], tool.parameters)
        if value is NOT_THERE:
            continue
        if isinstance(value, Several):
            several = (name, value.values)
            value = value.values[0]
        found[name] = value
        source.taken |= {str(value).lower()}
    ordered = {name: found[name] for name in tool.properties if name in found}
    missing = tuple(name for name in tool.required if name in names and name not in found)
    for name in missing:
        # Strict schemas require everything and let null stand for what is not said.
        if nullable(tool.properties[name]):
            ordered[name] = None
    missing = tuple(name for name in missing if name not in ordered)
    calls = [ordered | {several[0]: value} for value in several[1]] if several else [ordered]
    return Filled(tuple(calls), missing)


def made_up(tool: Tool, said: Utterance, missing: tuple[str, ...]) -> dict[str, Any]:
    """Values for a call that must be made although nobody said them: first choices, least numbers, the words said."""
    return {name: _least(tool.properties[name], tool.parameters, said) for name in missing}


def _least(schema: Mapping[str, Any], root: Mapping[str, Any], said: Utterance, depth: int = 0) -> Any:
    schema = resolved(schema, root)
    values = schema.get("enum")
    stated = [schema[key] for key in ("default", "const") if key in schema]
    for value in (*stated, *(values if isinstance(values, list | tuple) else ())):
        if fits(value, schema, root):
            return value
    match type_of(schema):
        case "integer" | "number":
            return _least_number(schema)
        case "boolean":
            return True
        case "array":
            items, count = schema.get("items"), rational(schema.get("minItems"))
            if not isinstance(items, Mapping) or not count or depth > _DEEPEST or count > 100:
                return []
            return [_least(items, root, said, depth + 1) for _ in range(math.ceil(count))]
        case "object":
            members = schema.get("properties")
            members = members if isinstance(members, Mapping) and depth <= _DEEPEST else {}
            needed = [name for name in _names(schema) if isinstance(members.get(name), Mapping)]
            return {name: _least(members[name], root, said, depth + 1) for name in needed}
        case "null":
            return None
    most = rational(schema.get("maxLength"))
    words = said.text.strip(" ?!.") or "unknown"
    return words if most is None else words[: max(0, math.floor(most))]


def _least_number(schema: Mapping[str, Any]) -> int | float:
    """The least that is allowed, 1 if nothing is said of that."""
    least, most, open_below, open_above = bounds_of(schema)
    step = rational(schema.get("multipleOf"))
    if step is None or step <= 0:
        step = Fraction(1)
    # The multiples of p/q that are whole are those of p.
    whole = step if type_of(schema) == "number" else Fraction(step.numerator)
    start = least if least is not None else min(Fraction(1), most) if most is not None else Fraction(1)
    value = math.ceil(start / whole) * whole
    if open_below and value == least:
        value += whole
    if most is not None and (value > most or (open_above and value == most)):
        value = (math.floor(most / whole) - (open_above and (most / whole).denominator == 1)) * whole
    if not fits(_plain(value), schema, {}) and least is not None and most is not None:
        # Such as from 0.2 to 0.8: no whole number is between them.
        value = (least + most) / 2
    return _plain(value)


def _plain(value: Fraction) -> int | float:
    try:
        return int(value) if value.denominator == 1 else float(value)
    except OverflowError:
        return int(value)


def _names(schema: Mapping[str, Any]) -> list[str]:
    required = schema.get("required")
    return [name for name in required if isinstance(name, str)] if isinstance(required, list | tuple) else []


def _value(source: Source, name: str, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int = 0) -> Any:
    """What was said for a parameter, if it is what the schema declares."""
    schema = resolved(schema, root)
    value = _said(source, name, schema, root, depth) if depth <= _DEEPEST else NOT_THERE
    if isinstance(value, Several):
        kept = [each for each in value.values if fits(each, schema, root)]
        return Several(kept) if kept else NOT_THERE
    return value if value is NOT_THERE or fits(value, schema, root) else NOT_THERE


def _said(source: Source, name: str, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Any:
    if "const" in schema:
        return schema["const"]
    values = schema.get("enum")
    if isinstance(values, list | tuple) and values:
        return _choice(source, values)
    match type_of(schema):
        case "boolean":
            return _flag(source, name, schema)
        case "integer" | "number":
            return _number(source, name, schema)
        case "array":
            return _list(source, name, schema, root, depth)
        case "object":
            return _object(source, schema, root, depth)
    return string_value(source, name, schema)


def _choice(source: Source, values: list[Any] | tuple[Any, ...]) -> Any:
    said = f" {source.said.plain} "
    roots = {stem(word) for word in source.said.plain.split()}
    known: dict[str, str] = tools_data("enum_words")
    # Longer values first, so that "light blue" is not taken for "blue".
    for value in sorted((v for v in values if isinstance(v, str)), key=lambda v: -len(v)):
        words = " ".join(split_name(value))
        if words and (f" {words} " in said or (len(words) > 2 and " " not in words and stem(words) in roots)):
            return value
    for value in (v for v in values if isinstance(v, str)):
        groups = [{key, *words.split()} for key, words in known.items()]
        others = {word for group in groups if value.lower() in group for word in group}
        if any(f" {word} " in said for word in others if word != "c" and word != "f"):
            return value
        if (
            re.search(r"[+*/-]", source.text)
            and (sign := {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}.get(value))
            and re.search(rf"\d\s*{re.escape(sign)}\s*\d", source.text)
        ):
            return value
    numbers = {number.plain for number in source.numbers}
    return next((v for v in values if rational(v) is not None and v in numbers), NOT_THERE)


def _flag(source: Source, name: str, schema: Mapping[str, Any]) -> Any:
    words = source.said.plain.split()
    about = concepts_of(w for w in split_name(name) if w not in ("is", "on", "off", "state", "enabled", "include"))
    no = {"off", "no", "not", "without", "disable", "never", "unlock"} & set(words)
    if source.direct:
        return not no if no or {"yes", "sure", "yeah", "yep", "please", "okay", "ok", "on"} & set(words) else NOT_THERE
    if set(split_name(name)) & {"on", "enabled", "state", "power", "off"} or "on or off" in str(
        schema.get("description")
    ):
        if {"on", "off", "enable", "disable"} & set(words):
            return not no
        return NOT_THERE
    return not no if about and about & concepts_of(words) else NOT_THERE


def _number(source: Source, name: str, schema: Mapping[str, Any]) -> Any:
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
    if role_of(name, schema) == "id":
        found = identifier_in(source.text)
        return int(found) if found and found.isdigit() else NOT_THERE
    best = [n for n in free if concepts_of(n.after[:2]) & about]
    best = best or [n for n in free if concepts_of(n.before[-2:]) & about]
    root = source.tool.parameters
    rivals = [p for p, s in source.tool.properties.items() if type_of(resolved(s, root)) in ("integer", "number")]
    if not best and (len(free) <= len(rivals) or source.direct or "order" in words) and free:
        best = free if name in source.tool.required or source.direct or len(rivals) == 1 else []
        best = [n for n in best if not (n.after and n.after[0].rstrip("s") in ("second", "minute", "hour"))] or best[:0]
    if not best:
        return NOT_THERE
    source.taken.add(f"#{best[0].plain}")
    source.numbers.remove(best[0])
    return _bounded(best[0].value, schema)


def _bounded(value: Any, schema: Mapping[str, Any]) -> Any:
    return _plain(Fraction(value))


def _list(source: Source, name: str, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Any:
    found = _listed(source, name, schema, root, depth)
    items = schema.get("items", True)
    kept = [each for each in found if fits(each, items, root)] if found is not NOT_THERE else []
    return kept or NOT_THERE


def _listed(source: Source, name: str, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Any:
    given = schema.get("items")
    items = resolved(given, root) if isinstance(given, Mapping) else {}
    values = items.get("enum")
    if isinstance(values, list | tuple):
        said = f" {source.said.plain} "
        return list(dict.fromkeys(v for v in values if isinstance(v, str) and f" {' '.join(split_name(v))} " in said))
    if type_of(items) in ("integer", "number"):
        return [number.plain for number in source.numbers]
    if type_of(items) == "object":
        one = _object(source, items, root, depth + 1)
        return [one] if one is not NOT_THERE else NOT_THERE
    value = string_value(source, name, items) if source.direct or role_of(name, items) else NOT_THERE
    if isinstance(value, Several):
        return value.values
    if value is NOT_THERE:
        required = name in source.tool.required
        named = OBJECT.match(source.text) if required else re.search(r"\bwith (?P<words>[^.,;!?]+)", source.text)
        # A list has commas, which end other things.
        words = (
            re.split(r"[.;!?]|,? (?:please|thanks|thank you)\b", source.text[named.start("words") :])[0]
            if named
            else ""
        )
        value = re.sub(r"\s+(?:to|on|in|for|from)\b.*$", "", words) or NOT_THERE
    if not isinstance(value, str):
        return NOT_THERE
    parts = [re.sub(r"^(?:the|a|an|some) ", "", part.strip()) for part in re.split(r",| and ", value)]
    return [part for part in parts if part] or NOT_THERE


def _object(source: Source, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Any:
    members = schema.get("properties")
    found: dict[str, Any] = {}
    for name, member in members.items() if isinstance(members, Mapping) else ():
        value = _value(source, name, member, root, depth + 1) if isinstance(member, Mapping) else NOT_THERE
        if value is not NOT_THERE:
            found[name] = value.values[0] if isinstance(value, Several) else value
    return found if found and all(name in found for name in _names(schema)) else NOT_THERE
