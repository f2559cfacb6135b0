"""One measure over two parameters: cells as dark as the value is high, with the value in them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from rtnb.plots.canvas import WIDTH, Canvas, Picture, note_picture, shortened
from rtnb.plots.layout import SMALL, Box, text_width
from rtnb.plots.palette import MUTED, TEXT, VAD
from rtnb.plots.vad.words import count, milliseconds, prediction_words, share

if TYPE_CHECKING:
    from rtnb.vad.sweeps.result import Sweep

__all__ = ["grid_picture", "heatmap_picture", "measure_name", "measure_words", "parameter_words", "sweep_heatmap"]

LEFT, RIGHT, ROW = 98.0, 14.0, 26.0
STRONGEST = 0.5
LEVELS = 24
MOST = 60
"""Rows or columns; of more, every second, third ... is shown."""

_NAMES = {
    "errors": "errors", "cut_off_rate": "false cut-offs, share of the turns", "latency_p50_ms":
    "median end-of-turn latency", "latency_p90_ms": "end-of-turn latency, 90 % within", "false_starts": "false starts",
    "missed": "missed turns", "clipped": "clipped onsets", "clipped_ms": "clipped onsets, median missing", "cut_offs":
    "false cut-offs", "merged": "merged turns", "late": "late ends", "fragments": "detected turns a labelled one",
    "threshold": "threshold", "prefix_padding_ms": "prefix padding", "silence_duration_ms": "silence",
    "hysteresis": "hysteresis", "detected": "detected turns", "turns": "labelled turns",
}  # fmt: skip


def measure_name(column: str) -> str:
    """What a column of ``Sweep.frame`` is called.

    Examples
    --------
    >>> measure_name("cut_offs")
    'false cut-offs'
    """
    return _NAMES.get(column, column.replace("_", " "))


def measure_words(column: str, value: float) -> str:
    """A value of a column with its unit.

    Examples
    --------
    >>> measure_words("cut_off_rate", 0.05), measure_words("latency_p50_ms", 436.2), measure_words("merged", 3)
    ('5 %', '436 ms', '3')
    """
    if column.endswith("_rate"):
        return share(value)
    return milliseconds(value) if column.endswith("_ms") else count(value)


def parameter_words(column: str, value: float) -> str:
    """A value of a parameter with its unit.

    Examples
    --------
    >>> parameter_words("threshold", 0.5), parameter_words("silence_duration_ms", 500)
    ('0.5', '500 ms')
    """
    return milliseconds(value) if column.endswith("_ms") else f"{value:g}"


def sweep_heatmap(
    sweep: Sweep, value: str = "errors", *, x: str = "silence_duration_ms", y: str = "threshold", **fixed: float
) -> Figure:
    """One measure over two parameters as a matplotlib Figure.

    Parameters
    ----------
    sweep : Sweep
    value : str
        A column of ``Sweep.frame``.
    x, y : str
        Two parameters.
    **fixed : float
        Values of the other parameters.
    """
    return heatmap_picture(sweep, value, x=x, y=y, **fixed).figure


def heatmap_picture(
    sweep: Sweep, value: str = "errors", *, x: str = "silence_duration_ms", y: str = "threshold", **fixed: float
) -> Picture:
    """The picture with its description."""
    table = sweep.heatmap(value, x, y, **fixed)
    rows = [[float(v) for v in row] for row in table.to_numpy()]
    # What everything is chosen by is explained where it is seen first.
    title = "errors: false starts, and turns with any mistake" if value == "errors" else measure_name(value)
    return grid_picture(
        rows, [float(v) for v in table.columns], [float(v) for v in table.index],
        title=title, x=x, y=y, words=lambda number: measure_words(value, number),
        note=prediction_words(sweep.prediction),
    )  # fmt: skip


def grid_picture(
    rows: Sequence[Sequence[float]], x_values: Sequence[float], y_values: Sequence[float], *,
    title: str, x: str, y: str, words: Callable[[float], str], note: str,
) -> Picture:  # fmt: skip
    """Any grid of values, the first row at the foot; the least is framed."""
    known = [v for row in rows for v in row if math.isfinite(v)]
    if not known:
        return note_picture(f"{title}: no values")
    skip_x, skip_y = (1 + (len(values) - 1) // MOST for values in (x_values, y_values))
    rows, x_values, y_values = [row[::skip_x] for row in rows[::skip_y]], x_values[::skip_x], y_values[::skip_y]
    low, high = min(known), max(known)
    wide = min(120.0, (WIDTH - LEFT - RIGHT) / len(x_values))
    tall = ROW if len(y_values) <= 20 else max(8.0, 20 * ROW / len(y_values))
    foot = 60.0
    canvas = Canvas(foot + tall * len(y_values) + 30)
    boxes: dict[int, list[Box]] = {}
    said = {v: words(v).removesuffix(" ms") for v in known}
    fits = max(text_width(text, SMALL) for text in said.values()) + 4 <= wide and tall >= 15
    for i, row in enumerate(rows):
        for j, v in enumerate(row):
            box = Box(LEFT + j * wide, foot + i * tall, LEFT + (j + 1) * wide - 1, foot + (i + 1) * tall - 1)
            middle = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
            if not math.isfinite(v):
                if fits:
                    canvas.text(*middle, "–", MUTED, size=SMALL, align="center")
                continue
            level = round(LEVELS * (v - low) / (high - low)) if high > low else 0
            boxes.setdefault(level, []).append(box)
            if v == low:
                canvas.line([(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1), (box.x0, box.y0)],
                            TEXT, 1.6, z=2.5)  # fmt: skip
            if fits:
                canvas.text(*middle, said[v], TEXT, size=SMALL, align="center", bold=v == low)
    for level, found in boxes.items():
        canvas.bars(found, VAD, alpha=0.06 + (STRONGEST - 0.06) * level / LEVELS)
    _scales(canvas, x_values, y_values, x, y, wide, tall, foot)
    unit = " in ms" if any(words(v).endswith(" ms") for v in known[:1]) else ""
    canvas.text(14, canvas.height - 12, f"{title}{unit}", TEXT, size=12, bold=True)
    framed = f"framed: the least, {words(low)}; darkest: {words(high)}"
    canvas.text(14, 10, framed, MUTED, size=SMALL)
    canvas.text(WIDTH - 14, 10, note[:70], MUTED, size=SMALL, align="right")
    return canvas.picture(
        f"{title} by {measure_name(x)} and {measure_name(y)}: from {words(low)} to {words(high)}; {note}."
    )


def _scales(
    canvas: Canvas, x_values: Sequence[float], y_values: Sequence[float], x: str, y: str,
    wide: float, tall: float, foot: float,
) -> None:  # fmt: skip
    last = -math.inf
    for j, value in enumerate(x_values):
        text = parameter_words(x, value).removesuffix(" ms")
        half = text_width(text, SMALL) / 2
        at = LEFT + (j + 0.5) * wide
        if at - half > last + 4:
            canvas.text(at, foot - 10, text, MUTED, size=SMALL, align="center")
            last = at + half
    canvas.text(LEFT, foot - 27, f"{measure_name(x)}{' in ms' if x.endswith('_ms') else ''}", MUTED, size=SMALL)
    step = 1 + int(13 / tall)
    for i, value in enumerate(y_values):
        if i % step == 0:
            text = parameter_words(y, value).removesuffix(" ms")
            canvas.text(LEFT - 8, foot + (i + 0.5) * tall, text, MUTED, size=SMALL, align="right")
    name = f"{measure_name(y)}{' in ms' if y.endswith('_ms') else ''}"
    canvas.text(14, foot - 10, shortened(name, LEFT - 22, SMALL), MUTED, size=SMALL)
