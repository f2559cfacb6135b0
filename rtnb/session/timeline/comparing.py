"""Two sessions on one axis: shifted so that the same moment of both lies at the same place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

import numpy as np

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.session.views.timing import Unit, definitions, in_words

if TYPE_CHECKING:
    from rtnb.session.timeline.timeline import Timeline

__all__ = [
    "WAYS",
    "Align",
    "Aligned",
    "Comparison",
    "LatencyRow",
    "aligned",
    "checked_align",
    "compared",
    "turn_start_s",
]

Align: TypeAlias = Literal["auto", "start", "speech", "response"] | int
"""What of both lies at the same place: the beginning, the first speech, the first response, or a turn by its index."""

WAYS: Final[Mapping[str, str]] = {
    "auto": "by itself",
    "start": "at the start",
    "speech": "at the first speech",
    "response": "at the first response",
}
"""The ways that have names, in the words that pictures and pages say: *aligned at the first speech*."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """How two timelines lie on one axis.

    Parameters
    ----------
    shift_s : float
        Added to every time of the second.
    words : str
        At what: *at the first speech*.
    """

    shift_s: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyRow:
    """One latency in both sessions: how often it was measured, and its median.

    Parameters
    ----------
    name, label : str
        Of its definition.
    first, second : float or None
        Medians, in `unit`; None where it was not measured.
    first_n, second_n : int
        How many turns measured it.
    """

    name: str
    label: str
    unit: Unit
    first: float | None
    second: float | None
    first_n: int
    second_n: int

    @property
    def difference(self) -> float | None:
        """The second less the first; None where one of them is missing."""
        return None if self.first is None or self.second is None else self.second - self.first

    def __str__(self) -> str:
        def said(value: float | None) -> str:
            return "–" if value is None else in_words(value, self.unit)

        return f"{self.label}: {said(self.first)} / {said(self.second)}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison(Drawable):
    """Two timelines, one above the other.

    Parameters
    ----------
    first, second : Timeline
    shift_s : float
        Added to every time of the second, so that both have the same moment at the same place.
    align : str
        What that moment is, in words: *the first speech*.
    rows : tuple of LatencyRow
        Latencies that either has measured, in the order of tables.
    """

    first: Timeline
    second: Timeline
    shift_s: float
    align: str
    rows: tuple[LatencyRow, ...]

    @property
    def start_s(self) -> float:
        """Where the axis begins, on the clock of the first."""
        return min(self.first.start_s, self.second.start_s + self.shift_s)

    @property
    def end_s(self) -> float:
        """Where the axis ends."""
        return max(self.first.duration_s, self.second.duration_s + self.shift_s)

    def to_frame(self) -> object:
        """A pandas DataFrame, a row a latency."""
        import pandas as pd

        names = ("name", "label", "unit", "first", "first_n", "second", "second_n", "difference")
        return pd.DataFrame([{name: getattr(row, name) for name in names} for row in self.rows], columns=list(names))

    def __repr__(self) -> str:
        lines = [f"Comparison({self.first!r}, {self.second!r}, aligned at {self.align})"]
        return "\n".join([*lines, *(f"  {row}" for row in self.rows)])


def compared(first: Timeline, second: Timeline, align: Align = "auto") -> Comparison:
    """Two timelines on one axis; see :meth:`Timeline.against`.

    Raises
    ------
    ConfigError
        There is no such way to align them, or one of them has no such moment.
    """
    found = aligned(first, second, align)
    return Comparison(first, second, found.shift_s, found.words.removeprefix("at "), tuple(_rows(first, second)))


def checked_align(align: object) -> Align:
    """A way to align two timelines: a name, or the index of a turn.

    Raises
    ------
    ConfigError
        There is no such way.

    Examples
    --------
    >>> checked_align("speech"), checked_align(2)
    ('speech', 2)
    """
    if isinstance(align, str) and align in WAYS:
        return cast("Align", align)
    if not isinstance(align, bool) and isinstance(align, int | np.integer) and align >= 0:
        return int(align)
    raise ConfigError(f"align is one of {', '.join(map(repr, WAYS))} or the index of a turn, not {align!r:.60}.")


def aligned(first: Timeline, second: Timeline, align: Align = "auto") -> Aligned:
    """Where the second of two timelines lies on the clock of the first.

    Raises
    ------
    ConfigError
        There is no such way to align them, or one of them has no such moment.
    """
    align = checked_align(align)
    if isinstance(align, int):
        one, other = turn_start_s(first, align), turn_start_s(second, align)
        if one is None or other is None:
            raise _lacking("first" if one is None else "second", f"turn {align} (they count from 0)")
        return Aligned(one - other, f"at turn {align + 1}")
    ways: tuple[str, ...] = ("speech", "response", "start") if align == "auto" else (align,)
    for way in ways:
        one, other = _moment(first, way), _moment(second, way)
        if one is not None and other is not None:
            return Aligned(one - other, WAYS[way])
    raise _lacking("first" if _moment(first, str(align)) is None else "second", str(align))


def _lacking(which: str, what: str) -> ConfigError:
    return ConfigError(f"The {which} of the two timelines has no {what}: align='start' needs none.")


def _moment(timeline: Timeline, way: str) -> float | None:
    if way == "speech":
        return timeline.speech[0].onset_s if timeline.speech else None
    if way == "response":
        return timeline.responses[0].created_s if timeline.responses else None
    return 0.0


def turn_start_s(timeline: Timeline, turn: int) -> float | None:
    """When a turn began: with its first speech, or with what was sent or answered first; None for no such turn."""
    spoken = [span.onset_s for span in timeline.speech if span.turn == turn]
    if spoken:
        return min(spoken)
    moments = [commit.sent_s or commit.t_s for commit in timeline.commits if commit.turn == turn]
    for response in timeline.responses:
        if response.turn == turn:
            moments.append(response.created_s if response.requested_s is None else response.requested_s)
    moments += [each.start_s for each in timeline.transcripts if each.turn == turn]
    return min(moments) if moments else None


def _rows(first: Timeline, second: Timeline) -> Iterable[LatencyRow]:
    for name, meant in definitions().items():
        ones = [bracket.value for bracket in first.brackets if bracket.name == name]
        others = [bracket.value for bracket in second.brackets if bracket.name == name]
        if ones or others:
            yield LatencyRow(
                name=name,
                label=meant.label,
                unit=meant.unit,
                first=median(ones) if ones else None,
                second=median(others) if others else None,
                first_n=len(ones),
                second_n=len(others),
            )
