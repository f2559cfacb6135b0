"""Cut a stream of text into sentences, so that speech can start before the text ends."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

__all__ = ["LONGEST_CHARS", "sentences_of", "split_sentences"]

_ABBREVIATIONS = frozenset(("dr", "mr", "mrs", "ms", "prof", "st", "vs", "etc", "e.g", "i.e", "approx", "no"))
_END = re.compile(r"[.!?…]+[\"'”’)\]]*\s+|[。！？।]+[\"'”’）」』\]]*\s*|\n+")

LONGEST_CHARS = 400
"""Text without an end of sentence is cut after so many characters, at a space if there is one: half a minute of
speech, before which nothing of it could be heard."""

T = TypeVar("T")


def split_sentences(text: str) -> tuple[list[str], str]:
    """Complete sentences of `text`, each with the white space that follows it, and the unfinished rest.

    ``"".join(sentences) + rest == text`` always holds.

    Examples
    --------
    >>> split_sentences("It is 4.5 km. Dr. Smith walks. And th")
    (['It is 4.5 km. ', 'Dr. Smith walks. '], 'And th')
    """
    found: list[str] = []
    begin = 0
    for match in _END.finditer(text):
        words = text[begin : match.start()].split()
        if match.group().startswith(".") and words and words[-1].lower().lstrip("(\"'“") in _ABBREVIATIONS:
            continue
        found.append(text[begin : match.end()])
        begin = match.end()
    return found, text[begin:]


async def sentences_of(pieces: AsyncIterator[str | T]) -> AsyncGenerator[str | T, None]:
    """Sentences of a stream of text pieces, as soon as each is complete.

    What is no text passes in its place and ends the sentence before it.
    """
    rest = ""
    try:
        async for piece in pieces:
            if not isinstance(piece, str):
                if rest:
                    yield rest
                rest = ""
                yield piece
                continue
            found, rest = split_sentences(rest + piece)
            while len(rest) > LONGEST_CHARS:
                cut = rest.rfind(" ", 0, LONGEST_CHARS) + 1 or LONGEST_CHARS
                found.append(rest[:cut])
                rest = rest[cut:]
            for sentence in found:
                yield sentence
    except Exception:
        # What came before a failure was said.
        if rest:
            yield rest
        raise
    if rest:
        yield rest
