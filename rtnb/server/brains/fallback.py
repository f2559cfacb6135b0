"""What to say when nothing fits: what was understood, and a short hint, a different one each time."""

from __future__ import annotations

from rtnb.server.brains.base import Message
from rtnb.server.brains.data import section
from rtnb.server.brains.skill import Answer, Utterance
from rtnb.server.brains.words import quoted

__all__ = ["answer_anyhow"]


def answer_anyhow(said: Utterance, before: tuple[Message, ...] = ()) -> Answer:
    """Say what was understood.

    Examples
    --------
    >>> " ".join(answer_anyhow(Utterance("My cat is blue.", heard=True)).sentences)
    'I heard: “My cat is blue.” Ask me about VAD, tokens, or a sum.'
    """
    texts = section("fallback")
    frame: str = texts["heard" if said.heard else "typed"]
    letters = [c for c in said.text if c.isalpha()]
    if letters and sum(c.isascii() for c in letters) < len(letters) / 2:
        hint = texts["foreign"]
    else:
        turn = sum(message.role == "user" for message in before)
        hint = texts["hints"][turn % len(texts["hints"])]
    return Answer("fallback", (frame.replace("{quote}", quoted(said.text)), hint))
