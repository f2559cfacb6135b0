"""What Jupyter gets of a timeline: a card with its picture and tables, the picture alone, text."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rtnb._display import register
from rtnb.plots.canvas import Picture
from rtnb.plots.cards import facts_html
from rtnb.plots.grid import safe, wrap
from rtnb.plots.html import Html, css, tag
from rtnb.plots.palette import MUTED
from rtnb.plots.render import png
from rtnb.plots.sheet import Head, Sheet, sheet_text
from rtnb.plots.stills.image import image_html
from rtnb.plots.stills.plain_table import plain_table
from rtnb.plots.style import CARD, NOTE, PADDING, ROW, ink_css
from rtnb.plots.timeline.chart import timeline_picture
from rtnb.plots.timeline.content import active_span, latencies
from rtnb.plots.timeline.explained import explained_bundle
from rtnb.plots.timeline.sheets import (
    changes_sheet,
    event_lines,
    events_sheet,
    problems_sheet,
    times_sheet,
    turns_sheet,
)
from rtnb.plots.vad.board import Board, Table, board_bundle
from rtnb.plots.words import Fact, clipped, counted, duration
from rtnb.pricing import format_usd
from rtnb.session.timeline.placing import turn_starts
from rtnb.session.timeline.typical import typical_of
from rtnb.session.views.timing import Unit, in_words

if TYPE_CHECKING:
    from rtnb.session.timeline.comparing import Comparison
    from rtnb.session.timeline.timeline import Timeline

__all__ = ["comparison_bundle", "register_all", "timeline_bundle", "timeline_facts"]

COLUMNS = 100
TURN_ROWS, TIME_ROWS, EVENT_ROWS, PROBLEM_ROWS, TEXT_ROWS = 60, 80, 100, 40, 20
"""Rows of the tables in a notebook; the rest is counted. The page has more."""
SVG_LIMIT, PNG_CAP_BYTES, SPARE_CAP_BYTES = 90_000, 70_000, 30_000
"""Characters and bytes of the picture: an SVG, which follows the theme, where that is small; else a PNG. Notebooks,
GitHub and exports to HTML show the HTML, which has it; the PNG beside it is for what shows no HTML, such as an export
to LaTeX, and smaller."""
STILL_CAP = 250_000
"""Characters of all that together, which the caps above keep to."""


def timeline_bundle(
    timeline: Timeline,
    other: Timeline | None = None,
    *,
    span_s: tuple[float, float] | None = None,
    shift_s: float | None = None,
) -> dict[str, Any]:
    """What stays of a timeline in a saved notebook.

    Parameters
    ----------
    timeline : Timeline
    other : Timeline, optional
        A second run, drawn below the first.
    span_s : (float, float), optional
        From when to when, in seconds on the session's clock; everything that happened if not given.
    shift_s : float, optional
        What is added to the clock of the second run.
    """
    picture = timeline_picture(timeline, other, span_s=span_s, shift_s=shift_s)
    names = [name for name in (timeline.endpoint, timeline.model) if name]
    if other is not None:
        names.append(f"{timeline.name or 'this'} above {other.name or 'another'}")
    facts, foot = timeline_facts(timeline), _idle(timeline, span_s)
    problems, turns = problems_sheet(timeline, most=PROBLEM_ROWS), turns_sheet(timeline, most=TURN_ROWS)
    card = tag(
        "section",
        _row([tag("b", "Timeline"), *(tag("span", clipped(name, 200), style=ink_css(MUTED)) for name in names)]),
        _row(facts_html(facts)),
        image_html(picture, svg_limit=SVG_LIMIT, png_cap_bytes=PNG_CAP_BYTES),
        plain_table(problems, folded=counted(len(timeline.problems), "error")) if problems.rows else None,
        plain_table(turns, folded=counted(len(turn_starts(timeline)), "turn")) if turns.rows else None,
        [plain_table(sheet, folded=words) for words, sheet in _more(timeline) if sheet.rows],
        tag("div", foot, style=css(ink_css(MUTED), padding=f"4px {PADDING}")) if foot else None,
        aria_label="Timeline",
        style=CARD,
    )
    lines = wrap(safe(clipped(" · ".join(["Timeline", *names]), 400)), COLUMNS)
    lines += wrap(safe(" · ".join(map(str, facts))), COLUMNS)
    lines += wrap(safe(picture.alt), COLUMNS)
    for title, sheet in (("Errors", problems_sheet(timeline, most=TEXT_ROWS)),
                         ("Turns", turns_sheet(timeline, most=TEXT_ROWS))):  # fmt: skip
        lines += [title, *sheet_text(sheet, width=COLUMNS).split("\n")] if sheet.rows else []
    bundle: dict[str, Any] = {"text/html": str(card), "text/plain": "\n".join(line.rstrip() for line in lines)}
    return bundle | _spare(picture)


def _more(timeline: Timeline) -> list[tuple[str, Sheet]]:
    """What waits behind clicks."""
    events = f"{counted(len(timeline.columns), 'event')} in {counted(event_lines(timeline), 'line')}"
    return [
        (f"{counted(len(timeline.brackets), 'time')}, each with both its ends", times_sheet(timeline, most=TIME_ROWS)),
        ("settings", changes_sheet(timeline, most=PROBLEM_ROWS)),
        (events, events_sheet(timeline, most=EVENT_ROWS)),
    ]


def _row(children: Sequence[Html]) -> Html:
    return tag("div", [(" ", tag("span", child, style=NOTE)) for child in children], style=ROW)


def comparison_bundle(comparison: Comparison) -> dict[str, Any]:
    """Two runs, one above the other, and the medians of their latencies side by side."""
    first, second = comparison.first, comparison.second
    names = [each.name or each.model or "unnamed" for each in (first, second)]
    heads = (
        Head("median of", words=True, least="10em"), Head("above"), Head("below"), Head("difference"),
        Head("turns above"), Head("turns below"),
    )  # fmt: skip
    rows = tuple(
        (
            row.label, _said(row.first, row.unit), _said(row.second, row.unit), _signed(row.difference, row.unit),
            f"{row.first_n:,}", f"{row.second_n:,}",
        )
        for row in comparison.rows
    )  # fmt: skip
    picture = timeline_picture(first, second, shift_s=comparison.shift_s)
    notes = (f"above: {names[0]}", f"below: {names[1]}", f"aligned at {comparison.align}")
    drawn = image_html(picture, svg_limit=SVG_LIMIT, png_cap_bytes=PNG_CAP_BYTES)
    board = Board("Two timelines", notes, extra=(drawn,), tables=(Table(Sheet(heads, rows), "Latencies"),))
    return board_bundle(board) | _spare(picture)


def _spare(picture: Picture) -> dict[str, str]:
    """The picture for what shows no HTML."""
    if picture.empty:
        return {}
    data = png(picture.figure, cap_bytes=SPARE_CAP_BYTES, scale=1.0)
    return {"image/png": base64.b64encode(data).decode("ascii")}


def _said(value: float | None, unit: Unit) -> str:
    return "" if value is None else in_words(value, unit)


def _signed(value: float | None, unit: Unit) -> str:
    if value is None:
        return ""
    words = in_words(abs(value), unit)
    sign = "" if words in ("0 ms", "<1 ms", "0.0 ×") else "−" if value < 0 else "+"
    return f"{sign}{words}"


def timeline_facts(timeline: Timeline) -> list[Fact]:
    """How long, how many, how fast, how much."""
    facts = [
        Fact(("", duration(timeline.duration_s), "")),
        _counted(len(timeline.columns), "event"),
        _counted(len(turn_starts(timeline)), "turn"),
    ]
    if (typical := typical_of(latencies(timeline))) is not None:
        facts.append(Fact(("", typical.text, f" {typical.of}")))
    cut = [each for each in timeline.heard if each.cut]
    if cut:
        facts.append(Fact(("", f"{len(cut):,}", " interrupted")))
    if timeline.problems:
        facts.append(_counted(len(timeline.problems), "error"))
    if timeline.charges:
        facts.append(Fact(("", format_usd(float(timeline.charges[-1].running_usd)), "")))
    return facts


def _counted(count: int, noun: str) -> Fact:
    number, _, words = counted(count, noun).partition(" ")
    return Fact(("", number, f" {words}"))


def _idle(timeline: Timeline, span_s: tuple[float, float] | None) -> str:
    """What the picture leaves out at both ends, where that is much."""
    if span_s is not None:
        return f"Shown: {span_s[0]:.2f} s to {span_s[1]:.2f} s."
    low, high = active_span(timeline)
    rest_s = timeline.duration_s - (min(high, timeline.duration_s) - low)
    return f"Nothing happened in the other {duration(rest_s)}." if rest_s > 0.2 * max(timeline.duration_s, 1.0) else ""


def register_all() -> None:
    """Tell :mod:`rtnb._display` how a timeline draws itself."""
    from rtnb.session.timeline.comparing import Comparison
    from rtnb.session.timeline.explained import ExplainedEvents
    from rtnb.session.timeline.timeline import Timeline

    register(Timeline, timeline_bundle)
    register(Comparison, comparison_bundle)
    register(ExplainedEvents, explained_bundle)
