"""What can be timed in a turn: definitions that name both their ends, and what a turn measured of them.

Tools that measure voice agents differ by half a second for one turn because they start and stop at different events.
Here every figure carries its two events, and no two figures share a name. The definitions are data
(``timing.json``): tables, documentation and checks are made of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

from rtnb._display import Drawable

__all__ = [
    "AUDIBLE",
    "PERCENTILES",
    "Definition",
    "Interval",
    "Kind",
    "Timing",
    "definitions",
    "definitions_table",
    "in_words",
]

Unit = Literal["s", "x"]
"""Seconds, or times real time."""

Kind = Literal["first", "tool", "after_truncation", "interrupted"]
"""What sets a turn apart where times are compared: the first of its session, one that called functions, the first
after a truncation (which empties the prompt cache behind the cut), and one whose answer was cut short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One thing that can be timed.

    Parameters
    ----------
    name : str
        Its name in code, such as ``"ttfa_vad"``.
    label : str
        Its name in tables.
    start, end : str
        The two events.
    unit : {"s", "x"}
        Seconds; ``"x"`` is seconds of audio in a second.
    sentence : str
        What it tells.
    source : str
        Where the definition comes from, or who else measures it.
    """

    name: str
    label: str
    start: str
    end: str
    unit: Unit
    sentence: str
    source: str


@cache
def _data() -> Mapping[str, Any]:
    text = resources.files("rtnb.session.views").joinpath("timing.json").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


@cache
def definitions() -> Mapping[str, Definition]:
    """All definitions by name, in the order of tables.

    Examples
    --------
    >>> definitions()["ttfa_response"].start, definitions()["ttfa_response"].end
    ('response.created received', 'first output_audio.delta received')
    """
    return {entry["name"]: Definition(**entry) for entry in _data()["definitions"]}


AUDIBLE: str = _data()["audible"]
"""What is called audible."""

PERCENTILES: str = _data()["percentiles"]
"""How percentiles are computed."""

KINDS: tuple[Kind, ...] = get_args(Kind)


def definitions_table() -> str:
    """The definitions as a table in Markdown, for documentation.

    Examples
    --------
    >>> print(definitions_table().splitlines()[0])
    | name | from | to | unit | what it tells |
    """
    rows = ["| name | from | to | unit | what it tells |", "|---|---|---|---|---|"]
    rows += [f"| `{d.name}` | {d.start} | {d.end} | {d.unit} | {d.sentence} |" for d in definitions().values()]
    return "\n".join(rows)


def in_words(value: float, unit: Unit) -> str:
    """A value with its unit; short times in milliseconds.

    Examples
    --------
    >>> in_words(0.42, "s"), in_words(0.0453, "s"), in_words(0.0002, "s"), in_words(-3.02, "s"), in_words(3.31, "x")
    ('0.42 s', '45 ms', '<1 ms', '−3.02 s', '3.3 ×')
    """
    if unit == "x":
        return f"{value:.1f} ×"
    if 0 < abs(value) < 0.0005:
        return "<1 ms"
    sign, long = "−" if value < 0 else "", abs(value)
    return f"{sign}{long:.2f} s" if long >= 0.0995 else f"{sign}{long * 1000:.0f} ms"


@dataclass(frozen=True, slots=True)
class Interval:
    """One measured time, with both its ends.

    Parameters
    ----------
    name : str
        Of the definition.
    start_event, end_event : str
        The two events.
    start_s, end_s : float
        When, on the session's clock.
    value : float
        In `unit`: seconds from start to end, or seconds of audio in a second.
    unit : {"s", "x"}
    reckoned : bool
        Whether an end of it is a moment of playback that no player reported: rtnb reckons it at the pace of speech.

    Examples
    --------
    >>> print(Interval.of("ttfa_response", 1.0, 1.42))
    0.42 s response.created received → first output_audio.delta received
    """

    name: str
    start_event: str
    start_s: float
    end_event: str
    end_s: float
    value: float
    unit: Unit = "s"
    reckoned: bool = False

    @classmethod
    def of(
        cls, name: str, start_s: float, end_s: float, value: float | None = None, *, reckoned: bool = False
    ) -> Interval:
        """The interval of a definition; `value` where it is not the seconds between both ends."""
        meant, lasted = definitions()[name], end_s - start_s if value is None else value
        return cls(name, meant.start, start_s, meant.end, end_s, lasted, meant.unit, reckoned)

    @property
    def text(self) -> str:
        """The value with its unit, as people read it."""
        return in_words(self.value, self.unit)

    @property
    def words(self) -> str:
        """The value, and whether it is reckoned."""
        return f"{self.text} reckoned" if self.reckoned else self.text

    def __str__(self) -> str:
        return f"{self.words} {self.start_event} → {self.end_event}"


@dataclass(frozen=True, slots=True, repr=False)
class Timing(Mapping[str, Interval], Drawable):
    """What one turn measured, by the name of the definition; what did not happen in it is missing.

    Examples
    --------
    >>> timing = Timing((Interval.of("ttfa_response", 1.0, 1.42),), kinds=("first",))
    >>> timing["ttfa_response"].value, list(timing), timing.kinds
    (0.41999999999999993, ['ttfa_response'], ('first',))
    >>> timing
    Timing(ttfa_response 0.42 s)
    """

    intervals: tuple[Interval, ...] = ()
    kinds: tuple[Kind, ...] = ()
    """What sets this turn apart."""

    def __getitem__(self, name: str) -> Interval:
        for interval in self.intervals:
            if interval.name == name:
                return interval
        if name in definitions():
            raise KeyError(f"{name} was not measured in this turn: {definitions()[name].sentence}")
        raise KeyError(f"{name!r} is no timing; there are: {', '.join(definitions())}")

    def __iter__(self) -> Iterator[str]:
        return (interval.name for interval in self.intervals)

    def __len__(self) -> int:
        return len(self.intervals)

    def __repr__(self) -> str:
        return f"Timing({', '.join(f'{each.name} {each.text}' for each in self.intervals)})"
