"""Answers about the Realtime API and rtnb, looked up in ``demo.json``.

A question is matched in two ways. When its whole subject is one of an entry's *terms* ("what is a turn?", "and
semantic VAD?"), that entry answers. Otherwise the entry wins whose *keywords* cover most of the words; ties go
to the one that stands first in the file. Words are compared in the singular, and long ones forgive a typing error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from rtnb.server.brains.base import Message
from rtnb.server.brains.data import section
from rtnb.server.brains.skill import Answer, Utterance
from rtnb.server.brains.words import is_question, plain, singular

__all__ = ["Entry", "answer_question", "entries"]

_LEADS = re.compile(
    r"^(?:(?:so|and|but|then|now|also|well|um|uh|er|okay|ok|alright|right|please|hey|oh|again|yes|no|next)"
    r"|(?:exactly|really|actually)|(?:can|could|would|will) (?:you|we|i)(?: please)?"
    r"|i (?:want|need|would like|wanted) to (?:know|ask|learn|hear)(?: you)?|i have a question(?: about)?"
    r"|do you know|i wonder|(?:tell|teach|show|give)(?: me| us)?|explain(?: to (?:me|us))?|describe|define"
    r"|talk about|(?:what|how) about|about|what|how"
    r"|(?:what|who|how|why|where|which) (?:is|are|was|were|does|do|did|means?)"
    r"|(?:is|are|does|do|a|an|the|your|its|it is|this is|you mean by|mean|meant by|called|something|more|me|us)"
    r"|the (?:meaning|definition|purpose|point|idea|term|concept) of|meaning of|definition of|by|on|for) "
)
_TRAILS = re.compile(
    r" (?:mean|means|is|are|do|does|for|work|works|working|exactly|again|please|anyway|then|actually|really|here"
    r"|in (?:the )?(?:realtime|openai|rtnb|realtime api|openai api|openai realtime api|general|this context)"
    r"|about|in one sentence|to me|for me|for us|good|used|all)$"
)
_LIGHT_WORDS = (
    "a an the this that these it its is are was do does did can could have has use need get how what which who why "
    "when where much many long i me my you your we there here so no not of off on or in for now with without mean"
)
_LIGHT = frozenset(map(singular, _LIGHT_WORDS.split()))
"""Words that say little about the subject; each counts a third of another."""
_LEAST_FORGIVEN = 7
"""Words of fewer letters are compared exactly: too many of them are alike."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing the demo brain knows."""

    id: str
    terms: frozenset[str]
    keywords: tuple[tuple[frozenset[str], ...], ...]
    answer: tuple[str, ...]
    source: str
    date: str


@cache
def entries() -> tuple[Entry, ...]:
    """All entries of the data file, in its order."""
    return tuple(
        Entry(
            id=row["id"],
            terms=frozenset(_singulars(plain(term)) for term in row["terms"]),
            keywords=tuple(
                tuple(frozenset(map(singular, group.split("|"))) for group in line.split()) for line in row["keywords"]
            ),
            answer=tuple(row["answer"]),
            source=row["source"],
            date=row["date"],
        )
        for row in section("faq")
    )


def _singulars(text: str) -> str:
    return " ".join(map(singular, text.split()))


@cache
def _long_words() -> tuple[str, ...]:
    words = {word for entry in entries() for term in entry.terms for word in term.split()}
    words |= {word for entry in entries() for line in entry.keywords for group in line for word in group}
    return tuple(sorted(word for word in words if len(word) >= _LEAST_FORGIVEN))


def _forgiven(word: str) -> str:
    """`word`, or the long word of the data file that it nearly is."""
    if len(word) < _LEAST_FORGIVEN or word in _long_words():
        return word
    return next(iter(get_close_matches(word, _long_words(), n=1, cutoff=0.86)), word)


def _subjects(text: str) -> set[str]:
    """What a question may be about, shorter and shorter: from "so what does the vad do" down to "vad"."""
    heads = [text]
    while (shorter := _LEADS.sub("", heads[-1], count=1)) != heads[-1]:
        heads.append(shorter)
    found = set(heads)
    for head in heads:
        while (shorter := _TRAILS.sub("", head, count=1)) != head:
            head = shorter
            found.add(head)
    return {_singulars(subject) for subject in found}


def answer_question(said: Utterance, before: tuple[Message, ...] = ()) -> Answer | None:
    """Answer from the data file.

    Examples
    --------
    >>> answer_question(Utterance("so what's semantic V A D")).intent
    'faq:semantic-vad'
    >>> answer_question(Utterance("How long can a session last?")).intent
    'faq:session-length'
    """
    if not is_question(said.text):
        return None
    words = " ".join(_forgiven(singular(word)) for word in said.plain.split())
    subjects = _subjects(said.plain) | _subjects(words)
    for entry in entries():
        if subjects & entry.terms:
            return _answer(entry)
    present = frozenset(words.split())
    best, best_score = None, 0
    for entry in entries():
        lines = (line for line in entry.keywords if all(group & present for group in line))
        score = max((sum(1 if group & _LIGHT else 3 for group in line) for line in lines), default=0)
        if score > best_score:
            best, best_score = entry, score
    return _answer(best) if best else None


def _answer(entry: Entry) -> Answer:
    return Answer(f"faq:{entry.id}", entry.answer)
