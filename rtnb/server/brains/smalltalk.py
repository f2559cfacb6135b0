"""Greetings, thanks and what people say to find out whether anybody is there."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from rtnb.server.brains.base import Message
from rtnb.server.brains.data import section
from rtnb.server.brains.memory import told_name
from rtnb.server.brains.skill import Answer, Utterance
from rtnb.server.brains.words import capitalized

__all__ = ["answer_small_talk", "greeting"]

_BY_THE_HOUR = re.compile(r"\bgood (?:morning|afternoon|evening|day)\b")


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _fits(row: dict[str, Any], words: str) -> bool:
    return any(_pattern(text).fullmatch(words) for text in row["patterns"])


def answer_small_talk(said: Utterance, before: tuple[Message, ...] = ()) -> Answer | None:
    """Answer what is said for company rather than for knowledge.

    Examples
    --------
    >>> answer_small_talk(Utterance("Thank you very much!")).sentences
    ('You are welcome.', 'Is there anything else?')
    >>> answer_small_talk(Utterance("Good morning!")).sentences[0]
    'Good morning!'
    """
    for row in section("small_talk"):
        if _fits(row, said.plain):
            lines = row.get("answer_heard", row["answer"]) if said.heard else row["answer"]
            name = told_name(before)
            said_name = f", {name}" if name else ""
            sentences = tuple(line.replace("{name}", said_name) for line in lines)
            return Answer(row["id"], sentences, social=row["id"] not in ("identity", "abilities", "joke"))
    return greeting(said.plain, before) if _fits(section("greeting"), said.plain) else None


def greeting(words: str, before: tuple[Message, ...]) -> Answer:
    """Greet back, by the name that was told and by the hour that `words` suggest.

    Examples
    --------
    >>> " ".join(greeting("", ()).sentences)
    "Hello! I am rtnb's demo brain. What would you like to know?"
    """
    name = told_name(before)
    hour = _BY_THE_HOUR.search(words)
    again = not hour and any(m.role == "assistant" for m in before)
    values = {
        "{hello}": capitalized(hour.group()) if hour else "Hello",
        "{name}": f", {name}" if name else "",
    }
    lines = []
    for line in section("greeting")["again" if again else "first"]:
        for slot, value in values.items():
            line = line.replace(slot, value)
        lines.append(line)
    return Answer("greeting", tuple(lines), social=True)
