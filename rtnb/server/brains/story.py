"""The long story, told a sentence at a time, which one may interrupt and take up again."""

from __future__ import annotations

import re

from rtnb.server.brains.base import Message
from rtnb.server.brains.data import section
from rtnb.server.brains.skill import Answer, Utterance

__all__ = ["answer_story", "story"]


def story() -> tuple[str, ...]:
    """The sentences of the story; spoken, they last a bit more than a minute."""
    return tuple(section("story")["sentences"])


def answer_story(said: Utterance, before: tuple[Message, ...] = ()) -> Answer | None:
    """Tell the story, its short form when asked for, or the rest of it after an interruption.

    Examples
    --------
    >>> answer_story(Utterance("Tell me a long story.")).sentences == story()
    True
    >>> len(answer_story(Utterance("A very short story, please.")).sentences)
    1
    """
    texts = section("story")
    if re.search(texts["asked"], said.plain):
        if re.search(r"\b(?:short|brief|quick|tiny)\b", said.plain):
            return Answer("story", (texts["short"],))
        return Answer("story", story(), whole="long" in said.plain.split(), brief=texts["short"])
    if re.fullmatch(texts["continue"], said.plain):
        return _rest(before, texts)
    return None


def _rest(before: tuple[Message, ...], texts: dict[str, list[str]]) -> Answer:
    """What was not told yet of the story that was last begun."""
    told = 0
    for message in before:
        if message.role == "assistant":
            if story()[0][:40] in message.text:
                told = 0
            while told < len(story()) and story()[told] in message.text:
                told += 1
    begun = any(story()[0][:40] in m.text for m in before if m.role == "assistant")
    if not begun:
        return Answer("story-continued", tuple(texts["nothing_to_continue"]))
    return Answer("story-continued", story()[told:] or tuple(texts["over"]), whole=True)
