"""The one style that the demo brain obeys: to be brief."""

from __future__ import annotations

import re
from functools import lru_cache

from rtnb.server.brains.base import BrainRequest
from rtnb.server.brains.words import plain

__all__ = ["wants_brevity"]

_SHORT_ANSWERS = "short (?:answer|answers|reply|replies|sentence|sentences|response|responses)"
_BRIEF = re.compile(
    rf"\b(?:brief|briefly|concise|concisely|terse|tersely|succinct|succinctly|{_SHORT_ANSWERS}"
    r"|(?:one|a single|1) (?:short )?sentence|(?:few|fewest) words"
    r"|(?:be|keep \w+(?: \w+)?|answer|speak|reply) (?:very )?short)\b"
)
_NOT = re.compile(r"\b(?:not|never|no|without|than)(?: \w+){0,2} $")
_PLEASE = re.compile(r"^(?:\w+ ){0,3}(?:be|keep|answer|reply|speak)\b")
_LONGEST_PLEASE = 10
"""In words: a user who asks for brevity is brief."""
_REACH = 400
"""In messages: an older wish is forgotten, so that a turn costs the same however long the conversation is."""


def wants_brevity(request: BrainRequest) -> bool:
    """Whether the instructions, a system message or the user ask for short answers.

    Examples
    --------
    >>> wants_brevity(BrainRequest(messages=(), instructions="You are brief."))
    True
    >>> wants_brevity(BrainRequest(messages=(), instructions="Do not be brief."))
    False
    """
    recent = request.messages[-_REACH:]
    return _orders_brevity(request.instructions) or any(
        (m.role == "system" and _orders_brevity(m.text)) or (m.role == "user" and _asks_for_brevity(m.text))
        for m in recent
    )


@lru_cache(maxsize=2 * _REACH)
def _orders_brevity(text: str) -> bool:
    return _is_brief(plain(text))


@lru_cache(maxsize=2 * _REACH)
def _asks_for_brevity(text: str) -> bool:
    words = plain(text)
    return _PLEASE.match(words) is not None and len(words.split()) <= _LONGEST_PLEASE and _is_brief(words)


def _is_brief(words: str) -> bool:
    return any(not _NOT.search(words[: match.start()]) for match in _BRIEF.finditer(words))
