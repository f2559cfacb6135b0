"""Text for a parameter of a tool, found in what was said by what kind of text the parameter wants."""

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
from rtnb.server.brains.tool_schema import role_of
from rtnb.server.brains.tool_values import (
    Number,
    date_in,
    email_in,
    identifier_in,
    message_in,
    names_in,
    person_in,
    places_in,
    quoted_in,
    time_in,
    without_times,
)
from rtnb.server.brains.tool_words import concepts_of, humanised, is_empty, split_name, stem, tools_data

__all__ = ["NOT_THERE", "OBJECT", "Several", "Source", "string_value"]

NOT_THERE: Final = object()
_QUERY_LEAD: Final = re.compile(
    r"^(?:(?:please|ok|okay|hey|hi|so|and|now|can you|could you|will you|would you|"
    r"i want to|i would like to|i'd like to)"
    r"[,\s]+)*(?:search|look up|look|find|google|query|show me|tell me|check)(?: up)?"
    r"(?: (?:the (?:web|internet|docs|documentation|knowledge base|manual)|online|for|about|out|information on))*\s+",
    re.IGNORECASE,
)
_ABOUT: Final = re.compile(
    r"\b(?:subject|title|titled|called|named|labelled|about|regarding|concerning)(?: is|:)? "
    r"(?P<words>[^.,;!?]+?)(?= (?:and|saying|that says|at|on|in|for|tomorrow|today)\b|[.,;!?]|$)",
    re.IGNORECASE,
)
_AT_THE_END: Final = re.compile(r"(?:\s+(?:at|on|by))?\s*$")
_SYMBOL: Final = re.compile(r"\b(?P<words>[A-Z]{2,5}(?:\.[A-Z]{1,2})?)\b")
_FACT: Final = re.compile(r"\b(?:my|our|the) (?P<key>[\w ]{2,40}?) (?:is|are|=) (?P<value>[^.!?]+)", re.IGNORECASE)
OBJECT: Final = re.compile(
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


@dataclass(slots=True)
class Source:
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


@dataclass(frozen=True, slots=True)
class Several:
    values: list[str]


def string_value(source: Source, name: str, schema: Mapping[str, Any]) -> Any:
    role = role_of(name, schema)
    value = _by_role(source, name, role)
    if isinstance(value, Several):
        return value
    if value and value.lower() not in source.taken:
        return value
    if source.direct and not (role in ("email", "time", "duration") and not any(c.isdigit() for c in source.text)):
        words = source.text
        for _ in range(3):
            words = _WRAPPED.sub("", words).strip()
        return words or NOT_THERE
    return NOT_THERE


def _by_role(source: Source, name: str, role: str | None) -> Any:
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
            passed = message_in(text) or (_thing(source, name) if name in source.tool.required else None)
            return passed and _AT_THE_END.sub(
                "", without_times(passed) if re.search(r"\bremind", text, re.I) else passed
            )
        case "symbol":
            return _matched(_SYMBOL, text) or next(iter(names_in(text)), None)
        case "subject":
            return quoted_in(text) or _matched(_ABOUT, text)
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
            return _of_family(source, role, name) or (_place(source, name) if name in ("area", "zone") else None)
    return _thing(source, name)


def _part_of_day(text: str) -> str | None:
    found = re.search(r"\b(?:morning|afternoon|evening|tonight)\b", text, re.IGNORECASE)
    return found.group() if found else None


def _place(source: Source, name: str) -> Any:
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
        return Several(names)
    return names[0] if names else None


def _alone(source: Source) -> list[str]:
    """The place in "London weather" and "weather Paris": the words that are not about the tool."""
    about = set(source.tool.weights())
    words = without_times(source.text).replace("'s", " ").strip(" .?!").split()
    if len(words) > 5:
        return []
    said = [word.lower().strip(",.?!") for word in words]
    rest = [
        word
        for at, word in enumerate(words)
        if (not is_empty(said[at]) and not concepts_of([said[at]]) & about)
        # "New York" and "New Delhi", whose first word says nothing elsewhere.
        or (word == "New" and words[at + 1 : at + 2] and words[at + 1][:1].isupper())
    ]
    return [" ".join(w.strip(",.?!") for w in rest)] if rest and all(w[:1].isupper() for w in rest) else []


def _of_family(source: Source, role: str, name: str) -> str | None:
    said = f" {source.said.plain} "
    said = re.sub(r"\b(dollar|euro|yen|pound)\b", r"\1s", said).replace("yens", "yen")
    known = [word.replace("+", " ") for word in tools_data("families")[role].split()]
    found = [word for word in known if f" {word} " in said]
    after = [word for word in found if re.search(rf"\b(?:to|into|in) {word}\b", said)]
    if words := {"from", "source", "to", "target"} & set(split_name(name)):
        found = [word for word in found if word not in source.taken]
        if words & {"from", "source"}:
            after = [word for word in found if word not in after] or found
    # What is said first, and of what begins at the same word the longest: "extra large" before "extra".
    best = min(after or found, key=lambda word: (said.index(f" {word} "), -len(word)), default=None)
    return best.capitalize() if best and role == "language" else best


def _thing(source: Source, name: str) -> str | None:
    """A value of no known kind: in quotes, behind the parameter's name, or what the verb is about."""
    text = source.text
    if words := quoted_in(text):
        return words
    if name in ("key", "value") and {"key", "value"} <= set(source.tool.properties) and (fact := _FACT.search(text)):
        return fact["value"].strip() if name == "value" else "_".join(fact["key"].lower().split())
    said = re.escape(humanised(name))
    named = re.search(
        rf"\b{said}(?: is| to| as|:| of| called| named)? (?P<words>[\w'’-]+(?: (?-i:[A-Z])[\w'’-]*)*)", text, re.I
    )
    if named and not is_empty(named["words"].lower()):
        return str(named["words"])
    by = re.search(r"\bby (?P<words>[^.,;!?]+)", text) if name in ("artist", "author", "by") else None
    if by or name in ("artist", "author", "by"):
        return by["words"].strip() if by else None
    if name not in source.tool.required:
        return None
    found = OBJECT.match(text)
    if not found:
        return None
    # "Yesterday" may be a song.
    kept = _CUT.sub("", without_times(found["words"])).strip() or _CUT.sub("", found["words"]).strip()
    nouns = {stem(w) for w in split_name(source.tool.name)}
    rest = [w for w in kept.split() if stem(w.lower()) not in nouns]
    return " ".join(rest) or None


def _matched(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found["words"].strip() if found else None
