"""Cut a stream of text into sentences, so that speech can start before the text ends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

__all__ = ["LONGEST_CHARS", "sentences_of", "split_sentences"]

_ABBREVIATIONS = frozenset(("dr", "mr", "mrs", "ms", "prof", "st", "vs", "etc", "e.g", "i.e", "approx"))
# A run of marks is looked at once, from its beginning, and gives nothing back: a model may write any number of them.
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]]*+\s++|[。！？।]++[\"'”’）」』\]]*+\s*+|\n++")
_INITIALS = re.compile(r"(?:[^\W\d_]\.){1,4}[^\W\d_]")
_WORD_CHARS = 20
"""What is looked at before a full stop: more than any abbreviation has."""

LONGEST_CHARS = 400
"""Text without an end of sentence is cut after so many characters, at a space if there is one: half a minute of
speech, before which nothing of it could be heard."""

T = TypeVar("T")


def split_sentences(text: str) -> tuple[list[str], str]:
    """Complete sentences of `text`, each with the white space that follows it, and the unfinished rest.

    ``"".join(sentences) + rest == text`` always holds. Whether "No." and "U.S." end one shows only with the character
    after them; all other sentences are complete with their white space.

    Examples
    --------
    >>> split_sentences("It is 4.5 km. Dr. Smith walks. And th")
    (['It is 4.5 km. ', 'Dr. Smith walks. '], 'And th')
    """
    found: list[str] = []
    begin = 0
    for match in _END.finditer(text):
        if text[match.start()] == "." and _goes_on(text, begin, match):
            continue
        found.append(text[begin : match.end()])
        begin = match.end()
    return found, text[begin:]


def _goes_on(text: str, begin: int, stop: re.Match[str]) -> bool:
    """Whether a full stop belongs to an abbreviation, or may yet."""
    words = text[max(begin, stop.start() - _WORD_CHARS) : stop.start()].split()
    word = words[-1].lstrip("(\"'“") if words else ""
    if word.lower() in _ABBREVIATIONS:
        return True
    if "\n" in stop[0] or not stop[0].startswith(".") or stop[0].rstrip() != ".":
        return False
    after = text[stop.end() : stop.end() + 1]
    if word.lower() == "no":
        return not after or after.isdigit()
    return _INITIALS.fullmatch(word) is not None and (not after or after.islower())


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
            for start in range(0, len(piece), LONGEST_CHARS):
                if start:
                    # Others have their turn in a flood.
                    await asyncio.sleep(0)
                found, rest = split_sentences(rest + piece[start : start + LONGEST_CHARS])
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
