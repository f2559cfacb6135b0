"""Arguments of a tool call, filled from what was said by the tool's JSON schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rtnb.server.brains.base import Message
from rtnb.server.brains.skill import Utterance
from rtnb.server.brains.tool_choice import Tool
from rtnb.server.brains.tool_schema import nullable, resolved, role_of, type_of, width_of
from rtnb.server.brains.tool_strings import NOT_THERE, OBJECT, Several, Source, string_value
from rtnb.server.brains.tool_values import durations_s, identifier_in, numbers_in, without_times
from rtnb.server.brains.tool_words import concepts_of, role_words, split_name, stem, tools_data

__all__ = ["Filled", "fill_arguments", "made_up"]


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
    return {name: _least(resolved(tool.properties[name], tool.parameters), said) for name in missing}


def _least(schema: Mapping[str, Any], said: Utterance) -> Any:
    if "default" in schema:
        return schema["default"]
    if values := schema.get("enum"):
        return values[0]
    match type_of(schema):
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "array":
            return []
        case "object":
            return {}
    return said.text.strip(" ?!.") or "unknown"


def _value(source: Source, name: str, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    schema = resolved(schema, root)
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
            return _list(source, name, schema, root)
        case "object":
            return _object(source, schema, root)
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
        others = known.get(value.lower(), "").split()
        if any(f" {word} " in said for word in others if word != "c" and word != "f"):
            return value
        if (
            re.search(r"[+*/-]", source.text)
            and (sign := {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}.get(value))
            and re.search(rf"\d\s*{re.escape(sign)}\s*\d", source.text)
        ):
            return value
    numbers = {number.plain for number in source.numbers}
    return next((v for v in values if isinstance(v, int | float) and v in numbers), NOT_THERE)


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
    rivals = [p for p, s in source.tool.properties.items() if type_of(s) in ("integer", "number")]
    if not best and (len(free) <= len(rivals) or source.direct or "order" in words) and free:
        best = free if name in source.tool.required or source.direct or len(rivals) == 1 else []
        best = [n for n in best if not (n.after and n.after[0].rstrip("s") in ("second", "minute", "hour"))] or best[:0]
    if not best:
        return NOT_THERE
    source.taken.add(f"#{best[0].plain}")
    source.numbers.remove(best[0])
    return _bounded(best[0].value, schema)


def _bounded(value: Any, schema: Mapping[str, Any]) -> Any:
    least, most = schema.get("minimum"), schema.get("maximum")
    if (isinstance(least, int | float) and value < least) or (isinstance(most, int | float) and value > most):
        return NOT_THERE
    if value.denominator == 1:
        return int(value)
    return NOT_THERE if type_of(schema) == "integer" else float(value)


def _list(source: Source, name: str, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    given = schema.get("items")
    items = resolved(given, root) if isinstance(given, Mapping) else {}
    if values := items.get("enum"):
        said = f" {source.said.plain} "
        found = [v for v in values if isinstance(v, str) and f" {' '.join(split_name(v))} " in said]
        return found or NOT_THERE
    if type_of(items) in ("integer", "number"):
        return [number.plain for number in source.numbers] or NOT_THERE
    if type_of(items) == "object":
        one = _object(source, items, root)
        return [one] if one is not NOT_THERE else NOT_THERE
    value = string_value(source, name, items) if source.direct or role_of(name, items) else NOT_THERE
    if isinstance(value, Several):
        return value.values
    if value is NOT_THERE:
        required = name in source.tool.required
        named = OBJECT.match(source.text) if required else re.search(r"\bwith (?P<words>[^.,;!?]+)", source.text)
        value = re.sub(r"\s+(?:to|on|in|for|from)\b.*$", "", named["words"]) if named else NOT_THERE
    if not isinstance(value, str):
        return NOT_THERE
    parts = [re.sub(r"^(?:the|a|an|some) ", "", part.strip()) for part in re.split(r",| and ", value)]
    return [part for part in parts if part] or NOT_THERE


def _object(source: Source, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    members = schema.get("properties")
    found = {}
    for name, member in members.items() if isinstance(members, Mapping) else ():
        value = _value(source, name, member, root) if isinstance(member, Mapping) else NOT_THERE
        if value is not NOT_THERE:
            found[name] = value.values[0] if isinstance(value, Several) else value
    required = schema.get("required") or ()
    return found if found and all(name in found for name in required) else NOT_THERE
