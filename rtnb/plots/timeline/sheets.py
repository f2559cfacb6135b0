"""A timeline in tables: turns, latencies, errors, settings, events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rtnb.plots.sheet import Cell, Head, Sheet
from rtnb.plots.timeline.content import latencies, latency_captions, latency_marks
from rtnb.plots.words import clipped, duration
from rtnb.pricing import format_usd
from rtnb.session.timeline.placing import turn_starts
from rtnb.session.timeline.shapes import Run
from rtnb.session.timeline.typical import ends_of

if TYPE_CHECKING:
    from rtnb.session.timeline.timeline import Timeline

__all__ = ["changes_sheet", "event_lines", "events_sheet", "problems_sheet", "times_sheet", "turns_sheet"]

WORDS = 140
"""Characters of what was said that a cell shows."""
_DIRECTIONS = {"sent": "→ sent", "received": "← received", "local": "· local"}


def moment(at_s: float) -> str:
    """A moment on the session's clock.

    Examples
    --------
    >>> moment(3.2), moment(125.25)
    ('3.200 s', '2:05.250')
    >>> moment(-0.799)
    '−0.799 s'
    """
    if at_s < 0:
        return f"−{moment(-at_s)}"
    if at_s < 60:
        return f"{at_s:.3f} s"
    minutes, seconds = divmod(at_s, 60)
    return f"{int(minutes)}:{seconds:06.3f}"


def _capped(
    rows: Sequence[tuple[str | Cell, ...]], most: int | None, noun: str
) -> tuple[tuple[tuple[str | Cell, ...], ...], str]:
    """The first rows, and how many there are besides."""
    if most is None or len(rows) <= most:
        return tuple(rows), ""
    return tuple(rows[:most]), f"… {len(rows) - most:,} more {noun}"


def turns_sheet(timeline: Timeline, *, most: int | None = None) -> Sheet:
    """Each turn: when, what was said, how it ended, how long the user waited, what was heard, what it cost."""
    heads = (
        Head("#"), Head("at"), Head("You", words=True, least="9em"), Head("Assistant", words=True, least="9em"),
        Head("response", words=True, least="7em"), Head("latency"), Head("heard"), Head("cost"),
    )  # fmt: skip
    waits = {each.turn: each for each in latencies(timeline)}
    marks = latency_marks([*waits.values()])
    rows: list[tuple[str | Cell, ...]] = []
    for turn, at_s in turn_starts(timeline).items():
        said = {
            role: " ".join(each.text for each in timeline.transcripts if each.turn == turn and each.role == role)
            for role in ("user", "assistant")
        }
        ends = [each for each in timeline.responses if each.turn == turn]
        status = ", ".join(dict.fromkeys(each.words for each in ends))
        cut = [each for each in timeline.heard if each.turn == turn and each.cut]
        reckoned = " reckoned" if cut and not cut[-1].reported else ""
        heard = f"{cut[-1].played_s:.2f} of {cut[-1].received_s:.2f} s{reckoned}" if cut else ""
        charges = [each for each in timeline.charges if each.turn == turn]
        priced = [float(each.total_usd) for each in charges if each.total_usd is not None]
        cost = format_usd(sum(priced)) if priced else "unpriced" if charges else ""
        wait = waits.get(turn)
        rows.append((
            str(turn + 1), moment(at_s), clipped(said["user"], WORDS), clipped(said["assistant"], WORDS),
            clipped(status, WORDS), "" if wait is None else f"{wait.text}{marks[ends_of(wait)]}", heard, cost,
        ))  # fmt: skip
    shown, more = _capped(rows, most, "turns")
    captions = [more, *latency_captions([*waits.values()])]
    return Sheet(heads, shown, caption=" · ".join(filter(None, captions)))


def times_sheet(timeline: Timeline, *, most: int | None = None) -> Sheet:
    """Everything that was timed, each figure between the names of its two events."""
    heads = (Head("turn"), Head("time", words=True), Head("value"), Head("from → to", words=True, least="12em"))
    rows: list[tuple[str | Cell, ...]] = [
        (str(each.turn + 1), each.label, each.words, each.ends) for each in timeline.brackets
    ]
    shown, more = _capped(rows, most, "times")
    return Sheet(heads, shown, caption=more)


def problems_sheet(timeline: Timeline, *, most: int | None = None) -> Sheet:
    """Errors with what to do about each."""
    heads = (
        Head("at"), Head("error", words=True, least="11em"), Head("kind", words=True, least="5em"),
        Head("what it says", words=True, least="12em"),
        Head("what to do", words=True, least="12em"),
    )  # fmt: skip
    rows: list[tuple[str | Cell, ...]] = [
        (moment(each.t_s), each.code, each.severity, clipped(each.message, 300), clipped(each.advice, 300))
        for each in timeline.problems
    ]
    shown, more = _capped(rows, most, "errors")
    return Sheet(heads, shown, caption=more)


def changes_sheet(timeline: Timeline, *, most: int | None = None) -> Sheet:
    """Settings that were asked for, and what is in effect where that differs."""
    heads = (
        Head("at"),
        Head("setting", words=True, least="9em"),
        Head("asked for", words=True),
        Head("in effect", words=True),
    )
    rows: list[tuple[str | Cell, ...]] = []
    for change in timeline.changes:
        at = moment(change.at_s)
        if change.refused:
            rows.append((at, change.label or "session.update", "", f"refused: {clipped(change.refused, 200)}"))
        elif change.differences:
            rows += [
                (at, row.path, clipped(str(row.requested), 160), clipped(f"{row.effective} ({row.kind})", 160))
                for row in change.differences
            ]
        elif change.state != "told":
            rows.append((at, change.label or "session.update", "", change.state))
    shown, more = _capped(rows, most, "settings")
    return Sheet(heads, shown, caption=more)


def events_sheet(timeline: Timeline, *, most: int | None = None) -> Sheet:
    """Events in their order; those of one kind that follow each other, such as deltas, on one line with a count."""
    heads = (
        Head("#"), Head("at"), Head("direction"), Head("event", words=True, least="15em"), Head("count"), Head("took"),
        Head("what", words=True, least="12em"),
    )  # fmt: skip
    columns = timeline.columns
    alone = np.flatnonzero(columns.run < 0)
    firsts = np.array([run.first_seq for run in timeline.runs], dtype=np.int64)
    seqs = np.concatenate([alone, firsts])
    order = np.argsort(seqs, kind="stable")
    rows = []
    for place in order[:most].tolist():
        if place < len(alone):
            rows.append(_event(timeline, int(alone[place])))
        else:
            rows.append(_run(timeline.runs[place - len(alone)]))
    left_out = len(order) - len(rows)
    return Sheet(heads, tuple(rows), caption=f"… {left_out:,} more lines" if left_out else "")


def event_lines(timeline: Timeline) -> int:
    """How many lines the events take, those of one kind that follow each other on one."""
    return int((timeline.columns.run < 0).sum()) + len(timeline.runs)


def _event(timeline: Timeline, seq: int) -> tuple[str, ...]:
    columns = timeline.columns
    direction = ("sent", "received", "local")[min(int(columns.direction[seq]), 2)]
    kind = str(columns.types[int(columns.type[seq])])
    return str(seq), moment(float(columns.t_s[seq])), _DIRECTIONS[direction], kind, "", "", ""


def _run(run: Run) -> tuple[str, ...]:
    took = f"{run.end_s - run.start_s:.2f} s" if run.count > 1 else ""
    count = f"×{run.count:,}" if run.count > 1 else ""
    direction = _DIRECTIONS.get(run.direction, run.direction)
    return str(run.first_seq), moment(run.start_s), direction, run.type, count, took, _what(run)


def _what(run: Run) -> str:
    parts = [clipped(run.text, WORDS)] if run.text else []
    parts += [f"{duration(run.audio_s)} of audio"] if run.audio_s else []
    return " · ".join(parts)
