"""Settings under other conditions: mistakes and latency beside those of the recordings as they are."""

from __future__ import annotations

import math
from collections.abc import Callable

from matplotlib.figure import Figure

from rtnb._display import counted
from rtnb.plots.canvas import WIDTH, Canvas, Picture, note_picture, shortened
from rtnb.plots.layout import SMALL, Box, text_width
from rtnb.plots.palette import LINE, MUTED, PALE_MARK, TEXT, VAD_MARK
from rtnb.plots.sheet import Cell, Head, Sheet
from rtnb.plots.vad.board import Board, Table
from rtnb.plots.vad.words import CAPTION, count, milliseconds, prediction_words
from rtnb.plots.words import Fact, clipped
from rtnb.vad.scores.score import Score
from rtnb.vad.whatif import WhatIf

__all__ = ["conditions_figure", "whatif_board", "whatif_picture"]

MOST_ROWS = 40
ROW, NAMES, GAP = 16.0, 250.0, 26.0


def conditions_figure(what: WhatIf) -> Figure:
    """Bars as a matplotlib Figure: mistakes and median latency of each setting under each condition."""
    return whatif_picture(what).figure


def whatif_picture(what: WhatIf) -> Picture:
    """A block a condition, a bar a setting; a line shows where it is on the recordings as they are."""
    rows = what.rows[:MOST_ROWS]
    if not rows:
        return note_picture("no recording could be scored")
    conditions = list(dict.fromkeys(row.condition for row in rows))
    clean = {row.setting: row.score for row in what.rows if row.condition == conditions[0]}
    top = 30.0
    height = top + sum(ROW for _ in rows) + 8 * len(conditions) + 24
    canvas = Canvas(height)
    panels: tuple[tuple[str, Callable[[Score], float], Callable[[float], str]], ...] = (
        ("errors", lambda score: float(score.errors), count),
        ("median end-of-turn latency", lambda score: score.latency_p50_ms, milliseconds),
    )
    wide = (WIDTH - NAMES - 14 - GAP) / 2
    for i, (title, value, words) in enumerate(panels):
        left = NAMES + i * (wide + GAP)
        known = [value(row.score) for row in rows if math.isfinite(value(row.score))]
        most = max([*known, 1e-9])
        room = wide - 74
        canvas.text(left, height - 14, title, TEXT, size=SMALL, bold=True)
        y = height - top
        last = ""
        for row in rows:
            if row.condition != last:
                y -= 8 if last else 0
                last = row.condition
            middle = y - ROW / 2
            number = value(row.score)
            if math.isfinite(number):
                end = left + room * number / most
                ink = PALE_MARK if row.condition == conditions[0] else VAD_MARK
                canvas.bars([Box(left, middle - 5, max(end, left + 1), middle + 5)], ink, hollow=ink is PALE_MARK)
                before = value(clean[row.setting]) if row.setting in clean else math.nan
                mark = left + room * before / most if math.isfinite(before) else None
                if mark is not None and row.condition != conditions[0]:
                    canvas.segments([((mark, middle - 7), (mark, middle + 7))], TEXT, 1.4, z=2.5)
                canvas.text(max(end, mark or 0.0) + 6, middle, words(number), TEXT, size=SMALL)
            else:
                canvas.text(left + 4, middle, "none", MUTED, size=SMALL)
            y -= ROW
    y, last = height - top, ""
    for row in rows:
        if row.condition != last:
            y -= 8 if last else 0
            last = row.condition
            canvas.text(14, y - ROW / 2, shortened(row.condition, 118, SMALL, bold=True), TEXT, size=SMALL, bold=True)
            canvas.line([(14, y + 4), (WIDTH - 14, y + 4)], LINE, 1.0, z=0.3)
        canvas.text(NAMES - 8, y - ROW / 2, shortened(str(row.setting), 108, SMALL), MUTED, size=SMALL, align="right")
        y -= ROW
    note = f"{MOST_ROWS} of {len(what.rows)} rows · " if len(what.rows) > MOST_ROWS else ""
    canvas.text(14, 10, f"{note}hollow bars, then upright lines: {conditions[0]}", MUTED, size=SMALL)
    said = prediction_words(what.prediction)
    if text_width(said, SMALL) < WIDTH / 2:
        canvas.text(WIDTH - 14, 10, said, MUTED, size=SMALL, align="right")
    told = [f"{row.condition}, {row.setting}: {counted(row.score.errors, 'error')}" for row in rows]
    return canvas.picture(f"{clipped('; '.join(told), 1500)}; {said}.")


def whatif_board(what: WhatIf) -> Board:
    """The card: the chart, and every count with its difference to the recordings as they are."""
    first = what.rows[0].condition if what.rows else ""
    clean = {row.setting: row.score for row in what.rows if row.condition == first}
    heads = (
        Head("condition", words=True), Head("errors"), Head("starts", "false"), Head("cut-offs", "false"),
        Head("missed"), Head("clipped"), Head("merged"), Head("late"), Head("p50", "latency"),
    )  # fmt: skip
    columns: tuple[Callable[[Score], float], ...] = (
        lambda s: s.errors, lambda s: s.false_starts, lambda s: s.cut_offs, lambda s: s.missed, lambda s: s.clipped,
        lambda s: s.merged, lambda s: s.late,
    )  # fmt: skip
    rows = []
    for row in what.rows:
        before = clean.get(row.setting) if row.condition != first else None
        cells = [
            Cell(count(f(row.score)), _change(f(row.score), None if before is None else f(before))) for f in columns
        ]
        now = row.score.latency_p50_ms
        was = math.nan if before is None else before.latency_p50_ms
        moved = milliseconds(now - was, signed=True).removesuffix(" ms")
        cells.append(Cell(milliseconds(now), f"({moved})" if moved and moved != "0" else ""))
        rows.append((Cell(clipped(row.condition, 80), str(row.setting)), *cells))
    facts = (
        Fact(("", counted(len(what.conditions), "condition"))), Fact(("", counted(len(what.settings), "setting"))),
        Fact(("", counted(len(what.corpus), "recording"))),
    )  # fmt: skip
    left_out = [f"left out: {problem}" for problem in what.problems]
    caption = f"In brackets: the difference to the {first} recordings. {CAPTION}"
    return Board(
        "What if", facts=facts, pictures=(whatif_picture(what),),
        tables=(Table(Sheet(heads, tuple(rows), caption=caption)),) if rows else (),
        foot=(prediction_words(what.prediction), *left_out),
    )  # fmt: skip


def _change(now: float, before: float | None) -> str:
    if before is None or now == before:
        return ""
    return f"({'+' if now > before else chr(0x2212)}{count(abs(now - before))})"
