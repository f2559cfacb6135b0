"""Two sessions on one axis: shifted so that the same moment of both lies at the same place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Literal, TypeAlias

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.session.views.timing import Unit, definitions, in_words

if TYPE_CHECKING:
    from rtnb.session.timeline.timeline import Timeline

__all__ = ["Align", "Comparison", "LatencyRow", "compared", "turn_start_s"]

Align: TypeAlias = Literal["auto", "start", "speech", "response"] | int
"""What of both lies at the same place: the beginning, the first speech, the first response, or a turn by its index."""

_WORDS = ("auto", "start", "speech", "response")


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
        What that moment is, in words.
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
    first_s, second_s, words = _anchors(first, second, align)
    return Comparison(first, second, first_s - second_s, words, tuple(_rows(first, second)))


def _anchors(first: Timeline, second: Timeline, align: Align) -> tuple[float, float, str]:
    if isinstance(align, bool) or not (isinstance(align, int) or align in _WORDS):
        raise ConfigError(f"align={align!r} is none of {', '.join(map(repr, _WORDS))}, nor the index of a turn.")
    if isinstance(align, int):
        moments = [turn_start_s(each, align) for each in (first, second)]
        if moments[0] is None or moments[1] is None:
            lacking = "first" if moments[0] is None else "second"
            raise ConfigError(f"The {lacking} timeline has no turn {align}: align='start' needs none.")
        return moments[0], moments[1], f"turn {align}"
    ways: tuple[str, ...] = ("speech", "response", "start") if align == "auto" else (align,)
    for way in ways:
        ones, others = _moment(first, way), _moment(second, way)
        if ones is not None and others is not None:
            words = {"start": "the start", "speech": "the first speech", "response": "the first response"}[way]
            return ones, others, words
    raise ConfigError(f"One of the two timelines has no {align}: align='start' needs none.")


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
