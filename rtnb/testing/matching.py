"""Words looked for in what was heard: forgiving to a recogniser's ears, never to the word that matters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from rtnb.errors import ConfigError
from rtnb.server.brains.numerals import read_number

__all__ = ["TOLERANCE", "matches", "word_errors", "words"]


def _all(text: str) -> frozenset[str]:
    return frozenset(text.split())


TOLERANCE: Final = 0.2
"""Share of the words looked for that a recogniser may have misheard. Own choice: of 36 sentences of callers in ten
voices at a natural pace, as Whisper tiny.en writes them, it refuses none."""

FEWEST: Final = 3
"""Of so many words one may always be misheard; of fewer none, for what is left would say too little."""

_ALIKE: Final = 0.7
"""How much of the letters two words must share for one to be the other misheard, as difflib counts it. Own choice, on
those sentences with one word in them exchanged: at 0.6 one in 160 is taken for right, and `change` for `cancel` (0.67)
among them; at 0.7 one in 800, and above it no fewer are."""

_DECISIVE: Final = _all(
    "no not never none nothing without yes today tomorrow yesterday tonight "
    "monday tuesday wednesday thursday friday saturday sunday "
    "january february march april may june july august september october november december"
)
"""Words that are there or are not, however close others are in letters."""

_SMALL: Final = _all(
    "a an the to of at for in with by and or so is are was were be been am it its this that there i you we they me "
    "my your our us do does did have has had will would can could please o'clock oh uh um well just"
)
"""Words that one may miss, hear too many or take for one another, and lose nothing that matters."""

_RIVALS: Final = tuple(
    map(
        _all,
        (
            "on off in out at with without",
            "to from",
            "up down",
            "before after",
            "left right",
            "north south east west",
            "he she",
            "him her his",
            "man woman men women",
            "male female",
            "am pm",
            "i you we they",
            "me you us them",
            "my your our their",
            "and or",
            "is was are were",
            "can could will would do does did has have had",
        ),
    )
)
"""Words of one kind, of which one is no other misheard."""

_SOUND_ALIKE: Final = tuple(
    map(
        _all,
        (
            "add ad at",
            "by buy bye",
            "check cheque",
            "curb kerb",
            "hear here",
            "i eye",
            "know no",
            "mail male",
            "off of",
            "our hour are",
            "play place",
            "right write",
            "sea see",
            "tea tee",
            "their there",
            "wait weight",
            "weak week",
        ),
    )
)
"""Words that a recogniser can only tell apart by what stands around them, and others that it was seen to confuse."""

_OPPOSITES: Final = ("", "un", "in", "im", "de", "dis", "en", "ex", "non", "re", "mis")
"""Beginnings that turn a word into its opposite, or into another one."""

_CARDINALS: Final = {
    "first": "one",
    "second": "two",
    "third": "three",
    "fifth": "five",
    "eighth": "eight",
    "ninth": "nine",
    "twelfth": "twelve",
    "twentieth": "twenty",
    "thirtieth": "thirty",
} | {
    f"{word}th": word
    for word in _all("four six seven ten eleven") | {f"{n}teen" for n in _all("thir four fif six seven eigh nine")}
}
"""A date may be written `15th of March`, `fifteenth of March` or `15 March`: ordinals are taken for numbers."""

_SIGNS: Final = {"$": "dollars", "€": "euros", "£": "pounds"}

_PIECES: Final = 12
"""Of how many pieces a word may be put together: a telephone number in single digits."""

_UNSPACED: Final = r"\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
"""Letters of scripts without spaces between words: Thai, Lao, Khmer, kana and Chinese."""

_WORD: Final = re.compile(rf"[{_UNSPACED}]|\d+\.\d+|(?:(?![{_UNSPACED}])[^\W_])+(?:'(?:(?![{_UNSPACED}])[^\W_])+)*")

_WRITTEN: Final = tuple(
    (re.compile(pattern), spoken)
    for pattern, spoken in (
        (r"(?<=\d),(?=\d{3}(?!\d))", ""),
        (r"(?<=\d):00\b", ""),
        (r"([$€£]) ?(\d+(?:\.\d+)?)", lambda found: f"{found[2]} {_SIGNS[found[1]]} "),
        (r"(?<=\d)(?:st|nd|rd|th)\b", ""),
        (r"%", " percent "),
        (r"\bcan(?:not|'t)\b", "can not"),
        (r"\bwon't\b", "will not"),
        (r"(?<=[a-z])n't\b", " not"),
        (r"\b(there|here|it|what|that|where|who|how|he|she)'s\b", r"\1 is"),
        (r"\bi'm\b", "i am"),
        (r"(?<=[a-z])'re\b", " are"),
        (r"(?<=[a-z])'ll\b", " will"),
        (r"(?<=[a-z])'ve\b", " have"),
    )
)
"""What is written in two ways and spoken in one, or means the same."""


def words(text: str) -> list[str]:
    """Lower-case words without punctuation, and numbers as digits: a recogniser writes them as it likes.

    Examples
    --------
    >>> words("A table for twenty-one, at 8 o'clock!")
    ['a', 'table', 'for', '21', 'at', '8', "o'clock"]
    >>> words("I can't pay $2,000 on the 3rd.")
    ['i', 'can', 'not', 'pay', '2000', 'dollars', 'on', 'the', '3']
    """
    text = text.casefold().replace("’", "'")
    for pattern, spoken_as in _WRITTEN:
        text = pattern.sub(spoken_as, text)
    found = [_CARDINALS.get(word, word) for word in _WORD.findall(text)]
    read: list[str] = []
    at = 0
    while at < len(found):
        number = read_number(found, at)
        if "." in found[at]:
            # As it is written: 3.30 may be a time, of which the zero counts.
            read += _decimal(found[at])
            at += 1
        elif number is not None:
            read += _decimal(f"{float(number[0]):.6f}".rstrip("0")) if number[0].denominator > 1 else [str(number[0])]
            at = number[1]
        elif found[at] == "oh" and read and _is_number(read[-1]) and read_number(found, at + 1):
            read.append("0")
            at += 1
        else:
            read.append(found[at])
            at += 1
    return read


def _decimal(text: str) -> list[str]:
    """A number with two decimals as two numbers, for it may be a time or a price: ``three thirty`` is 3.30."""
    whole, _, decimals = text.partition(".")
    return [whole, decimals] if len(decimals) == 2 else [text]


def _is_number(word: str) -> bool:
    return word[0].isdigit()


def word_errors(wanted: Sequence[str], heard: Sequence[str]) -> int | None:
    """The fewest words that were misheard, `wanted` being looked for anywhere in `heard`; None if it is not there.

    A word is misheard if it is another one close in letters or of the same sound, and a small word (``the``, ``to``)
    also if it is missing or too many. Numbers, days, months and negations are there or are not; one direction is no
    other.
    Words that are written as one or as two are the same.

    Examples
    --------
    >>> word_errors(words("a cup of tea"), words("I want cup of tee, please"))
    2
    >>> word_errors(words("table for two"), words("a table for three")) is None
    True
    """
    # Levenshtein distance with a free start and end (Sellers 1980), and costs of one's own.
    never = len(wanted) + len(heard) + 1
    rows = [[0] * (len(heard) + 1)]
    for i, word in enumerate(wanted, 1):
        missing = 1 if word in _SMALL else never
        row = [min(never, rows[-1][0] + missing)]
        for j, other in enumerate(heard, 1):
            best = min(
                rows[-1][j - 1] + _difference(word, other, never),
                rows[-1][j] + missing,
                row[-1] + (1 if other in _SMALL else never),
                *(rows[i - k][j - 1] for k in _joined(other, wanted, i)),
                *(rows[-1][j - k] for k in _joined(word, heard, j)),
            )
            row.append(min(never, best))
        rows.append(row)
    fewest = min(rows[-1])
    return None if fewest >= never else fewest


def _joined(whole: str, pieces: Sequence[str], end: int) -> list[int]:
    """How many pieces before `end` make up the whole, as ``voice mail`` does ``voicemail``, if any do."""
    made = ""
    for count in range(1, min(_PIECES, end) + 1):
        made = pieces[end - count] + made
        if not whole.endswith(made):
            return []
        if made == whole:
            return [count]
    return []


def _difference(word: str, other: str, never: int) -> int:
    if word == other:
        return 0
    pair = {word, other}
    if any(pair <= group for group in _SOUND_ALIKE):
        return 1
    if _is_number(word) or _is_number(other) or pair & _DECISIVE or any(pair <= group for group in _RIVALS):
        return never
    if pair <= _SMALL:
        return 1
    return 1 if _share(word, other) >= _ALIKE and not _opposite(word, other) else never


@lru_cache(4096)
def _share(word: str, other: str) -> float:
    # The ratio depends on the order of its arguments.
    return max(SequenceMatcher(None, *pair, autojunk=False).ratio() for pair in ((word, other), (other, word)))


def _opposite(word: str, other: str) -> bool:
    """Whether they are one stem behind beginnings that turn its meaning, as in `lock` and `unlock`."""
    return any(
        word.startswith(one) and other.startswith(two) and word[len(one) :] == other[len(two) :]
        for one in _OPPOSITES
        for two in _OPPOSITES
    )


def matches(wanted: str, heard: str, tolerance: float = TOLERANCE) -> bool:
    """Whether the words are in what was heard, but for a share of them that was misheard (see :func:`word_errors`).

    Raises
    ------
    ConfigError
        There is no word to look for, or the tolerance is no share.

    Examples
    --------
    >>> matches("cancel my order", "Please cancel my older."), matches("cancel my order", "Please buy my order.")
    (True, False)
    >>> matches("cancel my order", "Please cancel my older.", tolerance=0)
    False
    """
    looked_for = words(wanted)
    if not looked_for:
        raise ConfigError(f"There is no word in {wanted!r:.60} that could be looked for.")
    if not 0 <= tolerance <= 1:
        raise ConfigError(f"A tolerance is a share of the words, between 0 and 1, not {tolerance!r:.40}.")
    errors = word_errors(looked_for, words(heard))
    return errors is not None and errors <= _forgiven(len(looked_for), tolerance)


def _forgiven(count: int, tolerance: float) -> int:
    return max(int(count * tolerance), 1) if tolerance and count >= FEWEST else 0
