"""The skill of saying what one is told to say."""

from __future__ import annotations

import re

from rtnb.server.brains.base import Message
from rtnb.server.brains.skill import Answer, Utterance
from rtnb.server.brains.words import is_speech, sentence

__all__ = ["answer_repeating"]

_LEAD = (
    r"^(?:(?:please|now|okay|ok|so|and|then|hey|hi|hello|just|exactly)[,.]?\s+)*"
    r"(?:(?:can|could|would|will) you (?:please )?)?"
)
_AFTER_ME = re.compile(
    _LEAD + r"repeat (?:after me|the following|this|these words|the words?)\b[\s:,.;-]*(?P<what>.*)$",
    re.I | re.S,
)
_REPEAT = re.compile(_LEAD + r"(?:repeat|echo)\s*[:,]?\s+(?P<what>.+)$", re.I | re.S)
_SAY = re.compile(_LEAD + r"say(?: exactly| only| just| the words?| out loud)*\s*[:,]?\s+(?P<what>.+)$", re.I | re.S)
_AGAIN = re.compile(
    r"^(?:(?:can|could|would|will|you|please|sorry|okay|i|did|not|hear|and|to|want) ){0,6}"
    r"(?:say|repeat) (?:that|it|your answer|the answer|yourself|what you (?:just )?said)(?: \w+){0,3}$"
    r"|^(?:\w+ )?(?:what did you (?:just )?say|come again|pardon|pardon me|once more|say again|one more time)$"
    r"|^(?:please )?repeat(?: please)?$"
)
_GREET = re.compile(
    r"^(?P<word>hello|hi|good morning|good evening|welcome|goodbye)(?: to (?P<whom>[^.!?,]{1,40}))?[.!]*$",
    re.I,
)
_NOT_WORDS = re.compile(
    r"^(?:what|why|how|when|where|who|which|something|anything|it|that|more|a few|in|nothing)\b", re.I
)
_MOST_WORDS = 60
_MOST_CHARACTERS = 400


def answer_repeating(said: Utterance, before: tuple[Message, ...] = ()) -> Answer | None:
    """Answer "repeat after me: ...", "say ..." and "say that again".

    Examples
    --------
    >>> answer_repeating(Utterance("Repeat after me: ever tried, ever failed")).sentences
    ('Ever tried, ever failed.',)
    >>> answer_repeating(Utterance("Please say hello to the class.")).sentences
    ('Hello, class!',)
    """
    if _AGAIN.match(said.plain):
        return Answer("repeating", (_last_answer(before) or "I have not said anything yet.",), whole=True)
    asked = _AFTER_ME.match(said.text) or _REPEAT.match(said.text) or _SAY.match(said.text)
    if asked is None:
        return None
    what = _unquoted(asked["what"])
    if not is_speech(what):
        return Answer("repeating", ("Tell me what to repeat.",))
    greeting = _GREET.match(what)
    if greeting:
        whom = re.sub(r"^(?:the|my|our) ", "", greeting["whom"] or "", flags=re.I)
        address = f", {whom}" if whom and whom.lower() not in ("me", "user", "us") else ""
        return Answer("repeating", (f"{greeting['word'].capitalize()}{address}!",))
    if asked.re is _SAY and _NOT_WORDS.match(what):
        return None
    return Answer("repeating", (sentence(" ".join(what.split()[:_MOST_WORDS])[:_MOST_CHARACTERS]),), whole=True)


def _unquoted(text: str) -> str:
    text = re.sub(r",? (?:please|for me)[.!?]*$", "", text.strip(), flags=re.I)
    inner = re.fullmatch(r"[\"“'‘](?P<inner>[^\"“”]+?)[\"”'’][.!?]?", text)
    return (inner["inner"] if inner else text).strip()


def _last_answer(before: tuple[Message, ...]) -> str | None:
    answers = (m.text.strip() for m in reversed(before) if m.role == "assistant" and m.name is None)
    return next((text[:_MOST_CHARACTERS] for text in answers if is_speech(text)), None)
