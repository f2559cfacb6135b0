"""Words as the demo brain compares them: case, punctuation and speech recognition's spellings set aside."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from rtnb.server.brains.data import section

__all__ = [
    "capitalized",
    "is_question",
    "is_speech",
    "parts",
    "plain",
    "quoted",
    "sentence",
    "singular",
    "tidy",
]

_CONTRACTIONS = (
    (r"\bcan'?t\b", "can not"),
    (r"\bwon'?t\b", "will not"),
    (r"\b(\w+)n't\b", r"\1 not"),
    (r"\b(what|who|where|when|how|that|there|it|here|name)'s\b", r"\1 is"),
    (r"\bwhats\b", "what is"),
    (r"\bi'm\b", "i am"),
    (r"'re\b", " are"),
    (r"'ve\b", " have"),
    (r"'ll\b", " will"),
    (r"'d\b", " would"),
    (r"\blet's\b", "let us"),
    (r"'s?\b", ""),
)
_SPLIT = re.compile(
    r"(?<=[.!?])\s+"
    r"|,?\s+and\s+(?:then\s+)?(?=(?:what|how|why|when|which|who|where|does|spell|count|tell me|explain)\b)"
    r"|[,;]\s+(?=(?:what|how|why|when|which|who|where)\b)",
    re.IGNORECASE,
)
_GREETING_LEAD = re.compile(
    r"^((?:hello|hi|hey|good (?:morning|afternoon|evening))(?: there| again)?)\b[,.!]?\s+(?=\S+\s+\S+\s+\S)",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(?:what|how|why|which|who|explain|describe|define|difference|meaning)\b"
    r"|^(?:(?:so|and|but|or|well|okay|ok|please|then|oh|hey|hi|hello|now|yes|no) ){0,3}"
    r"(?:does|do|did|is|are|was|can|could|should|will|would|has|have|must|may|when|where|tell|teach|list|name|about)\b"
)
_SHORT_WORDS = 5
"""An utterance of so few words is taken as a question about its subject: "server VAD threshold"."""


def tidy(text: str) -> str:
    """`text` on one line, without control characters.

    Examples
    --------
    >>> tidy("  Hello,\\n there! ")
    'Hello, there!'
    """
    kept = (" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join("".join(kept).split())


def is_speech(text: str) -> bool:
    """Whether there is anything but sounds in it: recognisers write "[music]" or "." for noise.

    Examples
    --------
    >>> is_speech("[BLANK_AUDIO] ..."), is_speech("Hello?")
    (False, True)
    """
    return any(c.isalnum() for c in re.sub(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*", " ", text))


@cache
def _respelled() -> tuple[re.Pattern[str], dict[str, str]]:
    table = {heard: meant for meant, spellings in section("hears").items() for heard in spellings}
    longest_first = sorted(table, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b"), table


def plain(text: str) -> str:
    """`text` in the spelling that skills compare: lower case words and numbers, single spaces.

    Examples
    --------
    >>> plain("So, what's the V-A-D's threshold: 0.5?")
    'so what is the vad threshold 0.5'
    """
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("`", "'")
    for pattern, meant in _CONTRACTIONS:
        text = re.sub(pattern, meant, text)
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text).replace("%", " percent ")
    text = re.sub(r"(?<!\d)\.|\.(?!\d)", " ", text)
    text = " ".join(re.sub(r"[^\w.]|_", " ", text).split())
    misspelled, table = _respelled()
    return misspelled.sub(lambda match: table[match.group()], text)


def singular(word: str) -> str:
    """A word without the s of its plural.

    Examples
    --------
    >>> [singular(word) for word in ("tokens", "voices", "bus", "less", "vads")]
    ['token', 'voice', 'bus', 'less', 'vad']
    """
    ends_otherwise = word.endswith(("ss", "us", "is"))
    return word[:-1] if len(word) > 3 and word.endswith("s") and not ends_otherwise else word


def parts(text: str) -> list[str]:
    """The sentences and joined questions of an utterance, a greeting at the front apart.

    Examples
    --------
    >>> parts("Hi, what is VAD and how does semantic VAD work? Thanks!")
    ['Hi', 'what is VAD', 'how does semantic VAD work?', 'Thanks!']
    """
    found: list[str] = []
    for piece in _SPLIT.split(text):
        lead = _GREETING_LEAD.match(piece)
        found += [lead.group(1), piece[lead.end() :]] if lead else [piece]
    return [piece.strip() for piece in found if is_speech(piece)] or [text]


def is_question(text: str) -> bool:
    """Whether an utterance asks for something rather than tells.

    Examples
    --------
    >>> is_question("Which voices are there?"), is_question("semantic VAD")
    (True, True)
    >>> is_question("We had a long conversation about her voice last night")
    False
    """
    words = plain(text)
    return "?" in text or len(words.split()) <= _SHORT_WORDS or _ASKING.search(words) is not None


def quoted(text: str, *, most_words: int = 15, most_characters: int = 110) -> str:
    """`text` in quotation marks, cut to what one wants to hear again, with a stop inside.

    Examples
    --------
    >>> quoted("one two three four", most_words=2)
    '“one two…”'
    """
    words = text.replace("“", "").replace("”", "").replace('"', "").split()
    short = " ".join(words[:most_words])[:most_characters].rstrip()
    if len(short) < len(" ".join(words)):
        return f"“{short.rstrip(' ,;:.!?…-')}…”"
    return f"“{short.rstrip(' ,;:-')}”" if short.endswith((".", "!", "?", "…")) else f"“{short.rstrip(' ,;:-')}.”"


def capitalized(text: str) -> str:
    """`text` with its first letter in upper case and the rest as it is."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """`text` as a sentence: capital at the front, a stop at the end.

    Examples
    --------
    >>> sentence("good morning"), sentence("Ready?")
    ('Good morning.', 'Ready?')
    """
    text = capitalized(text.strip().rstrip(",;:- "))
    return text if text.endswith((".", "!", "?", "…")) else text + "."
