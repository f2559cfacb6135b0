"""What to say when a response is asked for and it is not the user who spoke last."""

from __future__ import annotations

import re

from rtnb.server.brains.base import BrainRequest, Message
from rtnb.server.brains.counting import answer_counting
from rtnb.server.brains.data import section
from rtnb.server.brains.repeating import answer_repeating
from rtnb.server.brains.skill import Answer, Utterance
from rtnb.server.brains.smalltalk import answer_small_talk, greeting
from rtnb.server.brains.spelling import answer_spelling
from rtnb.server.brains.story import answer_story
from rtnb.server.brains.tool_use import answer_of_outputs
from rtnb.server.brains.words import parts, sentence

__all__ = ["answer_unprompted"]

_GREET = re.compile(
    r"^(?:please |first |then |always |start by |begin by |you should |now )*"
    r"(?:greet(?:ing)?|welcome|welcoming|say(?:ing)? (?:hello|hi) to) (?:the |your )?"
    r"(?:user|caller|customer|visitor|guest|person)s?\b"
)
_QUOTED = re.compile(r"[\"“'‘](?P<words>[^\"“”]{2,300}?)[\"”'’](?=\W|$)")


def answer_unprompted(request: BrainRequest) -> Answer:
    """Read out a tool's output, follow a simple order, greet, or ask how to go on.

    An order is a sentence of the last system message, or else of the instructions, that says to greet the
    user, to introduce oneself, to say something, to spell, to count or to tell a story.

    Examples
    --------
    >>> order = Message(role="system", text="Say hello to the user.")
    >>> answer_unprompted(BrainRequest(messages=(order,))).intent
    'greeting'
    """
    last = request.messages[-1] if request.messages else None
    texts = section("continue")
    if last is not None and last.role == "tool":
        return answer_of_outputs(request.messages)
    order = last.text if last is not None and last.role == "system" else request.instructions
    if answer := _obeyed(order, request.messages):
        return answer
    if any(message.role in ("user", "assistant") for message in request.messages):
        return Answer("continue", tuple(texts["after_answer"]))
    return greeting("", request.messages)


def _obeyed(order: str, messages: tuple[Message, ...]) -> Answer | None:
    for text in parts(order):
        said = Utterance(text)
        if _GREET.match(said.plain):
            words = _QUOTED.search(said.text)
            return Answer("greeting", (sentence(words["words"]),)) if words else greeting(said.plain, messages)
        for skill in (answer_repeating, answer_spelling, answer_counting, answer_story):
            if answer := skill(said, messages):
                return answer
        about_itself = answer_small_talk(said, messages)
        if about_itself is not None and about_itself.intent == "identity":
            return about_itself
    return None
