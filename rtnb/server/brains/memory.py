"""The one thing the demo brain remembers within a conversation: a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from rtnb.server.brains.base import Message
from rtnb.server.brains.skill import Answer, Utterance
from rtnb.server.brains.words import capitalized, tidy

__all__ = ["answer_name", "told_name"]

_NAME = r"(?P<name>[^\W\d_][\w'’-]*(?: [A-Z][\w'’-]*){0,2})"
_TOLD = (
    re.compile(rf"\b(?:my|the user's|user's|the user’s) name(?: is|'s|’s)(?: called)? {_NAME}", re.IGNORECASE),
    re.compile(
        rf"\b(?:call|address|refer to) (?:the )?(?:user|caller|customer|them|him|her)(?: as| by the name)? {_NAME}",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?:call me|i am called|i'm called|the user is called) {_NAME}", re.IGNORECASE),
)
_TOLD_IF_CAPITAL = (
    re.compile(r"\b[Tt]his is (?P<name>[A-Z][a-z]+)(?= (?:in|from|speaking|here|calling)\b|[.!]?$)"),
    re.compile(
        r"^(?:[Hh]ello|[Hh]i|[Hh]ey)(?: there)?[,.!]? (?:I am|I'm|I’m) (?P<name>[A-Z][a-z]+)(?=[.,!]|$| from\b)"
    ),
)
_NO_NAME_WORDS = (
    "a an the not what who unknown important secret this that it is hard difficult on in later when if my your back "
    "maybe so very none called spelled by their his her when every"
)
_NO_NAMES = frozenset(_NO_NAME_WORDS.split())
_ASKED = re.compile(r"\b(?:what|do you (?:know|remember)|tell me|say|remember)\b.*\bmy name\b|^who am i$|^my name$")
_LONGEST = 40
_REACH = 1000
"""In messages: how far back a name is looked for."""


def told_name(messages: Sequence[Message]) -> str | None:
    """The name that was last told in `messages`, by the user or the system.

    Examples
    --------
    >>> told_name([Message(role="user", text="You may call me Sam.")])
    'Sam'
    """
    for message in islice(reversed(messages), _REACH):
        if message.role in ("user", "system") and (name := _name_told(message.text)):
            return name
    return None


@lru_cache(maxsize=2000)
def _name_told(text: str) -> str | None:
    return _name_in(tidy(text))


def _name_in(text: str) -> str | None:
    for pattern in (*_TOLD, *_TOLD_IF_CAPITAL):
        for match in pattern.finditer(text):
            words = match["name"].split()
            # Ignoring case lets a lower-case word begin a name; those after it must really be capitals.
            kept = [words[0], *(w for w in words[1:] if w[:1].isupper() and w.lower() != "i")]
            name = re.sub(r"['’]s$", "", " ".join(kept)).strip("-'’")
            if words[0].lower() not in _NO_NAMES and 0 < len(name) <= _LONGEST:
                return capitalized(name)
    return None


def answer_name(said: Utterance, before: tuple[Message, ...] = ()) -> Answer | None:
    """Take note of a name, or say the one that was told.

    Examples
    --------
    >>> answer_name(Utterance("My name is Sam.")).sentences[0]
    'Nice to meet you, Sam.'
    >>> answer_name(Utterance("What's my name?"), (Message(role="user", text="my name is sam"),)).sentences
    ('Your name is Sam.',)
    """
    if _ASKED.search(said.plain):
        name = told_name(before)
        return Answer("name-asked", (f"Your name is {name}." if name else "You have not told me your name yet.",))
    name = _name_in(said.text)
    if name is None:
        return None
    return Answer("name-told", (f"Nice to meet you, {name}.", "I will remember it for this conversation."), social=True)
