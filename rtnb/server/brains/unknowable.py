"""Honest answers to what nobody can know without a tool: the weather, the time, the news."""

from __future__ import annotations

import re
from itertools import takewhile

from rtnb.server.brains.base import Message
from rtnb.server.brains.data import section
from rtnb.server.brains.skill import Answer, Utterance
from rtnb.server.brains.words import capitalized, is_question

__all__ = ["answer_unknowable"]

_PLACE = re.compile(r"\b(?:in|at|for|near) (?:the )?(?P<place>[^\W\d_][\w'’-]*(?: [^\W\d_][\w'’-]*){0,3})")
_NO_PLACE_WORDS = (
    "me us you it a an this that general today tonight tomorrow yesterday my your now right at on next over and or but "
    "like please two three one the is be is going will for if"
)
_NO_PLACES = frozenset(_NO_PLACE_WORDS.split())
_LONGEST_PLACE = 40


def answer_unknowable(said: Utterance, before: tuple[Message, ...] = ()) -> Answer | None:
    """Say what was asked about, and why there is no answer.

    Examples
    --------
    >>> " ".join(answer_unknowable(Utterance("What is the weather in Paris?", heard=True)).sentences)
    'I heard a question about the weather in Paris. I have no weather tool here, so I cannot know.'
    """
    if not is_question(said.text):
        return None
    for row in section("unknowable"):
        if re.search(row["pattern"], said.plain):
            where = _place(said.text) if row["place"] else ""
            asked = "I heard a question about" if said.heard else "You asked about"
            about = f"{asked} {row['topic']}{where}"
            # The reason is the point: a short answer keeps it.
            return Answer(f"unknowable:{row['id']}", (f"{about}.", row["why"]), brief=f"{about}, but {row['why']}")
    return None


def _place(text: str) -> str:
    """ " in Paris" when `text` names a place, otherwise nothing."""
    for match in _PLACE.finditer(text):
        words = takewhile(lambda word: word.lower() not in _NO_PLACES, match["place"].split())
        place = " ".join(map(capitalized, words))
        if place and len(place) <= _LONGEST_PLACE:
            return f" in {place}"
    return ""
