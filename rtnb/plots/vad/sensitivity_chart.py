"""How much each parameter moves the mistakes and the latency."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from rtnb.plots.canvas import WIDTH, Canvas, Picture, note_picture
from rtnb.plots.layout import SMALL, Box, text_width
from rtnb.plots.palette import LINE, MUTED, TEXT, VAD_MARK
from rtnb.plots.vad.heatmap import measure_name, measure_words
from rtnb.plots.vad.words import prediction_words

if TYPE_CHECKING:
    from rtnb.vad.sweeps.result import Sweep

__all__ = ["sensitivity_figure", "sensitivity_picture"]

MEASURES = ("errors", "cut_offs", "merged", "missed", "false_starts", "clipped", "latency_p50_ms")
ROW, LEFT, GAP = 20.0, 200.0, 24.0


def sensitivity_figure(sweep: Sweep) -> Figure:
    """Bars as a matplotlib Figure: the median swing of each measure when only one parameter moves."""
    return sensitivity_picture(sweep).figure


def sensitivity_picture(sweep: Sweep) -> Picture:
    """A block a measure, a bar a parameter."""
    table = sweep.sensitivity()
    moved = [name for name in table.index if table.loc[name].notna().any()]
    blocks = [name for name in MEASURES if name in table.columns and any(table.loc[p, name] > 0 for p in moved)]
    if not moved or not blocks:
        return note_picture("no parameter of this sweep moves anything")
    half = (len(blocks) + 1) // 2
    block = 20 + ROW * len(moved) + 10
    canvas = Canvas(block * half + 46)
    top = canvas.height - 6
    canvas.text(14, top - 8, "What a parameter moves, the others held", TEXT, size=12, bold=True)
    wide = (WIDTH - 14 - GAP) / 2
    said = []
    for i, measure in enumerate(blocks):
        left, high = 14 + (i // half) * (wide + GAP), top - 22 - (i % half) * block
        canvas.text(left, high - 9, measure_name(measure), TEXT, size=SMALL, bold=True)
        values = {name: float(table.loc[name, measure]) for name in moved}
        most = max(v for v in values.values() if math.isfinite(v))
        room = wide - 130 - 62
        for k, (name, value) in enumerate(values.items()):
            y = high - 20 - ROW * k - ROW / 2
            canvas.text(left + 122, y, measure_name(name), MUTED, size=SMALL, align="right")
            canvas.line([(left + 130, y - 7), (left + 130, y + 7)], LINE, 1.0)
            if not math.isfinite(value):
                canvas.text(left + 136, y, "not measured", MUTED, size=SMALL)
                continue
            end = left + 130 + room * value / most if most else left + 130
            canvas.bars([Box(left + 130, y - 6, end, y + 6)], VAD_MARK)
            canvas.text(end + 6, y, measure_words(measure, value), TEXT, size=SMALL)
        first = max(values, key=lambda name: values[name] if math.isfinite(values[name]) else -1.0)
        said.append(f"{measure_name(measure)}: {measure_name(first)} by {measure_words(measure, most)}")
    note = prediction_words(sweep.prediction)
    words = "median over the grid of the largest value less the smallest"
    canvas.text(14, 10, words, MUTED, size=SMALL)
    if text_width(words, SMALL) + text_width(note, SMALL) < WIDTH - 50:
        canvas.text(WIDTH - 14, 10, note, MUTED, size=SMALL, align="right")
    return canvas.picture(f"What moves most: {'; '.join(said)}; {note}.")
