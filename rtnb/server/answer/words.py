"""Words of a text with the white space around them: the pieces in which it is streamed, and at which it is cut."""

from __future__ import annotations

import re

__all__ = ["pieces_of", "word_ends"]

_PIECE = re.compile(r"\s*+\S++\s*+")


def pieces_of(text: str) -> list[str]:
    """The words, together the whole text; white space alone is one piece.

    Examples
    --------
    >>> pieces_of(" It is  so.\\n")
    [' It ', 'is  ', 'so.\\n']
    >>> pieces_of(" "), pieces_of("")
    ([' '], [])
    """
    if not text or text.isspace():
        return [text] if text else []
    return _PIECE.findall(text)


def word_ends(text: str) -> list[int]:
    """Where a text can be cut behind a word, from 0 for nothing of it on.

    Examples
    --------
    >>> word_ends(" It is  so.")
    [0, 3, 6, 11]
    """
    ends, start = [0], 0
    if text.isspace():
        return ends
    for piece in _PIECE.findall(text):
        ends.append(start + len(piece.rstrip()))
        start += len(piece)
    return ends
