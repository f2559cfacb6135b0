"""The skill of counting, up or down, in steps."""

from __future__ import annotations

import re

from rtnb.server.brains.base import Message
from rtnb.server.brains.numerals import read_number
from rtnb.server.brains.skill import Answer, Utterance

__all__ = ["answer_counting", "counted"]

_ASKED = re.compile(r"\b(?:count|counting)\b(?P<how>.*)$")
_MOST_NUMBERS = 50
_NUMBERS_A_SENTENCE = 10
_LARGEST = 10**9


def counted(first: int, last: int, step: int = 1) -> tuple[str, ...]:
    """Sentences that count from `first` to `last`, ten numbers each, fifty at most.

    Examples
    --------
    >>> counted(3, 7)
    ('3, 4, 5, 6, 7.',)
    """
    step = max(1, abs(step))
    numbers = range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
    said = [str(number) for number in numbers[:_MOST_NUMBERS]]
    lines = [", ".join(said[at : at + _NUMBERS_A_SENTENCE]) + "." for at in range(0, len(said), _NUMBERS_A_SENTENCE)]
    if len(numbers) > _MOST_NUMBERS:
        lines.append("That is as far as I count in one breath.")
    return tuple(lines)


def answer_counting(said: Utterance, before: tuple[Message, ...] = ()) -> Answer | None:
    """Answer "count to ten", "count down from 5", "count from 2 to 20 by twos".

    Examples
    --------
    >>> answer_counting(Utterance("Please count to five.")).sentences
    ('1, 2, 3, 4, 5.',)
    """
    asked = _ASKED.search(said.plain)
    order = re.match(r"^(?:\w+ ){0,4}count(?:ing)?\b", said.plain)
    if asked is None or order is None or re.match(r"^(?:how|what|why|which|does|do|is|are)\b", said.plain):
        return None
    how = re.sub(r"\b(two|three|five|ten)s\b", r"\1", asked["how"])
    numbers = {key: _after(key, how) for key in ("from", "to", "by", "steps of")}
    first, last = numbers["from"], numbers["to"] or _after("up to", how)
    step = numbers["by"] or numbers["steps of"] or 1
    down = re.search(r"\b(?:down|backward|backwards|back)\b", how) is not None
    if first is None and last is None and how.split() not in ([], ["please"], ["for", "me"], ["down"], ["up"]):
        return None
    if last is None:
        last = (1 if first is None or first > 1 else 0) if down else (first or 0) + 10
    if first is None:
        first = max(10, last) if down else 1
    return Answer("counting", counted(first, last, step), whole=True)


def _after(word: str, text: str) -> int | None:
    """The whole number that follows `word`."""
    for match in re.finditer(rf"\b{word}\b", text):
        words = [w for w in text[match.end() :].split() if w not in ("zero.", "number")]
        minus = bool(words) and words[0] in ("minus", "negative")
        found = read_number(words, int(minus))
        if found is not None and found[0].denominator == 1 and found[0] <= _LARGEST:
            return -int(found[0]) if minus else int(found[0])
    return None
