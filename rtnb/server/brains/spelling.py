"""The skill of spelling a word, letter by letter."""

from __future__ import annotations

import re

from rtnb.server.brains.base import Message
from rtnb.server.brains.memory import told_name
from rtnb.server.brains.skill import Answer, Utterance

__all__ = ["answer_spelling", "spelled"]

_ASKED = re.compile(
    r"^(?:.*?\b)?(?:how (?:do|would|can) (?:you|i|we) spell|how (?:is|are)(?= .* (?:spelled|spelt)\W*$)|spell)\b"
    r"(?: out)?(?: for me)?[,:]?(?: the)?(?: (?:words?|names?)\b)?[,:]?\s*(?P<word>.*?)"
    r"(?: (?:spelled|spelt))?(?:,? (?:please|for me|out))*\W*$",
    re.IGNORECASE | re.DOTALL,
)
_SIGNS = {"'": "apostrophe", "’": "apostrophe", "-": "hyphen", ".": "dot", "_": "underscore"}
_MOST_WORDS = 3
_MOST_LETTERS = 40


def spelled(text: str) -> str:
    """The letters of up to three words, ready to be read aloud.

    Examples
    --------
    >>> spelled("rhythm")
    'R, H, Y, T, H, M.'
    """
    words: list[str] = []
    room = _MOST_LETTERS
    for word in text.split()[:_MOST_WORDS]:
        letters = [_SIGNS.get(c, c.upper()) for c in word[:room] if c.isalnum() or c in _SIGNS]
        room -= len(letters)
        words += [", ".join(letters)] if letters else []
    return "; ".join(words) + "." if words else ""


def answer_spelling(said: Utterance, before: tuple[Message, ...] = ()) -> Answer | None:
    """Answer "spell rhythm" and "how do you spell my name?".

    Examples
    --------
    >>> answer_spelling(Utterance("Can you spell the word cat, please?")).sentences
    ('C, A, T.',)
    """
    asked = _ASKED.match(said.text)
    if asked is None:
        return None
    word = asked["word"].strip(" \"'“”‘’.,:;!?")
    if word.lower() in ("my", "my name", "name"):
        word = told_name(before) or ""
        if not word:
            return Answer("spelling", ("You have not told me your name yet.",))
    letters = spelled(word)
    return Answer("spelling", (letters or "Tell me a word, and I will spell it.",), whole=True)
