"""The skill of looking for what a policy forbids: a few patterns, and a reason in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rtnb.server.brains.data import section
from rtnb.server.brains.task_order import Said
from rtnb.server.brains.words import plain, quoted

__all__ = ["Verdict", "verdict_on"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something is to be flagged, as what, and why."""

    flagged: bool
    category: str
    reason: str


def verdict_on(about: Sequence[Said]) -> Verdict:
    """What the patterns of the data file find; the user's words first.

    Examples
    --------
    >>> verdict_on([Said("user", "You are such an idiot!")]).category
    'harassment'
    >>> verdict_on([Said("user", "What is server VAD?")]).flagged
    False
    """
    rows: dict[str, Any] = section("moderation", "tasks.json")
    for said in sorted(about, key=lambda each: each.role != "user"):
        words = plain(said.text)
        for category, row in rows.items():
            if any(re.search(pattern, words) for pattern in row["patterns"]):
                return Verdict(True, category, f"{row['reason']}: {quoted(said.text, most_words=12)}")
    return Verdict(False, "", "nothing that was said is against the policy")
