"""The one style that the demo brain obeys: to be brief."""

from __future__ import annotations

import re

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


def wants_brevity(request: BrainRequest) -> bool:
    """Whether the instructions, a system message or the user ask for short answers.

    Examples
    --------
    >>> wants_brevity(BrainRequest(messages=(), instructions="You are brief."))
    True
    >>> wants_brevity(BrainRequest(messages=(), instructions="Do not be brief."))
    False
    """
    orders = [plain(request.instructions), *(plain(m.text) for m in request.messages if m.role == "system")]
    wishes = (plain(m.text) for m in request.messages if m.role == "user")
    orders += [text for text in wishes if _PLEASE.match(text) and len(text.split()) <= _LONGEST_PLEASE]
    return any(not _NOT.search(text[: match.start()]) for text in orders for match in _BRIEF.finditer(text))
