"""Simple orders of the instructions that the demo brain obeys: a name, words to say always, a fixed reply.

Anything else that instructions ask for, a style above all, needs a language model; it is passed over in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from rtnb.server.brains.base import BrainRequest, Message
from rtnb.server.brains.memory import told_name
from rtnb.server.brains.skill import Answer
from rtnb.server.brains.task_order import is_summary
from rtnb.server.brains.tool_words import tools_data
from rtnb.server.brains.words import sentence, tidy

__all__ = ["Persona", "persona_of"]

_QUOTE: Final = r"(?:[\"“](?P<words>[^\"“”]{1,300})[\"”]|['‘](?P<single>[^‘\"“”]{1,300}?)['’](?![a-z]))"
_SAY: Final = r"(?:answer|answers|reply|respond|say|speak|output|return)"
_EVERY: Final = r"(?:every|each|all|your|any|the)"
_EVERY_ANSWER: Final = rf"(?:{_EVERY}(?: of your| single)? (?:answer|reply|response|message|sentence|turn)s?)"
_WITH: Final = rf"(?:{_EVERY_ANSWER} )?(?:with|by saying)(?: the (?:words?|phrase|sentence|text))?:?\s*"
_FIXED: Final = (
    re.compile(
        rf"\b{_SAY}\b[^.\n\"“‘]{{0,40}}\b(?:only|exactly|nothing but|just|single|always|word)\b"
        rf"[^.\n\"“'‘]{{0,30}}?{_QUOTE}",
        re.I,
    ),
    re.compile(
        rf"\b(?:only|always|just)(?: ever)? {_SAY}\b[^.\n\"“'‘]{{0,30}}?{_QUOTE}(?! (?:at|in|before|after|when|if))",
        re.I,
    ),
    re.compile(rf"\b{_SAY}\b[^.\n:]{{0,30}}\b(?:exactly|only)\b[^.\n:]{{0,20}}:\s*(?P<words>[^\n\"“]{{1,300}})", re.I),
    re.compile(
        rf"\b{_SAY}\b[^.\n]{{0,20}}\b(?:only|exactly|just) with "
        r"(?:the (?:single )?(?:words?|phrase) )?(?P<words>[\w' ]{1,60})"
        rf"|\b{_SAY} with (?:exactly |only |just |nothing but )?the (?:single )?(?:word|phrase) "
        r"(?P<single>[\w' ]{1,60})",
        re.I,
    ),
)
_NOT_FIXED: Final = frozenset(
    [
        "a",
        "an",
        "one",
        "two",
        "three",
        "short",
        "brief",
        "json",
        "numbers",
        "emojis",
        "english",
        "facts",
        "information",
        "your",
        "this",
        "that",
        "these",
        "at",
        "most",
        "few",
        "questions",
        "answers",
        "in",
        "text",
        "audio",
        "the",
        "what",
        "whatever",
    ]
)
_BEGIN: Final = re.compile(
    rf"\b(?:begin|start|open|preface|prefix)(?:ing)? {_WITH}{_QUOTE}",
    re.I,
)
_END: Final = re.compile(
    rf"\b(?:end|finish|close|conclude|sign off)(?:ing)? {_WITH}{_QUOTE}",
    re.I,
)
_INCLUDE: Final = re.compile(
    rf"\b(?:include|includes|mention|use|contain|add|say|work in)\b[^.\n\"“'‘]{{0,40}}?{_QUOTE}(?P<rest>[^.\n]*)", re.I
)
_REFERENCE: Final = re.compile(
    r"\balways,?(?: always)? (?:mention|reference|refer to|include|talk about) "
    r"(?P<words>(?-i:[A-Z])[\w'’-]*(?: (?-i:[A-Z])[\w'’-]*){0,4})",
    re.I,
)
_ALWAYS: Final = re.compile(r"\b(?:always|every|each|must|all your|any)\b", re.I)
_NAME: Final = r"(?P<name>[A-Z][\w'’-]*(?: [A-Z][\w'’-]*){0,2})"
_CALLED: Final = re.compile(
    rf"\b(?i:your name is|you are called|you're called|you are named|call yourself|you go by(?: the name)?|"
    rf"you are an? [\w -]{{2,40}} (?:named|called)) {_NAME}"
    rf"|\b(?i:you are|you're) (?P<plain>[A-Z][\w'’-]*)(?=,|\.| the\b| an?\b)"
)
_ADDRESS: Final = re.compile(
    r"\b(?:call|address|refer to) (?:the )?(?:user|caller|customer|me|them|him|her)(?: as| by the name)? ", re.I
)
_LANGUAGE: Final = re.compile(
    rf"\b(?i:{_SAY})\b[^.\n]{{0,30}}? (?:in|only in|using) (?P<one>[A-Z]\w+)|"
    r"\b(?i:only )?(?i:speak|talk)(?:ing)?(?: only)? (?:in )?(?P<two>[A-Z]\w+)"
)


_LONGEST_ASKED: Final = 500
"""In characters: a user's order is short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """What the instructions make of the demo brain.

    Parameters
    ----------
    name, user_name : str or None
        Its own, and the one it must use for the user.
    fixed : str or None
        All that it may say.
    begin, end, include : str or None
        What every answer begins with, ends with, and has in it.
    language : str or None
        A language that it was told to speak and cannot.
    """

    name: str | None = None
    user_name: str | None = None
    fixed: str | None = None
    begin: str | None = None
    end: str | None = None
    include: tuple[str, ...] = ()
    language: str | None = None

    def shaped(self, answer: Answer, *, first: bool) -> Answer:
        """The answer as the instructions want it; `first` is whether it is the first of the conversation.

        Examples
        --------
        >>> answer = Answer("identity", ("I am rtnb's demo brain.",))
        >>> Persona(end="Over.", name="Ada").shaped(answer, first=True).sentences
        ('I am Ada.', 'Over.')
        """
        if answer.calls and not answer.sentences:
            return answer
        if self.fixed is not None:
            return Answer("fixed-reply", (self.fixed,), whole=True)
        lines = list(answer.sentences)
        if self.name and answer.intent in ("greeting", "identity"):
            lines = [line.replace("rtnb's demo brain", self.name) for line in lines]
        if self.user_name and not _has(lines, self.user_name):
            end = lines[0][-1] if lines[0][-1] in ".!?" else "."
            lines[0] = f"{lines[0].rstrip('.!?…')}, {self.user_name}{end}"
        if self.language and first:
            lines = [f"I was told to speak {self.language}, but I only speak English.", *lines]
        lines += [sentence(words) for words in self.include if not _has(lines, words)]
        if self.begin and not lines[0].startswith(self.begin):
            lines = [self.begin, *lines]
        if self.end and not lines[-1].endswith(self.end):
            lines = [*lines, self.end]
        return answer if lines == list(answer.sentences) else replace(answer, sentences=tuple(lines))


def persona_of(request: BrainRequest) -> Persona:
    """What the instructions and system messages order; a fixed reply may be asked for by the user too.

    Examples
    --------
    >>> persona_of(BrainRequest(messages=(), instructions="Your name is Ada. Reply only with 'OK'."))
    Persona(name='Ada', user_name=None, fixed='OK', begin=None, end=None, include=(), language=None)
    """
    orders = (m.text for m in request.messages if m.role == "system" and not is_summary(m.text))
    persona = _read((request.instructions, *orders))
    last = request.messages[-1] if request.messages else None
    if persona.fixed is None and last is not None and last.role == "user" and not last.heard:
        return replace(persona, fixed=next(_fixed(last.text[:_LONGEST_ASKED]), None))
    return persona


@lru_cache(maxsize=64)
def _read(orders: tuple[str, ...]) -> Persona:
    """Kept, as instructions are the same in every response of a session."""
    text = _tidy_lines(orders)
    fixed = next((words for order in orders for words in _fixed(order)), None)
    include = [_words(m) for m in _INCLUDE.finditer(text) if _ALWAYS.search(_around(text, m))]
    include += [m["words"] for m in _REFERENCE.finditer(text)]
    called = list(_CALLED.finditer(text))
    address = [name for order in orders if _ADDRESS.search(order) and (name := told_name([_told(order)]))]
    shapes = {words for pattern in (_BEGIN, _END) for m in pattern.finditer(text) if (words := _words(m))}
    include = [words for words in dict.fromkeys(include) if words and words not in shapes]
    begin, end = _BEGIN.search(text), _END.search(text)
    return Persona(
        name=(called[-1]["name"] or called[-1]["plain"]) if called else None,
        user_name=address[-1] if address else None,
        fixed=fixed,
        begin=sentence(_words(begin)) if begin else None,
        end=sentence(_words(end)) if end else None,
        include=tuple(include[:3]),
        language=_language(text),
    )


def _tidy_lines(texts: tuple[str, ...]) -> str:
    """Texts without control characters, a line each, so that an order does not reach into the next."""
    return "\n".join(tidy(line) for text in texts for line in text.splitlines())


def _told(order: str) -> Message:
    return Message(role="system", text=order)


def _has(lines: list[str], words: str) -> bool:
    return words.casefold().rstrip(".!?") in " ".join(lines).casefold()


def _words(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return str(groups.get("words") or groups.get("single") or "").strip()


def _around(text: str, match: re.Match[str]) -> str:
    """The sentence that a match is in."""
    start = max(text.rfind(mark, 0, match.start()) for mark in (".", "\n", "!")) + 1
    return text[start : match.end()]


def _fixed(order: str) -> Iterator[str]:
    for number, pattern in enumerate(_FIXED):
        for match in pattern.finditer(order):
            words = re.sub(r" (?:and nothing else|to (?:everything|every\b|all\b|any\b)).*$", "", _words(match))
            shape = _BEGIN.search(match.group()) or _END.search(match.group())
            always = re.search(r"\b(?:include|mention|contain|in every|in each)\b", _around(order, match), re.I)
            if words and not shape and not always and not (number > 2 and words.split()[0].lower() in _NOT_FIXED):
                yield words[:300]


def _language(text: str) -> str | None:
    known = tools_data("families")["language"].split()
    for match in _LANGUAGE.finditer(text):
        name = match["one"] or match["two"]
        if name.lower() in known and name.lower() != "english":
            return name
    return None
