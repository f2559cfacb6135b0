"""Spans of days: what a name stood for when, and what is left of a span beside another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, TypeVar

from rtnb.pricing.prices.rows import Rates, earlier

__all__ = ["Alias", "by_name", "end_of", "holding", "outside", "overlap"]


@dataclass(frozen=True, slots=True)
class Alias:
    """What an undated name stood for over some days; `model` is None where not known, `why` says on what grounds.

    Examples
    --------
    >>> alias = Alias("gpt-realtime", "gpt-realtime-2025-08-28", date(2025, 8, 28), None, "The only snapshot.")
    >>> alias.holds(date(2026, 1, 31)), alias.holds(date(2025, 8, 27))
    (True, False)
    """

    name: str
    model: str | None
    valid_from: date
    valid_to: date | None
    why: str

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


Span = TypeVar("Span", Rates, Alias)


def by_name(entries: Iterable[Mapping[str, Any]]) -> dict[str, list[Alias]]:
    """Entries of the carried table, by the name that they are of."""
    found: dict[str, list[Alias]] = {}
    for entry in entries:
        first, last = date.fromisoformat(entry["valid_from"]), entry["valid_to"]
        alias = Alias(
            entry["alias"], entry["model"], first, None if last is None else date.fromisoformat(last), entry["why"]
        )
        found.setdefault(alias.name, []).append(alias)
    return found


def holding(aliases: Sequence[Alias], day: date) -> Alias | None:
    """The one that holds on a day, or None."""
    return next((alias for alias in aliases if alias.holds(day)), None)


def end_of(span: Rates | Alias) -> date | None:
    """The last day of a span, or None while it holds."""
    return span.valid_to if isinstance(span, Alias) else span.last_day


def overlap(a: Rates, b: Rates) -> bool:
    """Whether two rows share a day."""
    first, last = max(a.valid_from, b.valid_from), earlier(a.valid_to, b.valid_to)
    return last is None or first <= last


def outside(old: Span, new: Rates) -> list[Span]:
    """What is left of a span on the days on which `new` does not hold."""
    if old.valid_to is not None and old.valid_to < new.valid_from:
        return [old]
    left: list[Span] = []
    if old.valid_from < new.valid_from:
        left.append(replace(old, valid_to=new.valid_from - timedelta(days=1)))
    if new.valid_to is not None and (old.valid_to is None or new.valid_to < old.valid_to):
        left.append(replace(old, valid_from=max(old.valid_from, new.valid_to + timedelta(days=1))))
    return left
