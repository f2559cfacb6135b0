"""What :func:`rtnb.explain` gives: one thing of the protocol, in words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from rtnb._display import Drawable
from rtnb.protocol.faults import severities

__all__ = ["SEVERAL", "Explanation", "explanation_text", "facts_of", "shortened"]

SEVERAL = "several things"
"""The kind of an explanation that only holds others."""

_WIDTH = 100
_LEAST = 40
_SHOWN = 8
"""So many names of a long list are shown."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Explanation(Drawable):
    """One event, member, error, outcome or status, in words.

    Attributes
    ----------
    name : str
        What was asked for.
    kind : str
        Such as ``"client event"``, ``"member"``, ``"error"``, ``"close code"``.
    means, do : str
        What it means, and what to do.
    sender : str
        Who sends it: ``"client"``, ``"server"``, ``"rtnb"``, or both.
    beta, ga : str
        Its name in the other shape of the protocol, where that differs.
    before, after : tuple of str
        What usually comes before it and follows it.
    places : tuple of str
        Paths of a member.
    events : tuple of str
        Events with that member.
    type : str
        JSON type of a member.
    values : tuple of (str, str)
        Values of a member that have a meaning of their own.
    members : tuple of (str, str)
        Members of an event, with their types.
    severity, sample : str
        Of an error: how bad it is, and how it reads.
    see : tuple of str
        What else to look up.
    parts : tuple of Explanation
        More about it: what the name means elsewhere, or how this very response ended.

    Examples
    --------
    >>> from rtnb.protocol.explain import explain
    >>> explain(1009).do
    'Raise max_size in your client, and send audio in small appends.'
    """

    name: str
    kind: str
    means: str
    do: str = ""
    sender: str = ""
    beta: str = ""
    ga: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    type: str = ""
    values: tuple[tuple[str, str], ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    severity: str = ""
    sample: str = ""
    see: tuple[str, ...] = ()
    parts: tuple[Explanation, ...] = ()

    def __repr__(self) -> str:
        return explanation_text(self)

    def as_dict(self) -> dict[str, Any]:
        """What there is to say, for JSON; empty members are left out."""
        found: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "parts":
                value = [part.as_dict() for part in value]
            elif field.name in ("values", "members"):
                value = dict(value)
            elif isinstance(value, tuple):
                value = list(value)
            if value:
                found[field.name] = value
        return found


def shortened(names: Sequence[str], most: int = _SHOWN) -> str:
    """Names in a row, the rest of a long list counted.

    Examples
    --------
    >>> shortened(["a", "b", "c", "d"], most=2)
    'a, b and 2 more'
    """
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def explanation_text(found: Explanation, *, width: int = _WIDTH) -> str:
    """What a terminal of `width` columns shows.

    Examples
    --------
    >>> print(explanation_text(Explanation(name="1005", kind="close code", means="No code.", do="Connect again.")))
    1005 (close code)
      No code.
      do         Connect again.
    """
    return "\n".join(_lines(found, max(width, _LEAST)))


def facts_of(found: Explanation) -> Iterator[tuple[str, str]]:
    """What there is to say beside the meaning, each with its label, in order."""
    yield "sent by", found.sender
    yield "severity", f"{found.severity}: {severities()[found.severity]}" if found.severity else ""
    yield "reads", found.sample
    yield "beta name", found.beta
    yield "GA name", found.ga
    yield "type", found.type
    yield "path", shortened(found.places)
    yield "in", shortened(found.events)
    yield "before", shortened(found.before)
    yield "after", shortened(found.after)
    yield "do", found.do
    yield "see", shortened(found.see)


def _lines(found: Explanation, width: int) -> Iterator[str]:
    if found.kind == SEVERAL:
        yield from textwrap.wrap(found.means, width)
    else:
        yield from textwrap.wrap(f"{found.name} ({found.kind})", width, break_long_words=False, break_on_hyphens=False)
        yield from textwrap.wrap(found.means, width, initial_indent="  ", subsequent_indent="  ")
        for label, words in facts_of(found):
            if words:
                yield from _labelled(label, words, width)
        for label, pairs in (("values", found.values), ("members", found.members)):
            for at, (name, words) in enumerate(pairs):
                yield from _labelled("" if at else label, f"{name}: {words}" if words else name, width)
    for part in found.parts:
        yield ""
        yield from _lines(part, width)


def _labelled(label: str, words: str, width: int) -> list[str]:
    return textwrap.wrap(
        words, width, initial_indent=f"  {label:<10} ", subsequent_indent=" " * 13,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
