"""Ears and a voice for tests: what was said, and something to say."""

from __future__ import annotations

import re
from functools import lru_cache

from rtnb.audio import Clip
from rtnb.errors import MissingExtraError
from rtnb.server.brains.numerals import read_number
from rtnb.speech import VoiceStack, shared_loader
from rtnb.speech.weights import INSTALL

__all__ = ["matches", "recognised", "spoken", "word_errors", "words"]

TOLERANCE = 0.34
"""Share of the words looked for that may be wrong: one of three, since a recogniser mishears one in ten and a
homophone (two, to, too) should not break a build. Own choice."""


def recognised(clip: Clip) -> str:
    """What is said in a clip, by the recogniser of the embedded server.

    Raises
    ------
    MissingExtraError
        There is none.
    """
    stack = _stack("To check what was heard, speech has to be recognised.")
    if not stack.recognizer.available:
        raise MissingExtraError(f"To check what was heard, speech has to be recognised. Install it: {INSTALL}")
    return stack.recognizer.transcribe(clip.resample(16000).samples).text.strip()


@lru_cache(64)
def spoken(text: str, voice: str = "cedar", speed: float = 1.0) -> Clip:
    """A text as a user would speak it, with the voice of the embedded server.

    Raises
    ------
    MissingExtraError
        No voice is installed.
    """
    stack = _stack("To speak, a voice is needed.")
    if not stack.synthesizer.available:
        raise MissingExtraError(f"To speak, a voice is needed. Install it: {INSTALL}")
    return Clip(stack.synthesizer.synthesize(text, voice=voice, speed=speed), stack.synthesizer.rate_hz)


def _stack(why: str) -> VoiceStack:
    return shared_loader().result(60)


def words(text: str) -> list[str]:
    """Lower-case words without punctuation, and numbers as digits: a recogniser writes them as it likes.

    Examples
    --------
    >>> words("A table for twenty-one, at 8 o'clock!")
    ['a', 'table', 'for', '21', 'at', '8', "o'clock"]
    """
    found = re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.casefold())
    read: list[str] = []
    at = 0
    while at < len(found):
        number = read_number(found, at)
        word, at = (found[at], at + 1) if number is None else (str(number[0]), number[1])
        read.append(word)
    return read


def word_errors(wanted: list[str], heard: list[str]) -> int:
    """The fewest words that are wrong, missing or too many, `wanted` being looked for anywhere in `heard`.

    Examples
    --------
    >>> word_errors(words("table for two"), words("I want a table for to, please"))
    1
    """
    # Levenshtein distance with a free start and end (Sellers 1980).
    row = [0] * (len(heard) + 1)
    for i, word in enumerate(wanted, 1):
        last, row = row, [i] + [0] * len(heard)
        for j, other in enumerate(heard, 1):
            row[j] = min(last[j - 1] + (word != other), last[j] + 1, row[j - 1] + 1)
    return min(row)


def matches(wanted: str, heard: str, tolerance: float = TOLERANCE) -> bool:
    """Whether the words are in what was heard, but for a share of them.

    Examples
    --------
    >>> matches("table for two", "I want a table for to."), matches("table for two", "a chair for two")
    (True, True)
    >>> matches("book a table for two", "Is there any soup?")
    False
    """
    looked_for = words(wanted)
    return word_errors(looked_for, words(heard)) <= int(len(looked_for) * tolerance)
