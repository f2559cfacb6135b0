"""The skill of summing up a conversation: its own sentences, the most telling ones of both sides, in order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from rtnb.server.brains.base import Message
from rtnb.server.brains.data import section
from rtnb.server.brains.memory import told_name
from rtnb.server.brains.task_order import Said
from rtnb.server.brains.tool_words import concepts_of, role_words
from rtnb.server.brains.words import parts, sentence
from rtnb.tokens import count_text

__all__ = ["summary_of"]

DEFAULT_TOKENS = 220
"""Of a summary when nobody says how long it may be (own choice: a minute of reading)."""

SPOKEN_TOKENS = 120
"""Of one that is listened to (own choice: half a minute of speech)."""

SPOKEN_TOKENS_A_TOKEN = 8
"""A token of text takes about so many tokens of audio when it is said: 20 a second, at about 2.5 tokens a second."""

_LIMIT = re.compile(
    r"\b(?:most|than|maximum(?: of)?|max|under|within|up to|about|around|in|of|exactly) "
    r"(?P<count>\d+|one|two|three|four|five|a)"
    r"(?: or (?:fewer|less))? (?:short |single )?(?P<unit>word|sentence|token|bullet|line)s?\b"
    r"|\b(?:one|a single)[- ]sentence\b",
    re.I,
)
_NUMBERS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_NEAREST = 1.15
"""What the last turns weigh more than the first ones: they are more likely to be gone on with."""


@dataclass(frozen=True, slots=True)
class _Line:
    at: int
    role: str
    text: str
    score: float


def summary_of(
    about: Sequence[Said], order: str = "", *, most_tokens: int | None = None, spoken: bool = False
) -> tuple[str, ...]:
    """The sentences of a summary.

    Parameters
    ----------
    about : sequence of Said
        The conversation, oldest first.
    order : str
        May say how many words, sentences or tokens there may be, and ask for bullets.
    most_tokens : int, optional
        Of the whole answer.
    spoken : bool
        Whether it will be said, which takes tokens of audio as well.

    Examples
    --------
    >>> talk = (Said("user", "Hello! My name is Sam."), Said("assistant", "Nice to meet you, Sam."),
    ...         Said("user", "What is server VAD?"), Said("assistant", "Server VAD listens to loudness."))
    >>> for line in summary_of(talk): print(line)
    The user's name is Sam.
    The user asked: “What is server VAD?”
    The assistant answered: “Server VAD listens to loudness.”
    """
    if not any(said.text for said in about):
        return ("Nothing has been said yet.",)
    count, unit = _limit(order)
    if spoken and most_tokens is not None:
        most_tokens = max(8, most_tokens // (SPOKEN_TOKENS_A_TOKEN + 1))
    most = SPOKEN_TOKENS if spoken else DEFAULT_TOKENS
    tokens = min(most_tokens or most, count if unit == "token" and count else most)
    bullets = re.search(r"\bbullet|\blist of\b", order, re.I) is not None
    name = told_name([Message(role=said.role, text=said.text) for said in about])
    few = count is not None and count <= 2 and unit not in ("token", "word")
    lead = () if name is None or few else (f"The user's name is {name}.",)
    chosen: list[_Line] = []
    for line in _both_sides(sorted(_lines(about, name), key=lambda each: -each.score)):
        worded = _worded((*chosen, line), lead, bullets)
        size = sum(len(text.split()) for text in worded) if unit == "word" else len(worded)
        fits = count is None or unit == "token" or size <= count
        # The blanks between sentences count too.
        if fits and count_text(" ".join(worded)) + 1 <= tokens:
            chosen.append(line)
    if chosen or lead:
        return _worded(chosen, lead, bullets)
    best = max(_lines(about, None), key=lambda each: each.score, default=_Line(0, "user", about[0].text, 0.0))
    return (sentence(" ".join(best.text.split()[: max(3, tokens // 2)])),)


def _lines(about: Sequence[Said], name: str | None) -> Iterator[_Line]:
    """The sentences that say something, each once, with how much they say; the user's `name` is known by itself."""
    known = _filler() | concepts_of(role_words(name or ""))
    sentences = [(at, said.role, text) for at, said in enumerate(about) for text in _sentences(said.text)]
    weights = Counter(word for _, _, text in sentences for word in set(_content(text)))
    seen = set[str]()
    for at, role, text in sentences:
        content = set(_content(text)) - known
        key = f"{role} {' '.join(sorted(content))}"
        if not content or key in seen:
            continue
        seen.add(key)
        score = sum(1 + weights[word] / len(sentences) for word in content) / (len(text.split()) + 6) ** 0.8
        score *= 1.0 + (_NEAREST - 1.0) * at / max(1, len(about) - 1)
        if re.search(r"\d", text):
            score *= 1.2
        if role == "user":
            score *= 1.3
        yield _Line(at, role, text, score)


def _both_sides(lines: Sequence[_Line]) -> list[_Line]:
    """The best line of each side in front of the others."""
    first = [next((line for line in lines if line.role == role), None) for role in ("user", "assistant")]
    best = [line for line in first if line is not None]
    return [*best, *(line for line in lines if line not in best)]


def _sentences(text: str) -> Iterator[str]:
    yield from (sentence(part) for part in parts(text))


def _content(text: str) -> list[str]:
    return sorted(concepts_of(role_words(text)))


@cache
def _filler() -> frozenset[str]:
    return frozenset(concepts_of(section("filler", "tasks.json").split()))


def _worded(chosen: Sequence[_Line], lead: tuple[str, ...], bullets: bool) -> tuple[str, ...]:
    """The chosen lines in their order, those of one speaker in one breath together."""
    found: list[tuple[int, str, list[str]]] = []
    for line in sorted(chosen, key=lambda each: each.at):
        if found and found[-1][0] == line.at and found[-1][1] == line.role:
            found[-1][2].append(line.text)
        else:
            found.append((line.at, line.role, [line.text]))
    lines = list(lead)
    for _, role, texts in found:
        what = "answered" if role == "assistant" else "asked" if texts[-1].endswith("?") else "said"
        lines.append(f"The {role} {what}: “{' '.join(texts)}”")
    return tuple(f"- {line}\n" for line in lines) if bullets else tuple(lines)


def _limit(order: str) -> tuple[int | None, str]:
    found = _LIMIT.search(order)
    if found is None:
        return None, ""
    if found["count"] is None:
        return 1, "sentence"
    count = found["count"].lower()
    return (_NUMBERS[count] if count in _NUMBERS else int(count)), found["unit"].lower()
