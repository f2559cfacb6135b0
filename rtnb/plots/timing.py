"""Times in tables: every figure between the names of its two events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rtnb.plots.grid import Column as TextColumn
from rtnb.plots.grid import grid, safe, wrap
from rtnb.plots.html import Child, Html, css, tag
from rtnb.plots.palette import MUTED
from rtnb.plots.stills.image import image_html
from rtnb.plots.style import BREAK, CARD, NOTE, PADDING, ROW, ink_css
from rtnb.plots.tables import Column, table_html
from rtnb.plots.timing_chart import letters_of, timing_picture
from rtnb.plots.words import counted
from rtnb.session.views.timing import AUDIBLE, Interval, Kind, Timing, Unit, definitions, in_words
from rtnb.session.views.timing_report import SPLITS, Split, Statistic, TimingReport

__all__ = ["times_table", "timing_card", "timing_text", "turn_times_card", "turn_times_text"]

WIDTH = 100

KIND_WORDS: dict[Split, str] = {
    "all": "all",
    "ordinary": "ordinary",
    "first": "first",
    "tool": "tool",
    "after_truncation": "after truncation",
    "interrupted": "interrupted",
}


def _named(name: str) -> Html:
    """What it is called in tables and in code, with what it tells."""
    meant = definitions().get(name)
    code = tag("small", name, style=css(ink_css(MUTED), font_family="monospace"))
    if meant is None:
        return tag("span", code)
    return tag("span", meant.label, tag("br"), code, title=meant.sentence)


def _ends(start: str, end: str) -> Html:
    return tag("span", f"{start} → {end}", style=css(ink_css(MUTED), font_size="0.92em"))


def times_table(timing: Timing, letters: Mapping[str, str] | None = None) -> Html:
    """The times of one turn; `letters` are what a picture above calls both ends of each."""
    shown = [Column("", words=True)] if letters else []
    columns = [Column("time", words=True), Column("value"), *shown, Column("from → to", words=True)]
    rows: list[list[Child]] = [
        [
            _named(each.name),
            _measured(each),
            *([tag("span", letters[each.name], style="white-space:nowrap")] if letters else []),
            _ends(each.start_event, each.end_event),
        ]
        for each in timing.values()
    ]
    return table_html(columns, rows, caption="")


def _measured(each: Interval) -> Html:
    value = tag("b", each.text)
    return tag("span", value, " ", tag("small", "reckoned", style=ink_css(MUTED))) if each.reckoned else value


def turn_times_card(timing: Timing) -> Html:
    """The times of one turn, on their own."""
    heading = tag("div", tag("b", "Timing of a turn", style=NOTE), style=ROW)
    nothing = tag("div", tag("span", "nothing was timed", style=ink_css(MUTED)), style=ROW)
    if not timing:
        return tag("section", heading, nothing, aria_label="Timing", style=CARD)
    image, table = image_html(timing_picture(timing)), times_table(timing, letters_of(timing))
    return tag("section", heading, image, table, aria_label="Timing", style=CARD)


def turn_times_text(timing: Timing) -> str:
    """The times of one turn for a terminal."""
    if not timing:
        return "nothing was timed"
    width = max(len(name) for name in timing)
    found = timing.values()
    room = max(9, *(len(each.words) for each in found))
    lines = (f"{each.name:<{width}}  {each.words:>{room}}  {each.start_event} → {each.end_event}" for each in found)
    return "\n".join(lines)


def timing_card(report: TimingReport) -> Html:
    """The times of many turns: percentiles with both ends, and behind a click those of unlike turns."""
    head = tag("b", "Timing")
    words = _subject(report)
    heading = tag("div", tag("span", head, " ", tag("span", words, style=ink_css(MUTED)), style=NOTE), style=ROW)
    found = [each for name in definitions() if (each := report.get(name)) is not None]
    if not found:
        return tag("section", heading, aria_label="Timing", style=CARD)
    return tag(
        "section",
        heading,
        _percentiles(found),
        _by_kind(report, found),
        tag("div", _small_print(report), style=css(ink_css(MUTED), BREAK, margin=f"0 {PADDING}", padding="4px 8px")),
        aria_label="Timing",
        style=CARD,
    )


def _subject(report: TimingReport) -> str:
    sessions = len(report.sessions)
    of = f" of {sessions} sessions" if sessions > 1 else f" of {report.sessions[0]}" if report.sessions else ""
    return f"{counted(len(report.turns), 'turn')}{of}"


def _percentiles(found: Sequence[Statistic]) -> Html:
    columns = [
        Column("time", words=True, width="26%", least="9em"),
        Column("from → to", words=True, width="34%", least="12em"),
        *(Column(name) for name in ("n", "p50", "p90", "p95", "max")),
    ]
    rows: list[list[Child]] = [
        [
            _named(each.definition.name),
            _ends(each.definition.start, each.definition.end),
            f"{each.n:,}",
            tag("b", _value(each.p50, each.definition.unit)),
            *(_value(value, each.definition.unit) for value in (each.p90, each.p95, each.max)),
        ]
        for each in found
    ]
    return table_html(columns, rows, caption="", full=True)


def _by_kind(report: TimingReport, found: Sequence[Statistic]) -> Html | None:
    """The medians of each kind of turns beside each other."""
    kinds = _kinds(report)
    if len(kinds) < 2:
        return None
    columns = [Column("median (n)", words=True), *(Column(KIND_WORDS[kind]) for kind in kinds)]
    rows = [
        [each.definition.label, *(_median(report.get(each.definition.name, kind)) for kind in kinds)] for each in found
    ]
    summary = tag("summary", "by kind of turn: " + ", ".join(KIND_WORDS[kind] for kind in kinds))
    return tag("details", summary, table_html(columns, rows, caption=""), style=css(padding=f"6px {PADDING} 0"))


def _kinds(report: TimingReport) -> list[Split]:
    present: set[Kind] = {kind for turn in report.turns for kind in turn.timing.kinds}
    ordinary = any(not turn.timing.kinds for turn in report.turns)
    return [split for split in SPLITS if split in present or (split == "ordinary" and ordinary)]


def _median(found: Statistic | None) -> str:
    return "–" if found is None else f"{_value(found.p50, found.definition.unit)} ({found.n:,})"


def _value(value: float, unit: Unit) -> str:
    return in_words(value, unit)


def _small_print(report: TimingReport) -> str:
    notes = ["Percentiles are interpolated linearly (numpy.percentile)."]
    if any(report.get(name) for name in ("silence_pad", "response_latency", "turn_gap")):
        notes.append(f"Audible: {AUDIBLE[0].lower()}{AUDIBLE[1:]}")
    reckoned = {each.name for turn in report.turns for each in turn.timing.values() if each.reckoned}
    if reckoned:
        labels = [meant.label for name, meant in definitions().items() if name in reckoned]
        notes.append(f"Playback is reckoned at the pace of speech where no player reported: {', '.join(labels)}.")
    return " ".join(notes)


def timing_text(report: TimingReport) -> str:
    """The times of many turns for a terminal."""
    found = [each for name in definitions() if (each := report.get(name)) is not None]
    head = f"Timing: {safe(_subject(report))}"
    if not found:
        return f"{head}, nothing timed"
    names = ("n", "p50", "p90", "p95", "max")
    columns = [TextColumn("time, from → to", stretch=1), *(TextColumn(name, right=True) for name in names)]
    blocks = [
        [
            [f"{each.definition.name}: {each.definition.label}", f"{each.definition.start} → {each.definition.end}"],
            [f"{each.n:,}"],
            *([_value(value, each.definition.unit)] for value in (each.p50, each.p90, each.p95, each.max)),
        ]
        for each in found
    ]
    lines = [head, grid(columns, blocks, width=WIDTH), *wrap(_small_print(report), WIDTH)]
    kinds = _kinds(report)
    if len(kinds) > 1:
        columns = [TextColumn("median (n)"), *(TextColumn(KIND_WORDS[kind], right=True) for kind in kinds)]
        blocks = [
            [[each.definition.name], *([_median(report.get(each.definition.name, kind))] for kind in kinds)]
            for each in found
        ]
        lines.append(grid(columns, blocks, width=WIDTH, ruled=(0,)))
    return "\n".join(lines)
