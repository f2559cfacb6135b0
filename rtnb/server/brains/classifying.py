"""The skill of sorting what was said under one of given labels: by shared words, and by lists of words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from rtnb.server.brains.data import section
from rtnb.server.brains.task_order import Said
from rtnb.server.brains.tool_words import concepts_of, role_words, split_name
from rtnb.server.brains.words import plain, tidy

__all__ = ["Found", "classified", "labels_in"]

UNSURE: Final = "unsure"
_FALLBACKS: Final = ("unsure", "unknown", "none", "other", "neutral", "general", "mixed", "unclear")
_QUOTE: Final = r"[\"“”'‘’`*]"
_QUOTED: Final = re.compile(r"[\"“`‘](?P<label>[^\"“”`‘’\n]{1,60}?)[\"”`’]|(?<!\w)'(?P<single>[^'\n]{1,40})'(?!\w)")
_LIST: Final = re.compile(
    r"\b(?:one of|labels?|categor(?:y|ies)|classes|topics|intents|options|sentiment|either|between|as|among)\b"
    r"(?: (?:one of|these|the following|this list|labels|categories|classes|are|is|of|exactly|only))*"
    r"\s*[:(\[]?\s*(?P<list>[^\n.;:]{3,400})",
    re.I,
)
_BULLET: Final = re.compile(
    r"^\s*(?:[-*•]|\d+[.)])\s+(?P<label>[^\n:–—]{1,60}?)\s*(?:(?::|–|—| - )\s*(?P<what>[^\n]+))?$", re.M
)
_USER_WEIGHT: Final = 2.0
"""What the user says tells more of what they want than what they are answered."""


@dataclass(frozen=True, slots=True)
class Found:
    """A label, why, and how sure that is, from 0 to 1."""

    label: str
    reason: str
    confidence: float


def labels_in(order: str) -> dict[str, str]:
    """The labels that an order names, with what it says about each.

    Examples
    --------
    >>> list(labels_in("Classify the sentiment as positive, negative or neutral."))
    ['positive', 'negative', 'neutral']
    >>> labels_in("Pick one label:\\n- billing: invoices and payments\\n- support")
    {'billing': 'invoices and payments', 'support': ''}
    >>> list(labels_in('If it is about help, output "support". If it is about prices, output "sales".'))
    ['support', 'sales']
    """
    bullets = {_clean(m["label"]): tidy(m["what"] or "") for m in _BULLET.finditer(order)}
    bullets = {label: what for label, what in bullets.items() if label and len(label.split()) <= 5}
    if len(bullets) > 1:
        return bullets
    for found in _LIST.finditer(order):
        labels = _split(found["list"])
        if len(labels) > 1:
            return dict.fromkeys(labels, "")
    quoted = {}
    for match in _QUOTED.finditer(_without_json(order)):
        label = _clean(match["label"] or match["single"])
        if label and label not in quoted:
            quoted[label] = _before(order, match.start())
    if len(quoted) > 1:
        return quoted
    return {"yes": "", "no": ""} if re.search(r"\byes\b.{0,12}\bno\b", order, re.I) else {}


def classified(order: str, about: Sequence[Said]) -> Found | None:
    """The label that fits best; None where the order names none.

    Examples
    --------
    >>> classified("Classify as billing or shipping.", [Said("user", "Where is my package?")]).label
    'shipping'
    """
    labels = labels_in(order)
    if not labels:
        return None
    if {label.lower() for label in labels} == {"yes", "no"}:
        return _yes_or_no(order, labels, about)
    if moods := _moods(labels):
        return _mood(moods, about)
    weights = _weights(about)
    scores = {label: _score(label, what, weights) for label, what in labels.items() if label.lower() not in _FALLBACKS}
    best = max(scores, key=lambda label: scores[label][0], default="")
    total = sum(score for score, _ in scores.values())
    if not best or scores[best][0] <= 0:
        return Found(_fallback(order, labels), "nothing that was said belongs to one of the labels", 0.0)
    ties = [label for label in scores if scores[label][0] == scores[best][0]]
    if len(ties) > 1 and (unsure := _fallback(order, {})) == UNSURE and "unsure" in order.lower():
        return Found(unsure, f"{' and '.join(ties)} fit equally well", 0.0)
    words = ", ".join(scores[best][1])
    return Found(best, f"it is about {words}", round(scores[best][0] / total, 2))


def _score(label: str, what: str, weights: Mapping[str, float]) -> tuple[float, list[str]]:
    own = set(concepts_of(split_name(label)))
    described = set(concepts_of(role_words(what)))
    hinted = {word for name, words in _hints().items() if name in own for word in words}
    score, words = 0.0, []
    for word, weight in weights.items():
        share = 3.0 if word in own else 2.0 if word in described else 1.0 if word in hinted else 0.0
        if share:
            score += share * weight
            words.append(word)
    return score, words[:4]


def _weights(about: Sequence[Said]) -> dict[str, float]:
    found: dict[str, float] = {}
    for said in about:
        for word in role_words(said.text):
            for concept in concepts_of([word]):
                found[concept] = max(found.get(concept, 0.0), _USER_WEIGHT if said.role == "user" else 0.5)
    return found


@cache
def _hints() -> dict[str, frozenset[str]]:
    return {
        concept: frozenset(concepts_of(words.split()))
        for name, words in section("hints", "tasks.json").items()
        for concept in (concepts_of([name]) or {name})
    }


def _moods(labels: Mapping[str, str]) -> dict[str, str]:
    """Mood to label, where the labels are moods."""
    found: dict[str, str] = {}
    for mood, names in section("sentiment_labels", "tasks.json").items():
        for label in labels:
            if label.lower() in names.split():
                found.setdefault(mood, label)
    return found if "positive" in found and "negative" in found else {}


def _mood(moods: Mapping[str, str], about: Sequence[Said]) -> Found:
    lists: dict[str, Any] = section("sentiment", "tasks.json")
    good, bad, turning = (frozenset(lists[name].split()) for name in ("positive", "negative", "negators"))
    told: dict[str, list[str]] = {"positive": [], "negative": []}
    mine = [said for said in about if said.role == "user"] or list(about)
    for said in mine:
        spoken = plain(said.text).split()
        for at, word in enumerate(spoken):
            mood = "positive" if word in good else "negative" if word in bad and word not in turning else ""
            if not mood:
                continue
            if any(before in turning for before in spoken[max(0, at - 3) : at]):
                mood = "negative" if mood == "positive" else "positive"
            told[mood].append(word)
    up, down = len(told["positive"]), len(told["negative"])
    if up == down:
        label = moods.get("neutral") or moods["positive"]
        return Found(label, "no mood outweighs the other", 0.5)
    mood = "positive" if up > down else "negative"
    return Found(
        moods[mood], f"it says “{', '.join(dict.fromkeys(told[mood]))}”", round(max(up, down) / (up + down), 2)
    )


def _yes_or_no(order: str, labels: Mapping[str, str], about: Sequence[Said]) -> Found:
    yes = next(label for label in labels if label.lower() == "yes")
    no = next(label for label in labels if label.lower() == "no")
    leaves = {
        "yes",
        "no",
        "answer",
        "reply",
        "user",
        "conversation",
        "classify",
        "decide",
        "whether",
        "question",
        "word",
    }
    asked = set(concepts_of(role_words(order))) - set(concepts_of(leaves))
    hinted = {word for name, words in _hints().items() if name in asked for word in words}
    words = [word for word in _weights(about) if word in asked | hinted]
    if words:
        return Found(yes, f"it is about {', '.join(words[:4])}", 0.8)
    return Found(no, "nothing of the kind was said", 0.8)


def _fallback(order: str, labels: Mapping[str, str]) -> str:
    for name in _FALLBACKS:
        if label := next((label for label in labels if label.lower() == name), None):
            return label
        if re.search(rf"{_QUOTE}{name}{_QUOTE}|\b(?:say|answer|output|reply|use|return) {name}\b", order, re.I):
            return name
    return UNSURE


def _split(text: str) -> list[str]:
    text = re.sub(r"\s*,?\s+(?:or|and)\s+|\s*[,/|]\s*", ",", text.strip().strip("()[]{}"))
    labels = [_clean(label) for label in text.split(",")]
    if any(len(label.split()) > 4 for label in labels):
        # Prose goes on behind the last label.
        labels = [label for label in labels if len(label.split()) <= 4]
    return list(dict.fromkeys(label for label in labels if label))


def _clean(label: str) -> str:
    label = re.sub(r"^(?:or|and|either|as|a|an|the) ", "", label.strip(" \t\"“”'‘’`*()[]{}.,:;"))
    return label.strip(" \"“”'‘’`*()[]{}.,:;")


def _before(order: str, at: int) -> str:
    """What the sentence says in front of a quoted label: its condition."""
    start = max(order.rfind(mark, 0, at) for mark in (". ", "\n", "; ")) + 1
    return tidy(_QUOTED.sub(" ", order[start:at]))


def _without_json(order: str) -> str:
    return re.sub(r"[\"“'][A-Za-z_][\w ]{0,40}[\"”']\s*:", " ", order)
