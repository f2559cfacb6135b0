"""How far two transcripts of the same speech are apart, in words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["WordErrors", "word_errors"]


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

    @property
    def errors(self) -> int:
        """All of them."""
        return self.substituted + self.deleted + self.inserted

    @property
    def rate(self) -> float:
        """Errors a word of the reference; of an empty reference 0 or 1."""
        return self.errors / self.words if self.words else float(bool(self.errors))

    def __str__(self) -> str:
        return f"{self.rate:.1%} ({self.errors} of {self.words} words)"


def word_errors(reference: str, heard: str) -> WordErrors:
    """Compare two texts word by word; case, punctuation and the form of apostrophes do not count.

    The word error rate is (S + D + I) / N over the least-cost alignment (Levenshtein distance in words), as NIST's
    sclite counts it.

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
    """
    right, other = _words(reference), _words(heard)
    # Each cell: errors, substituted, deleted, inserted.
    row = [(at, 0, 0, at) for at in range(len(other) + 1)]
    for word in right:
        above, left = row, (row[0][0] + 1, 0, row[0][2] + 1, 0)
        row = [left]
        for at, candidate in enumerate(other, start=1):
            cost, s, d, i = above[at - 1]
            same = word == candidate
            diagonal = (cost, s, d, i) if same else (cost + 1, s + 1, d, i)
            up = (above[at][0] + 1, above[at][1], above[at][2] + 1, above[at][3])
            beside = (left[0] + 1, left[1], left[2], left[3] + 1)
            left = min(diagonal, up, beside, key=lambda cell: cell[0])
            row.append(left)
    _, substituted, deleted, inserted = row[-1]
    return WordErrors(substituted, deleted, inserted, len(right))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return re.findall(r"\w+(?:'\w+)*", re.sub(r"(?<=\d),(?=\d{3})", "", plain))
