"""Cut a stream of text into sentences, so that speech can start before the text ends."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator

__all__ = ["sentences_of", "split_sentences"]

_ABBREVIATIONS = frozenset(("dr", "mr", "mrs", "ms", "prof", "st", "vs", "etc", "e.g", "i.e", "approx", "no"))
_END = re.compile(r"[.!?…]+[\"'”’)\]]*\s+|\n+")


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


async def sentences_of(pieces: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    """Sentences of a stream of text pieces, as soon as each is complete."""
    rest = ""
    async for piece in pieces:
        found, rest = split_sentences(rest + piece)
        for sentence in found:
            yield sentence
    if rest:
        yield rest
