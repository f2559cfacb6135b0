"""What an out-of-band response is told to do, and what with: the order apart from the material."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from rtnb.server.brains.base import BrainRequest, Message
from rtnb.server.brains.words import is_speech, tidy

__all__ = ["Order", "Said", "Task", "about_of", "in_form", "is_summary", "json_keys", "order_of"]

Task = Literal["transcribe", "classify", "moderate", "summarise"]

_NOT: Final = re.compile(r"\b(?:not|never|without|don't|no)\b[\s*_\w]{0,12}$", re.I)
_ORDERS: Final[tuple[tuple[Task, re.Pattern[str]], ...]] = (
    ("transcribe", re.compile(r"\b(?:transcrib(?:e|ing)|transcription|verbatim|write down (?:exactly )?what)\b", re.I)),
    (
        "classify",
        re.compile(
            r"\b(?:classif(?:y|ies|ication)|categori[sz]e|(?:pick|choose|select|give|output|answer with|reply with) "
            r"(?:exactly |only )?(?:one|the best|a single)(?: of| label| category| from)|sentiment"
            r"|label (?:the|this|it)"
            r"|route (?:the|this)|which (?:of (?:these|the following)|category|label|topic|intent)"
            r"|(?:is|are) (?:it |this |they )?(?:about|related to)|whether|yes or no)\b",
            re.I,
        ),
    ),
    (
        "moderate",
        re.compile(
            r"\b(?:moderat(?:e|ion|or)|flag(?:ged)?|(?:content|safety|usage) polic(?:y|ies)"
            r"|harmful|inappropriate|unsafe)\b",
            re.I,
        ),
    ),
    ("summarise", re.compile(r"\b(?:summar(?:y|i[sz]e|i[sz]ing)|recap|condense|sum up)\b", re.I)),
)
_REACH: Final = 600
"""In characters: an order says in its beginning what it is."""

_LINE: Final = re.compile(
    r"^\s*[-*]?\s*\**(?P<who>user|caller|customer|human|assistant|agent|model|ai|system)\**\s*:\s*", re.I
)
_SUMMARY: Final = re.compile(r"\s*(?:a )?summary of (?:the|our|this) [\w ]{3,40}:?\s*", re.I)
_QUOTES: Final = re.compile(
    r"The (?P<who>user|assistant) (?:asked|said|answered): “(?P<words>[^”]*)”|The user's name is (?P<name>[^.]{1,40})\."
)
_USERS: Final = ("user", "caller", "customer", "human")
_KEY: Final = re.compile(r"[\"“']([A-Za-z_][\w ]{0,40})[\"”']\s*:")
_JSON: Final = re.compile(r"\bjson\b", re.I)


@dataclass(frozen=True, slots=True)
class Said:
    """One piece of what a task is about."""

    role: Literal["user", "assistant"]
    text: str
    heard: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A task, the words that ask for it, and what it is about, oldest first."""

    task: Task
    text: str
    about: tuple[Said, ...]

    @property
    def wants_json(self) -> bool:
        """Whether the answer is to be JSON."""
        return _JSON.search(self.text) is not None and re.search(r"\b(?:not|no) json\b", self.text, re.I) is None


def order_of(request: BrainRequest) -> Order | None:
    """The task of an out-of-band response, if it is one that rules can do.

    It stands in the instructions, in a system message, or in the last typed message.

    Examples
    --------
    >>> from rtnb.server.brains.base import BrainRequest, Message
    >>> talk = (Message(role="user", text="Hello!", heard=True),)
    >>> order_of(BrainRequest(messages=talk, instructions="Summarise the talk.", in_conversation=False)).task
    'summarise'
    """
    if request.in_conversation:
        return None
    last = request.messages[-1] if request.messages else None
    if last is not None and last.role == "system" and (task := task_in(last.text)):
        # The session's own instructions may still stand before it.
        return Order(task, last.text, tuple(about_of(request.messages[:-1])))
    if task := task_in(request.instructions):
        return Order(task, request.instructions, tuple(about_of(request.messages)))
    for index, message in reversed(list(enumerate(request.messages))):
        if message.role == "system" and (task := task_in(message.text)):
            rest = (*request.messages[:index], *request.messages[index + 1 :])
            return Order(task, message.text, tuple(about_of(rest)))
        if message is last and message.role == "user" and not message.heard and (task := task_in(message.text)):
            order, material = _apart(message.text)
            about = tuple(_spoken_lines(Message(role="user", text=material))) if material else ()
            return Order(task, order, about or tuple(about_of(request.messages[:-1])))
    return None


def task_in(text: str) -> Task | None:
    """The task that a text asks for first; what it says not to do does not count.

    Examples
    --------
    >>> task_in("Transcribe the audio. Do not summarise."), task_in("Be kind.")
    ('transcribe', None)
    """
    head = text[:_REACH]
    found: list[tuple[int, Task]] = []
    for task, pattern in _ORDERS:
        at = next((m.start() for m in pattern.finditer(head) if not _NOT.search(head[: m.start()])), None)
        if at is not None:
            found.append((at, task))
    return min(found)[1] if found else None


def json_keys(order: str) -> tuple[str, ...]:
    """The members of the JSON object that an order shows.

    Examples
    --------
    >>> json_keys('Reply with JSON: {"label": ..., "reason": ...}')
    ('label', 'reason')
    """
    return tuple(dict.fromkeys(_KEY.findall(order)))


def in_form(order: Order, members: dict[str, Any], plain: str) -> str:
    """The answer as the order wants it: `plain`, or `members` as JSON under the names that the order uses.

    `members` are in the order of their importance; a name of the order is matched with the member whose name, or a
    part of it, is the same, and otherwise with the first that is left.

    Examples
    --------
    >>> order = Order("classify", 'Classify. JSON: {"category": "..."}', ())
    >>> in_form(order, {"label": "sales", "reason": "price"}, "sales")
    '{"category": "sales"}'
    """
    if not order.wants_json:
        return plain
    keys = json_keys(order.text)
    if not keys:
        return json.dumps(members, ensure_ascii=False)
    left = dict(members)
    found: dict[str, Any] = {}
    for key in keys:
        name = _member(key, left)
        if name is not None:
            found[key] = left.pop(name)
    for key in keys:
        if key not in found and left:
            found[key] = left.pop(next(iter(left)))
    return json.dumps({key: found.get(key) for key in keys}, ensure_ascii=False)


_SAME: Final = {
    "label": ("label", "class", "category", "intent", "topic", "sentiment", "type", "answer", "result", "route"),
    "flagged": ("flag", "flagged", "violation", "unsafe", "harmful", "inappropriate", "violates"),
    "reason": ("reason", "why", "explanation", "rationale", "because", "justification"),
    "category": ("category", "categories", "kind", "type"),
    "confidence": ("confidence", "score", "probability"),
    "summary": ("summary", "recap"),
    "transcript": ("transcript", "text", "transcription"),
}


def _member(key: str, left: dict[str, Any]) -> str | None:
    words = re.findall(r"[a-z]+", key.lower())
    return next((name for name in left if any(word in _SAME.get(name, (name,)) for word in words)), None)


def about_of(messages: Sequence[Message]) -> Iterator[Said]:
    """What both sides said, and what an earlier summary kept of it."""
    for message in messages:
        if message.role == "tool" or message.name is not None:
            continue
        if message.role == "system":
            # What an earlier summary left of the conversation is part of it.
            yield from _kept(message.text)
            continue
        yield from _spoken_lines(message)


def is_summary(text: str) -> bool:
    """Whether a system message tells what was said before, and is no order.

    Examples
    --------
    >>> is_summary("Summary of the conversation so far: the user asked for a table.")
    True
    """
    return _SUMMARY.match(text) is not None


def _kept(text: str) -> Iterator[Said]:
    """What a summary says that each side said; as a whole where it quotes nobody."""
    found = _SUMMARY.match(text)
    if found is None:
        return
    quotes = list(_QUOTES.finditer(text))
    if not quotes and is_speech(text[found.end() :]):
        yield Said("assistant", tidy(text[found.end() :]))
    for quote in quotes:
        if quote["name"]:
            yield Said("user", f"My name is {quote['name']}.")
        else:
            yield Said("user" if quote["who"] == "user" else "assistant", tidy(quote["words"]))


def _spoken_lines(message: Message) -> Iterator[Said]:
    """A message, or the lines of a transcript that is pasted into it."""
    role: Literal["user", "assistant"] = "assistant" if message.role == "assistant" else "user"
    lines = [line for line in message.text.splitlines() if line.strip()]
    marked = [_LINE.match(line) for line in lines]
    if sum(mark is not None for mark in marked) < 2:
        if is_speech(message.text) or message.heard:
            yield Said(role, tidy(message.text), message.heard)
        return
    for line, mark in zip(lines, marked, strict=True):
        if mark is not None:
            role = "user" if mark["who"].lower() in _USERS else "assistant"
        yield Said(role, tidy(line[mark.end() :] if mark else line))


def _apart(text: str) -> tuple[str, str]:
    """An order and the text behind it: after a blank line, a line's end, or a colon."""
    for mark in ("\n\n", "\n", ": "):
        order, found, material = text.partition(mark)
        if found and task_in(order) and len(material.split()) > 1:
            return order, material.strip().strip('"“”')
    return text, ""
