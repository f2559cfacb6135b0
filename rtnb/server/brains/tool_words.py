"""Words as tools and utterances are compared: stems, and concepts that several words share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from rtnb.server.brains.data import section
from rtnb.server.brains.words import plain

__all__ = ["concepts_of", "humanised", "is_empty", "role_words", "split_name", "stem", "tools_data", "verbs_of"]


def tools_data(name: str) -> Any:
    """One member of ``tools.json``."""
    return section(name, "tools.json")


_WHOLE: Final = {"news": "news", "notes": "note", "plane": "plane", "planes": "plane", "note": "note"}
"""Words that would otherwise have the stem of another: of "new", "not" and "plan"."""


@cache
def stem(word: str) -> str:
    """A word without its common endings; only good for comparing.

    Examples
    --------
    >>> stem("booking") == stem("books") == stem("booked")
    True
    >>> stem("cities") == stem("city"), stem("cancelled") == stem("cancel")
    (True, True)
    """
    if word in _WHOLE:
        return _WHOLE[word]
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("s") and len(word) > 3 and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for end in ("ing", "ed"):
        if word.endswith(end) and len(word) - len(end) >= 3:
            word = word[: -len(end)]
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def split_name(name: str) -> list[str]:
    """The words of an identifier.

    Examples
    --------
    >>> split_name("getOrderStatus"), split_name("book_table-v2")
    (['get', 'order', 'status'], ['book', 'table', 'v2'])
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return re.findall(r"[^\W_]+", spaced.lower())


def humanised(name: str) -> str:
    """An identifier as it is said.

    Examples
    --------
    >>> humanised("party_size"), humanised("orderId")
    ('party size', 'order number')
    """
    words = split_name(name)
    if len(words) > 1 and words[-1] == "id":
        words[-1] = "number"
    return " ".join(words)


@cache
def _table(name: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for concept, words in tools_data(name).items():
        for word in words.split():
            found.setdefault(stem(word), set()).add(concept)
    return {word: frozenset(concepts) for word, concepts in found.items()}


@cache
def _empty() -> frozenset[str]:
    return frozenset(stem(word) for word in tools_data("empty_words").split())


def is_empty(word: str) -> bool:
    """Whether a word says nothing about what is wanted."""
    return stem(word) in _empty() or len(word) == 1


def concepts_of(words: Iterable[str]) -> set[str]:
    """What the words are about: their concepts, or their stems where they have none.

    Examples
    --------
    >>> sorted(concepts_of(["rain", "in", "paris"]))
    ['paris', 'weather']
    """
    found: set[str] = set()
    for word in words:
        root = stem(word)
        if word == "times":
            # A sign of arithmetic where numbers stand around it; never the time of day.
            continue
        if concepts := _table("concepts").get(root):
            found |= concepts
        elif not is_empty(word):
            found.add(root)
    return found


def verbs_of(words: Iterable[str]) -> set[str]:
    """The kinds of action that the words may stand for."""
    return {kind for word in words for kind in _table("verbs").get(stem(word), ())}


def role_words(text: str) -> list[str]:
    """The words of a description."""
    return re.findall(r"[^\W_]+", plain(text))
