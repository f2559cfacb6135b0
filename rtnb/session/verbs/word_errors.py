"""How far two transcripts of the same speech are apart, in words, or in characters where a script has no spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["WordErrors", "word_errors"]

UNSPACED: Final = (
    "々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u3040-\u30ff\u31f0-\u31ff"  # Hiragana, Katakana
    "\u0e00-\u0eff\u1780-\u17ff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"  # Thai and Lao, Khmer, Burmese
)
"""Blocks of scripts that put no spaces between words, where each character counts for itself. That is how recognisers
are commonly compared in Chinese, Japanese, Thai, Lao and Burmese (source: Radford et al., "Robust Speech Recognition
via Large-Scale Weak Supervision", 2022, appendix on text standardisation); Khmer is treated as its neighbours are."""

_NO_SPACE: Final = "\u200b"


@dataclass(frozen=True, slots=True)
class WordErrors:
    """The least number of words to change, to leave out and to add that turns one text into another.

    Examples
    --------
    >>> WordErrors(substituted=1, deleted=0, inserted=1, words=8).rate
    0.25
    """

    substituted: int
    deleted: int
    inserted: int
    words: int
    """Of the reference."""
    unit: str = "words"
    """What is counted: ``words``, ``characters``, or ``words and characters`` in a text of both kinds."""

    @property
    def errors(self) -> int:
        """All of them."""
        return self.substituted + self.deleted + self.inserted

    @property
    def rate(self) -> float:
        """Errors a word of the reference; of an empty reference 0 or 1."""
        return self.errors / self.words if self.words else float(bool(self.errors))

    def __str__(self) -> str:
        return f"{self.rate:.1%} ({self.errors} of {self.words} {self.unit})"


def word_errors(reference: str, heard: str) -> WordErrors:
    """Compare two texts word by word; case, punctuation and the form of apostrophes do not count.

    The word error rate is (S + D + I) / N over the least-cost alignment (Levenshtein distance in words); of several
    that cost the same the one with the most substitutions is counted. Scripts without spaces between words (Han,
    Kana, Thai, Lao, Khmer, Burmese) are compared by characters, a letter with its marks being one.

    Parameters
    ----------
    reference : str
        What is taken to be right.
    heard : str
        What is compared with it.

    Examples
    --------
    >>> print(word_errors("What is the weather in Paris?", "what is a weather in paris"))
    16.7% (1 of 6 words)
    >>> print(word_errors("今天天气很好", "今天天气不好"))
    16.7% (1 of 6 characters)
    """
    right, other = _pieces(reference), _pieces(heard)
    substituted, deleted, inserted = _edits(right, other)
    return WordErrors(substituted, deleted, inserted, len(right), _unit(right or other))


def _edits(right: Sequence[str], other: Sequence[str]) -> tuple[int, int, int]:
    """Substituted, deleted and inserted; a row of the table of distances at a time."""
    # One number holds both what is least and what decides among equals: each error costs `error`, and each that is no
    # substitution one more, which never adds up to an error.
    error = len(right) + len(other) + 1
    beside = error + 1
    numbers: dict[str, int] = {}
    right_ids, other_ids = (
        np.fromiter((numbers.setdefault(piece, len(numbers)) for piece in side), np.int32, len(side))
        for side in (right, other)
    )
    kind = np.int32 if error * beside < 2**31 else np.int64
    # Column j stands for its distance less j insertions: so an insertion is free, and the least so far is the row.
    row: NDArray[Any] = np.zeros(len(other) + 1, kind)
    changed: NDArray[Any] = np.empty(len(other), kind)
    above: NDArray[Any] = np.empty(len(other) + 1, kind)
    for piece in right_ids:
        np.multiply(other_ids != piece, error, out=changed, casting="unsafe")
        np.add(changed, row[:-1] - beside, out=changed)
        np.add(row, beside, out=above)
        np.minimum(above[1:], changed, out=above[1:])
        np.minimum.accumulate(above, out=row)
    errors, unequal = divmod(int(row[-1]) + beside * len(other), error)
    inserted = (unequal + len(other) - len(right)) // 2
    return errors - unequal, unequal - inserted, inserted


def _pieces(text: str) -> list[str]:
    """Words, and characters of scripts that have no spaces."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    plain = plain.replace("’", "'").replace(_NO_SPACE, " ")
    kinds = {char: unicodedata.category(char) for char in set(plain)}
    # Joiners, soft hyphens and marks of direction are how a word is drawn.
    plain = plain.translate({ord(char): None for char, kind in kinds.items() if kind == "Cf"})
    # Vowel signs and other marks are parts of words, which `\w` does not know.
    marks = "".join(char for char, kind in kinds.items() if kind in ("Mn", "Mc"))
    letter = rf"(?![{UNSPACED}])[\w{marks}]"
    mark = f"[{marks}]*" if marks else ""
    pattern = rf"(?=\w)[{UNSPACED}]{mark}|(?:{letter})+(?:'(?:{letter})+)*"
    return re.findall(pattern, re.sub(r"(?<=\d),(?=\d{3})", "", plain))


def _unit(pieces: Sequence[str]) -> str:
    unspaced = re.compile(f"[{UNSPACED}]")
    characters = sum(1 for piece in pieces if unspaced.match(piece))
    if not characters:
        return "words"
    return "characters" if characters == len(pieces) else "words and characters"
