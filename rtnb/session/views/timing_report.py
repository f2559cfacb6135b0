"""Times of many turns together: percentiles of each definition, and of the turns that are not like the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from rtnb._display import Drawable
from rtnb.errors import ConfigError
from rtnb.session.views.shapes import TurnView
from rtnb.session.views.timing import KINDS, Definition, Kind, Timing, definitions, in_words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Split", "Statistic", "TimedTurn", "TimingReport", "timing"]

Split = Literal["all", "ordinary"] | Kind
"""Which turns: all, those that nothing sets apart, or one kind of the others."""

SPLITS: tuple[Split, ...] = ("all", "ordinary", *KINDS)


@dataclass(frozen=True, slots=True)
class Statistic:
    """A definition over some turns.

    Parameters
    ----------
    definition : Definition
    split : str
        Which turns: ``all``, ``ordinary``, ``first``, ``tool``, ``after_truncation`` or ``interrupted``.
    n : int
        How many of them measured it.
    p50, p90, p95, max : float
        In the unit of the definition. Percentiles are interpolated linearly between the two nearest values, as
        ``numpy.percentile`` does by default; with few values the high ones say little more than the maximum.
    """

    definition: Definition
    split: Split
    n: int
    p50: float
    p90: float
    p95: float
    max: float

    @classmethod
    def of(cls, definition: Definition, split: Split, values: Sequence[float]) -> Statistic:
        """Over one value or more.

        Examples
        --------
        >>> found = Statistic.of(definitions()["ttfa_response"], "all", [1.0, 2.0, 3.0, 5.0])
        >>> found.n, found.p50, round(found.p90, 3), found.max
        (4, 2.5, 4.4, 5.0)
        """
        p50, p90, p95 = (float(each) for each in np.percentile(values, (50, 90, 95)))
        return cls(definition, split, len(values), p50, p90, p95, float(max(values)))


@dataclass(frozen=True, slots=True)
class TimedTurn:
    """The timing of one turn, and where it comes from."""

    session: str
    index: int
    timing: Timing


@dataclass(frozen=True, slots=True, repr=False)
class TimingReport(Drawable):
    """Times over a session, or over several; draws itself as a table that names both ends of each figure.

    Examples
    --------
    >>> from rtnb.session.views.timing import Interval
    >>> turns = [TimedTurn("talk", i, Timing((Interval.of("ttfa_response", 0.0, 0.4 + i / 10),))) for i in range(3)]
    >>> report = TimingReport(tuple(turns))
    >>> report
    TimingReport(3 turns, ttfa_response p50 0.50 s)
    >>> print(report)  # doctest: +ELLIPSIS
    TimingReport(3 turns, ttfa_response p50 0.50 s)
      name           from → to ... n     p50     p90     p95     max
      ttfa_response  ...
    >>> report["ttfa_response"].n, report.get("ttfa_vad") is None
    (3, True)
    """

    turns: tuple[TimedTurn, ...] = ()

    @property
    def sessions(self) -> tuple[str, ...]:
        """Names of the sessions, in order."""
        return tuple(dict.fromkeys(turn.session for turn in self.turns))

    def values(self, name: str, split: Split = "all") -> list[float]:
        """What the turns measured of a definition, in order."""
        _known(name)
        chosen = (turn.timing for turn in self.turns if _belongs(turn.timing, split))
        return [each.value for timing in chosen for each in timing.intervals if each.name == name]

    def get(self, name: str, split: Split = "all") -> Statistic | None:
        """Percentiles of a definition over some turns; None where none of them measured it.

        Raises
        ------
        ConfigError
            There is no such definition or split.
        """
        if split not in SPLITS:
            raise ConfigError(f"{split!r:.60} is no kind of turns; there are: {', '.join(SPLITS)}.")
        found = self.values(name, split)
        return Statistic.of(definitions()[name], split, found) if found else None

    def __getitem__(self, name: str) -> Statistic:
        found = self.get(name)
        if found is None:
            raise KeyError(f"no turn measured {name}: {definitions()[name].sentence}")
        return found

    def statistics(self) -> list[Statistic]:
        """Every definition over every kind of turns, where there is anything to count."""
        return [found for name in definitions() for split in SPLITS if (found := self.get(name, split)) is not None]

    @property
    def frame(self) -> pd.DataFrame:
        """The statistics as a table of pandas: a row for each definition and kind of turns."""
        import pandas as pd

        rows = [
            {
                "name": each.definition.name, "split": each.split, "start": each.definition.start,
                "end": each.definition.end, "unit": each.definition.unit, "n": each.n, "p50": each.p50,
                "p90": each.p90, "p95": each.p95, "max": each.max,
            }
            for each in self.statistics()
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["name", "split", "start", "end", "unit", "n", "p50", "p90", "p95", "max"])

    def records(self) -> list[dict[str, Any]]:
        """What each turn measured, one row for each figure."""
        return [
            {
                "session": turn.session, "turn": turn.index, "name": each.name, "start": each.start_event,
                "start_s": each.start_s, "end": each.end_event, "end_s": each.end_s, "value": each.value,
                "unit": each.unit, **{kind: kind in turn.timing.kinds for kind in KINDS},
            }
            for turn in self.turns
            for each in turn.timing.values()
        ]  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """:meth:`records` as a table of pandas."""
        import pandas as pd

        columns = ["session", "turn", "name", "start", "start_s", "end", "end_s", "value", "unit", *KINDS]
        return pd.DataFrame(self.records(), columns=columns)

    def __repr__(self) -> str:
        count = len(self.turns)
        parts = [f"{count:,} turn{'' if count == 1 else 's'}"]
        for name in ("response_latency", "ttfa_vad", "ttfa_response", "ttft_text"):
            if (found := self.get(name)) is not None:
                parts.append(f"{name} p50 {found.p50:.2f} s")
                break
        return f"TimingReport({', '.join(parts)})"

    def __str__(self) -> str:
        found = [each for name in definitions() if (each := self.get(name)) is not None]
        if not found:
            return repr(self)
        table: list[tuple[str, ...]] = [("name", "from → to", "n", "p50", "p90", "p95", "max")]
        for each in found:
            meant = each.definition
            figures = (in_words(value, meant.unit) for value in (each.p50, each.p90, each.p95, each.max))
            table.append((meant.name, f"{meant.start} → {meant.end}", f"{each.n:,}", *figures))
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = (
            "  ".join(cell.ljust(width) if i < 2 else cell.rjust(width) for i, (cell, width) in enumerate(cells))
            for row in table
            if (cells := list(zip(row, widths, strict=True)))
        )
        return "\n".join([repr(self), *(f"  {line}".rstrip() for line in lines)])


def _known(name: str) -> None:
    if name not in definitions():
        raise ConfigError(f"{name!r:.60} is no timing; there are: {', '.join(definitions())}.")


def _belongs(timing: Timing, split: Split) -> bool:
    if split == "all":
        return True
    return not timing.kinds if split == "ordinary" else split in timing.kinds


def timing(*sources: object) -> TimingReport:
    """Times of sessions, recordings, runs and turns, as percentiles.

    Parameters
    ----------
    *sources
        Sessions, recordings, runs, turns, their views, or lists of these.

    Returns
    -------
    TimingReport

    Raises
    ------
    ConfigError
        Something else was given.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     turn = s.ask("What is 6 times 7?")
    >>> timing(s)["ttft_text"].n
    1
    """
    found: list[TimedTurn] = []
    names: dict[str, int] = {}
    for source in _flat(sources):
        name, turns = _turns_of(source)
        names[name] = names.get(name, 0) + 1
        label = name if names[name] == 1 else f"{name} ({names[name]})"
        found += [TimedTurn(label, turn.index, turn.timing) for turn in turns]
    return TimingReport(tuple(found))


def _flat(sources: Iterable[object]) -> Iterator[object]:
    for source in sources:
        # Sessions and runs are no lists, though they may be iterated over one day.
        several = isinstance(source, Iterable) and not isinstance(source, str | bytes | Mapping)
        if several and not hasattr(source, "view") and not hasattr(source, "timing"):
            yield from _flat(source)  # type: ignore[arg-type]
        else:
            yield source


def _turns_of(source: object) -> tuple[str, Sequence[TurnView]]:
    if isinstance(source, TurnView):
        return source.endpoint, [source]
    view = source
    if callable(look := getattr(source, "view", None)):
        view = look()
    if isinstance(view, TurnView):
        return view.endpoint, [view]
    turns = getattr(view, "turns", None)
    if isinstance(turns, Sequence) and all(isinstance(turn, TurnView) for turn in turns):
        name = getattr(source, "name", "") or getattr(view, "source", "") or getattr(view, "endpoint", "")
        return str(name or "session"), turns
    raise ConfigError(
        f"Times are taken of sessions, recordings, runs and turns, not of {source!r:.80}. "
        "Read a file with rtnb.replay('talk.rtnb') first."
    )
